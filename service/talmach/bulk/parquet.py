"""Parquet as input."""

import itertools
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from talmach.bulk.job import BLOCK_ROWS, TEXT_COLUMNS, Block, Survey, UnusableInput, usable
from talmach.bulk.record import COLUMNS

_BUFFER_BYTES = 1 << 20  # otherwise a whole column of a row group, maybe gigabytes, is read at once


def survey(files: Sequence[Path], _output_format: str) -> Survey:
    """Read the files' metadata; raises UnusableInput."""
    blocks: list[Block] = []
    first: pa.Schema | None = None
    for path in files:
        with _reading(path):
            file = _opened(path)
            schema = file.schema_arrow
        _check(path, schema)
        if first is not None and not schema.equals(first):
            raise UnusableInput(f"{path}: its columns or their types differ from those of {files[0]}")
        first = schema
        rows = file.metadata.num_rows
        cuts = [*range(0, rows, BLOCK_ROWS), rows]
        blocks += [Block(str(path), start, end, end - start) for start, end in itertools.pairwise(cuts)]
    if not blocks:
        raise UnusableInput(f"{files[0]}: has no rows")
    return Survey(blocks, "")


class Reader:
    """Reads blocks of files, faster when they follow one another: a row group is read from its beginning."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._rest: pa.Table | None = None
        self._position = 0  # of the first row of the rest, and then of the batches

    def read(self, block: Block) -> pa.Table:
        """Return the rows of a block; raises UnusableInput."""
        path = Path(block.path)
        with self._lock, _reading(path):
            if path != self._path or block.start < self._position:
                self._open(path, block)
            try:
                return self._take(block)
            except BaseException:
                self._path = None
                raise

    def _open(self, path: Path, block: Block) -> None:
        file = _opened(path)
        self._path, self._position, self._rest = path, 0, file.schema_arrow.empty_table()
        group = 0
        while self._position + (rows := file.metadata.row_group(group).num_rows) <= block.start:
            self._position += rows
            group += 1
        groups = list(range(group, file.metadata.num_row_groups))
        self._batches = file.iter_batches(BLOCK_ROWS, row_groups=groups)

    def _take(self, block: Block) -> pa.Table:
        assert self._rest is not None
        table = self._rest
        while self._position + table.num_rows < block.end:
            if (skipped := min(block.start - self._position, table.num_rows)) > 0:
                table, self._position = table.slice(skipped), self._position + skipped
            if (batch := next(self._batches, None)) is None:
                raise UnusableInput(f"{block.path}: has changed since the job was begun")
            table = pa.concat_tables([table, pa.Table.from_batches([batch])])
        self._rest, first = table.slice(block.end - self._position), block.start - self._position
        self._position = block.end
        return table.slice(first, block.rows)


def _opened(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what is wrong with a file, or with a page deep in it, into UnusableInput."""
    with usable(path, "read"):
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise UnusableInput(f"{path}: cannot be read as Parquet") from error


def _check(path: Path, schema: pa.Schema) -> None:
    if twice := sorted(name for name, count in Counter(schema.names).items() if count > 1):
        raise UnusableInput(f"{path}: has more than one column of the name {', '.join(twice)}")
    texts = [name for name in TEXT_COLUMNS if name in schema.names]
    if not texts:
        raise UnusableInput(f"{path}: has none of the columns {', '.join(TEXT_COLUMNS)}")
    if wrong := [f"{name} is {schema.field(name).type}" for name in texts if not _is_text(schema.field(name).type)]:
        raise UnusableInput(f"{path}: {', '.join(wrong)}, and must be text")
    if taken := [name for name in schema.names if name in COLUMNS]:
        names = ", ".join(taken)
        raise UnusableInput(f"{path}: the output has columns of its own with the names {names}; rename yours")


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    return any(is_it(kind) for is_it in kinds)
