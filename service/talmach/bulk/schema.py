"""Arrow's types: of the columns that every row gets, and of those that JSON Lines bring."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from talmach.bulk.job import TEXT_COLUMNS
from talmach.bulk.problems import Problems
from talmach.bulk.record import Record

_TOO_LARGE = "its numbers are too large for one type"
_STRING, _STRINGS, _INT = pa.string(), pa.list_(pa.string()), pa.int32()
RECORD = pa.schema(
    {
        "translation": pa.struct(dict.fromkeys((*TEXT_COLUMNS, "language", "source_language"), _STRING)),
        "summary": pa.struct({"text": _STRING, "segments": pa.list_(_INT)}),
        "flags": _STRINGS,
        "segments": pa.list_(
            pa.struct(
                {
                    "index": _INT,
                    "field": _STRING,
                    "paragraph": _INT,
                    "source_start": _INT,
                    "source_end": _INT,
                    "target_start": _INT,
                    "target_end": _INT,
                    "source_language": _STRING,
                    "status": _STRING,
                    "flags": _STRINGS,
                    "score": pa.float32(),
                    "pivot": _STRING,
                    "error": _STRING,
                }
            )
        ),
        "models": _STRINGS,
        "error": pa.struct({"reason": _STRING, "message": _STRING}),
    }
)


class Columns:
    """The types of the columns of JSON Lines: one type has to fit all rows of the whole input."""

    def __init__(self) -> None:
        self._schema = pa.schema({})
        self._widened: set[str] = set()  # columns whose type does not fit every row as it stands: 1, and later 2.5
        self._wrong: set[str] = set()

    def add(self, rows: Sequence[Mapping[str, Any]], problems: Problems) -> None:
        """Add some rows, or what is wrong with them, once for each column."""
        for name in dict.fromkeys(name for row in rows for name in row if name not in self._wrong):
            try:
                kind = pa.array([row.get(name) for row in rows]).type
                kind = _STRING if name in TEXT_COLUMNS else kind
                before = self._schema
                self._schema = pa.unify_schemas([before, pa.schema({name: kind})], promote_options="permissive")
            except UnicodeEncodeError:
                self._add(name, "has half of a surrogate pair, which Parquet cannot hold", problems)
            except OverflowError:
                self._add(name, _TOO_LARGE, problems)
            except pa.ArrowException:
                self._add(name, "its values are not of one type, as a column of Parquet is", problems)
            else:
                # Of nested values the type of all may be neither that of those before nor that of these.
                if name in before.names and {before.field(name).type, kind} - {
                    pa.null(),
                    self._schema.field(name).type,
                }:
                    self._widened.add(name)

    def check(self, blocks: Iterable[Sequence[Mapping[str, Any]]], problems: Problems) -> None:
        """Add what is wrong with the columns as a whole; `blocks` are all rows once more, read where that is needed."""
        for field in self._schema:
            try:
                pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([field])).close()
            except pa.ArrowException:
                self._add(field.name, "its values are of a type that Parquet does not have", problems)
        for rows in blocks if self._widened else ():
            for name in self._widened - self._wrong:
                try:
                    pa.array([row.get(name) for row in rows], type=self._schema.field(name).type)
                except (pa.ArrowException, OverflowError):
                    self._add(name, _TOO_LARGE, problems)

    def serialized(self) -> str:
        """Return the schema as `restored` takes it."""
        return base64.b64encode(self._schema.serialize()).decode("ascii")

    def _add(self, name: str, problem: str, problems: Problems) -> None:
        """Add what is wrong with a column, which is not looked at again."""
        self._wrong.add(name)
        problems.add(f"{name}: {problem}; write .jsonl")


def restored(serialized: str) -> pa.Schema:
    """Return the schema that `Columns.serialized` made."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(serialized)))


def with_records(table: pa.Table, records: Sequence[Record]) -> pa.Table:
    """Return a table with the columns of its rows' records."""
    for field in RECORD:
        table = table.append_column(field, pa.array([record[field.name] for record in records], type=field.type))
    return table
