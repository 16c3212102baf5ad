"""JSON Lines as input: one object per line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from talmach.bulk.job import BLOCK_ROWS, PARQUET, TEXT_COLUMNS, Block, Survey, UnusableInput, usable
from talmach.bulk.problems import Problems
from talmach.bulk.record import COLUMNS
from talmach.bulk.schema import Columns
from talmach.text.characters import is_encodable

Row = dict[str, Any]


def survey(files: Sequence[Path], output_format: str) -> Survey:
    """Read the whole input once: what is wrong anywhere is found before anything is translated.

    Raises:
        UnusableInput: a file cannot be read, a line is not an object, a text is not text, no row has a text column, or
            a column has a name of ours; names up to five places.

    """
    problems = Problems()
    names: set[str] = set()
    blocks: list[Block] = []
    columns = Columns() if output_format == PARQUET else None
    for path in files:
        for block, rows in _blocks(path, problems):
            blocks.append(block)
            names.update(*rows)
            if columns is not None:
                columns.add(rows, problems)
    if not blocks and not problems:
        raise UnusableInput(f"{files[0]}: has no rows")
    if blocks:
        _check(files[0], names, problems)
    if columns is not None and not problems:
        columns.check(map(read, blocks), problems)
    if problems:
        raise UnusableInput(str(problems))
    return Survey(blocks, "" if columns is None else columns.serialized())


def read(block: Block) -> list[Row]:
    """Return the rows of a block; raises UnusableInput when they are gone."""
    path = Path(block.path)
    with usable(path, "read"), path.open("rb") as file:
        file.seek(block.start)
        lines = file.read(block.end - block.start).split(b"\n")
    try:
        rows = [_parsed(line) for line in lines if line.strip()]
    except ValueError as error:
        raise _changed(block) from error
    if len(rows) != block.rows:
        raise _changed(block)
    return rows


def _blocks(path: Path, problems: Problems) -> Iterator[tuple[Block, list[Row]]]:
    rows: list[Row] = []
    start = end = 0
    with usable(path, "read"), path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            end += len(line)
            if line.strip():
                try:
                    rows.append(_parsed(line))
                except ValueError as error:
                    problems.add(f"{path}: line {number}: {error}")
            if len(rows) == BLOCK_ROWS:
                yield Block(str(path), start, end, len(rows)), rows
                start, rows = end, []
    if rows:
        yield Block(str(path), start, end, len(rows)), rows


def _parsed(line: bytes) -> Row:
    """Return the object of a line; raises ValueError with what is wrong and nothing of the line."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("is not JSON") from error
    if not isinstance(row, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004  # not of the caller's type
    for name in TEXT_COLUMNS:
        text = row.get(name)
        if text is not None and not isinstance(text, str):
            raise ValueError(f"{name}: is not text")
        if text and not is_encodable(text):
            raise ValueError(f"{name}: has half of a surrogate pair")
    return row


def _check(path: Path, names: set[str], problems: Problems) -> None:
    if names.isdisjoint(TEXT_COLUMNS):
        problems.add(f"{path}: has none of the columns {', '.join(TEXT_COLUMNS)}")
    if taken := sorted(names.intersection(COLUMNS)):
        problems.add(f"{path}: the output has columns of its own with the names {', '.join(taken)}; rename yours")


def _changed(block: Block) -> UnusableInput:
    return UnusableInput(f"{block.path}: has changed since the job was begun")
