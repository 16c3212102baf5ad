"""A block and its records -> one file."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from talmach.bulk import jsonl, parquet, schema
from talmach.bulk.job import JSON_LINES, PARQUET, TEXT_COLUMNS, Block, Job, Survey, Texts, UnusableInput, write_whole
from talmach.bulk.record import Record

_INPUTS = {JSON_LINES: jsonl.survey, PARQUET: parquet.survey}
Rows: TypeAlias = list[jsonl.Row] | pa.Table


class Files:
    """The files of one job, as an actor sees them."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._reader = parquet.Reader()

    def read(self, block: Block) -> Rows:
        """Return the rows of a block, as dicts where either format is JSON Lines; raises UnusableInput."""
        if Path(block.path).suffix == JSON_LINES:
            return jsonl.read(block)
        table = self._reader.read(block)
        if self._job.output.suffix == PARQUET:
            return table
        columns = [_values(table, name, block) for name in table.column_names]
        return [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]

    def write(self, number: int, rows: Rows, records: Sequence[Record]) -> None:
        """Write the part of a block; raises OSError."""
        part = self._job.part(number)
        if part.suffix == JSON_LINES:
            assert isinstance(rows, list)
            lines = map(_line, rows, records)
            write_whole(part, lambda path: path.write_text("".join(lines), encoding="utf-8"))
        else:
            table = _table(rows, self._job.survey.schema) if isinstance(rows, list) else rows
            table = schema.with_records(table, records)
            write_whole(part, lambda path: pq.write_table(table, path, compression="zstd"))

    def errors(self, number: int) -> int:
        """Return how many rows of a part that is written have an error."""
        part = self._job.part(number)
        if part.suffix == JSON_LINES:
            with part.open(encoding="utf-8") as lines:
                return sum(json.loads(line)["error"] is not None for line in lines)
        column = pq.read_table(part, columns=["error"]).column("error")
        return len(column) - int(column.null_count)


def survey(files: Sequence[Path], output_format: str) -> Survey:
    """Look at the whole input before anything is translated; raises UnusableInput."""
    return _INPUTS[files[0].suffix](files, output_format)


def texts(rows: Rows, block: Block) -> list[Texts]:
    """Return the texts of each row; what is missing or null is empty. Raises UnusableInput."""
    if isinstance(rows, list):
        return [tuple(row.get(name) or "" for name in TEXT_COLUMNS) for row in rows]
    columns = [
        _values(rows, name, block) if name in rows.column_names else [None] * rows.num_rows for name in TEXT_COLUMNS
    ]
    return [tuple(text or "" for text in each) for each in zip(*columns, strict=True)]


def _values(table: pa.Table, name: str, block: Block) -> list[Any]:
    """Return a column as Python's values; raises UnusableInput for what Parquet may hold and Python may not."""
    values = []
    for row, value in enumerate(table.column(name), start=block.start + 1):
        try:
            values.append(value.as_py())
        except UnicodeDecodeError as error:
            raise UnusableInput(f"{block.path}: row {row}: {name}: is not UTF-8 text") from error
        except (ValueError, OverflowError, pa.ArrowException) as error:
            problem = f"cannot be written as JSON ({value.type}); write .parquet"
            raise UnusableInput(f"{block.path}: row {row}: {name}: {problem}") from error
    return values


def _table(rows: Sequence[jsonl.Row], serialized: str) -> pa.Table:
    columns = schema.restored(serialized)
    arrays = [pa.array([row.get(field.name) for row in rows], type=field.type) for field in columns]
    return pa.Table.from_arrays(arrays, schema=columns)


def _line(row: Mapping[str, Any], record: Record) -> str:
    columns: dict[str, Any] = {**row, **record}
    try:
        line = json.dumps(columns, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:  # NaN or an infinity, at any depth of a column that is not ours
        columns = json.loads(json.dumps(columns, default=_plain), parse_constant=lambda _: None)
        line = json.dumps(columns, ensure_ascii=False, allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, in a column that is not ours
        line = json.dumps(columns, default=_plain)
    return f"{line}\n"


def _plain(value: object) -> str:
    """Return what JSON has no type for: moments as ISO 8601, bytes as Base64, the rest in Python's words."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
