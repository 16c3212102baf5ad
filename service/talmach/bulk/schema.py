"""Arrow's types: of the columns that every row gets, and of those that JSON Lines bring."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from talmach.bulk.job import TEXT_COLUMNS
from talmach.bulk.record import Record

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

    def add(self, rows: Sequence[Mapping[str, Any]], problems: list[str]) -> None:
        """Add some rows, or what is wrong with them, once for each column."""
        for name in dict.fromkeys(name for row in rows for name in row):
            try:
                kind = pa.array([row.get(name) for row in rows]).type
                kind = _STRING if name in TEXT_COLUMNS else kind
                self._schema = pa.unify_schemas([self._schema, pa.schema({name: kind})], promote_options="permissive")
            except (pa.ArrowException, UnicodeEncodeError):
                problem = f"{name}: its values are not of one type, as a column of Parquet is; write .jsonl"
                if problem not in problems:
                    problems.append(problem)

    def serialized(self) -> str:
        """Return the schema as `restored` takes it."""
        return base64.b64encode(self._schema.serialize()).decode("ascii")


def restored(serialized: str) -> pa.Schema:
    """Return the schema that `Columns.serialized` made."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(serialized)))


def with_records(table: pa.Table, records: Sequence[Record]) -> pa.Table:
    """Return a table with the columns of its rows' records."""
    for field in RECORD:
        table = table.append_column(field, pa.array([record[field.name] for record in records], type=field.type))
    return table
