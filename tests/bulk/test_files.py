"""Inputs and parts: what is wrong with an input is found first, and nothing of it is lost."""

import datetime as dt
import json
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from talmach.bulk.job import BLOCK_ROWS, Job, Options, UnusableInput
from tests.bulk.rows import Row, done, news, read_jsonl, write_jsonl

pa = pytest.importorskip("pyarrow", reason="needs the extra bulk")
pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra bulk")
from talmach.bulk import parquet, parts  # noqa: E402

OPTIONS = Options("en")


def job_of(source: Path, output: Path) -> Job:
    """Return the job of one input, whose output exists."""
    output.mkdir()
    return Job(OPTIONS, output, parts.survey([source], output.suffix))


def run(source: Path, output: Path) -> Job:
    """Do a job without an engine."""
    job = job_of(source, output)
    files = parts.Files(job)
    for number, block in enumerate(job.blocks):
        rows = files.read(block)
        dicts = rows if isinstance(rows, list) else rows.to_pylist()
        files.write(number, rows, list(map(done, dicts)))
    return job


def write_parquet(path: Path, rows: list[Row], rows_a_group: int = 100_000) -> Path:
    """Write Parquet with row groups of a size."""
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=rows_a_group)
    return path


WRITERS: dict[str, Callable[[Path, list[Row]], Path]] = {".jsonl": write_jsonl, ".parquet": write_parquet}


@pytest.mark.parametrize("output_format", WRITERS)
@pytest.mark.parametrize("input_format", WRITERS)
def test_every_row_comes_out_once_with_all_of_its_columns(
    tmp_path: Path, input_format: str, output_format: str
) -> None:
    """In order, whichever formats meet; 600 rows are three blocks, and a part for each."""
    rows = [news(number) for number in range(600)]
    source = WRITERS[input_format](tmp_path / f"in{input_format}", rows)
    output = tmp_path / f"out{output_format}"
    job = run(source, output)
    assert len(job.blocks) == 3
    assert job.left() == []
    if output_format == ".jsonl":
        assert read_jsonl(output) == [{**row, **done(row)} for row in rows]
    else:
        assert pq.read_table(output).to_pylist() == [{**row, **done(row)} for row in rows]


@pytest.mark.parametrize("rows_a_group", [1, 100, 256, 300, 10_000])
def test_blocks_of_parquet_are_read_in_any_order(tmp_path: Path, rows_a_group: int) -> None:
    """However the row groups lie, forwards, backwards and from one file to the other."""
    rows = [news(number) for number in range(900)]
    files = [write_parquet(tmp_path / f"{name}.parquet", rows, rows_a_group) for name in "ab"]
    blocks = parquet.survey(files, ".parquet").blocks
    assert [block.rows for block in blocks] == 2 * [256, 256, 256, 132]
    reader = parquet.Reader()
    for block in random.Random(1).choices(blocks, k=30) + list(blocks):  # noqa: S311  # an order, no secret
        assert reader.read(block).to_pylist() == rows[block.start : block.end]


def test_blocks_of_json_lines_hold_every_line(tmp_path: Path) -> None:
    """Blank lines, a byte order mark, line ends of Windows and a missing last one are no rows and no harm."""
    lines = [json.dumps(news(number)).encode() for number in range(2 * BLOCK_ROWS + 1)]
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join([lines[0], b"", b"  ", *lines[1:]]))
    blocks = parts.survey([source], ".jsonl").blocks
    assert [block.rows for block in blocks] == [BLOCK_ROWS, BLOCK_ROWS, 1]
    assert all(one.end == other.start for one, other in pairwise(blocks))
    job = run(source, tmp_path / "out.jsonl")
    assert [row["id"] for row in read_jsonl(job.output)] == [f"n{number}" for number in range(2 * BLOCK_ROWS + 1)]


@pytest.mark.parametrize("output_format", WRITERS)
def test_the_errors_of_a_part_are_counted(tmp_path: Path, output_format: str) -> None:
    """Of one that an actor wrote and could not report."""
    job = job_of(write_jsonl(tmp_path / "in.jsonl", map(news, range(5))), tmp_path / f"out{output_format}")
    files = parts.Files(job)
    records = [
        done(news(number)) | ({"error": {"reason": "A", "message": "b"}} if number > 2 else {}) for number in range(5)
    ]
    files.write(0, files.read(job.blocks[0]), records)
    assert files.errors(0) == 2


def test_columns_that_json_has_no_type_for_are_told_in_words(tmp_path: Path) -> None:
    """Moments in ISO 8601, bytes in Base64; half of a surrogate pair stays what it was."""
    moment = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
    row = news(1) | {"at": moment, "raw": b"\xff"}
    run(write_parquet(tmp_path / "in.parquet", [row]), tmp_path / "out.jsonl")
    (kept,) = read_jsonl(tmp_path / "out.jsonl")
    assert (kept["at"], kept["raw"]) == ("2026-03-02T12:00:00+00:00", "/w==")
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps(news(1) | {"odd": "\ud800"}))
    run(source, tmp_path / "odd.jsonl")
    assert read_jsonl(tmp_path / "odd.jsonl")[0]["odd"] == "\ud800"


@pytest.mark.parametrize("input_format", WRITERS)
def test_numbers_that_json_has_no_word_for_are_null(tmp_path: Path, input_format: str) -> None:
    """At any depth; readers other than Python's refuse the line otherwise. All else in the row stays."""
    nan, infinity = float("nan"), float("inf")
    row = news(1) | {"price": nan, "deep": [{"x": [infinity, -infinity, 0.5]}], "name": "NaN", "raw": "\u2028"}
    run(WRITERS[input_format](tmp_path / f"in{input_format}", [row, row]), tmp_path / "out.jsonl")
    for kept in read_jsonl(tmp_path / "out.jsonl"):
        told = {"price": None, "deep": [{"x": [None, None, 0.5]}]}
        assert kept == row | told | done(row)


def test_a_column_that_comes_late_is_in_every_part(tmp_path: Path) -> None:
    """Parts of Parquet have one schema, and whole numbers beside others become such."""
    rows: list[dict[str, Any]] = [{"id": number, "body": "a", "rank": number} for number in range(BLOCK_ROWS)]
    rows.append({"id": -1, "body": "b", "rank": 0.5, "late": {"x": 1}})
    run(write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column("late").to_pylist() == [None] * BLOCK_ROWS + [{"x": 1}]
    assert table.column("rank").to_pylist()[-2:] == [255.0, 0.5]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'"text"', "is not a JSON object"),
        (b'{"body": "\xff"}', "is not UTF-8 text"),
        (b'{"body": 1}', "body: is not text"),
        (b'{"lead": ["a"]}', "lead: is not text"),
        (b'{"headline": "\\ud800"}', "headline: has half of a surrogate pair"),
    ],
)
def test_a_wrong_line_is_named_before_anything_is_translated(tmp_path: Path, line: bytes, problem: str) -> None:
    """With its number, and without what stands in it."""
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"body": "secret"}\n\n' + line + b"\n")
    with pytest.raises(UnusableInput) as caught:
        parts.survey([source], ".jsonl")
    assert str(caught.value) == f"{source}: line 3: {problem}"


def test_five_problems_are_named_and_the_others_counted(tmp_path: Path) -> None:
    """A file that is no JSON Lines at all makes one sentence, not a million."""
    source = tmp_path / "in.jsonl"
    source.write_text("no\n" * 1_000)
    with pytest.raises(UnusableInput, match=r"line 5: is not JSON; and 995 more$"):
        parts.survey([source], ".jsonl")


@pytest.mark.parametrize(
    ("rows", "output_format", "problem"),
    [
        ([], ".jsonl", "has no rows"),
        ([{"title": "a"}], ".jsonl", "has none of the columns headline, lead, body"),
        ([{"body": "a", "error": 1}], ".jsonl", "the output has columns of its own with the names error; rename yours"),
        ([{"body": "a", "x": 1}, {"x": "b"}], ".parquet", "x: its values are not of one type"),
        ([{"body": "a", "x": "\ud800"}], ".parquet", "x: has half of a surrogate pair"),
        ([{"body": "a", "x": [{"y": "\ud800"}]}] * 600, ".parquet", "x: has half of a surrogate pair"),
        ([{"body": "a", "\ud800": 1}], ".parquet", ": has half of a surrogate pair"),
        ([{"body": "a", "x": 10**30}], ".parquet", "x: its numbers are too large for one type"),
        (
            [{"body": "a", "x": [{}]}],
            ".parquet",
            "x: its values are of a type that Parquet does not have",
        ),
        ([{"body": "a", "x": 2**60 + 1}] * 256 + [{"x": 0.5}], ".parquet", "x: its numbers are too large for one type"),
        (
            [{"body": "a", "x": {"y": 2**60 + 1, "z": 0.5}}] * 256 + [{"x": {"y": 0.5, "z": 1}}],
            ".parquet",
            "x: its numbers are too large for one type",
        ),
    ],
)
def test_wrong_columns_of_json_lines_are_named(
    tmp_path: Path, rows: list[Row], output_format: str, problem: str
) -> None:
    """Before anything is translated."""
    source = tmp_path / "in.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with pytest.raises(UnusableInput) as caught:
        parts.survey([source], output_format)
    assert str(caught.value).count(problem) == 1


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"body": pa.array([], pa.string())}, "has no rows"),
        ({"title": ["a"]}, "has none of the columns headline, lead, body"),
        ({"body": [1], "lead": ["a"]}, "body is int64, and must be text"),
        ({"body": ["a"], "flags": [1]}, "names flags; rename yours"),
    ],
)
def test_wrong_columns_of_parquet_are_named(tmp_path: Path, table: dict[str, Any], problem: str) -> None:
    """Before anything is translated."""
    pq.write_table(pa.table(table), tmp_path / "in.parquet")
    with pytest.raises(UnusableInput) as caught:
        parts.survey([tmp_path / "in.parquet"], ".parquet")
    assert problem in str(caught.value)


def test_two_columns_of_one_name_are_named(tmp_path: Path) -> None:
    """Nobody knows which of them is meant."""
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["body", "body"])
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(UnusableInput, match="has more than one column of the name body"):
        parts.survey([tmp_path / "in.parquet"], ".parquet")


def test_numbers_of_two_kinds_become_one(tmp_path: Path) -> None:
    """Where none of them is changed by it."""
    source = write_jsonl(
        tmp_path / "in.jsonl", [{"id": 1, "body": "a", "x": x} for x in (None, *[3] * 300, *[0.5] * 300)]
    )
    job = run(source, tmp_path / "out.parquet")
    values = [each.as_py() for number in range(len(job.blocks)) for each in pq.read_table(job.part(number)).column("x")]
    assert values == [None, *[3.0] * 300, *[0.5] * 300]


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
@pytest.mark.parametrize("output_format", WRITERS)
def test_text_of_every_type_is_text(tmp_path: Path, kind: str, output_format: str) -> None:
    """And a null is an empty one."""
    types = {
        "string": pa.string(),
        "large_string": pa.large_string(),
        "string_view": pa.string_view(),
        "dictionary": pa.dictionary(pa.int32(), pa.string()),
    }
    pq.write_table(pa.table({"body": pa.array(["a", None], types[kind])}), tmp_path / "in.parquet")
    job = job_of(tmp_path / "in.parquet", tmp_path / f"out{output_format}")
    assert parts.texts(parts.Files(job).read(job.blocks[0]), job.blocks[0]) == [("", "", "a"), ("", "", "")]


def _cast(numbers: list[int], kind: Any) -> Any:
    storage = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    return pa.array(numbers, storage).cast(kind)


_NOT_TEXT = pa.StringArray.from_buffers(2, pa.array([0, 1, 3], pa.int32()).buffers()[1], pa.py_buffer(b"a\xff\xfe"))


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (_cast([0, 10**8], pa.date32()), "row 302: odd: cannot be written as JSON (date32[day]); write .parquet"),
        (_cast([0, 10**15], pa.timestamp("ms")), "row 302: odd: cannot be written as JSON"),
        (_cast([0, 1], pa.timestamp("ms", "Mars/Phobos")), "row 301: odd: cannot be written as JSON"),
        (pa.StructArray.from_arrays([pa.array([1, 2])] * 2, ["a", "a"]), "row 301: odd: cannot be written as JSON"),
        (_NOT_TEXT, "row 302: odd: is not UTF-8 text"),
    ],
)
def test_a_value_that_python_cannot_hold_is_named_and_parquet_keeps_it(
    tmp_path: Path, column: Any, problem: str
) -> None:
    """Before its block is translated; a job of Parquet alone never looks at it."""
    source = tmp_path / "in.parquet"
    odd = pa.concat_arrays([pa.nulls(300, column.type), column])
    pq.write_table(pa.table({"id": list(range(302)), "body": ["a"] * 302, "odd": odd}), source)
    job = job_of(source, tmp_path / "out.jsonl")
    with pytest.raises(UnusableInput) as caught:
        parts.Files(job).read(job.blocks[1])
    assert str(caught.value).startswith(f"{source}: {problem}")
    job = job_of(source, tmp_path / "out.parquet")
    files, block = parts.Files(job), job.blocks[1]
    rows = files.read(block)
    files.write(1, rows, [done({"id": number}) for number, _ in enumerate(parts.texts(rows, block))])
    kept = pq.read_table(job.part(1)).column("odd")
    assert kept.slice(44).combine_chunks().equals(pq.read_table(source).column("odd").slice(300).combine_chunks())


@pytest.mark.parametrize("output_format", WRITERS)
def test_a_text_of_parquet_that_is_none_is_named(tmp_path: Path, output_format: str) -> None:
    """Nobody checks a file's UTF-8 when it is written."""
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"body": _NOT_TEXT}), source)
    job = job_of(source, tmp_path / f"out{output_format}")
    with pytest.raises(UnusableInput, match=rf"^{source}: row 2: body: is not UTF-8 text$"):
        parts.texts(parts.Files(job).read(job.blocks[0]), job.blocks[0])


def test_files_that_are_no_parquet_or_cannot_be_read_are_named(tmp_path: Path) -> None:
    """And two files of one input need the same columns."""
    source = tmp_path / "a.parquet"
    source.write_bytes(b"PAR1 and no more")
    with pytest.raises(UnusableInput, match="cannot be read as Parquet"):
        parts.survey([source], ".jsonl")
    with pytest.raises(UnusableInput, match=r"b\.jsonl: cannot be read \(no such file or directory\)"):
        parts.survey([tmp_path / "b.jsonl"], ".jsonl")
    pq.write_table(pa.table({"body": ["a"]}), source)
    pq.write_table(pa.table({"body": ["a"], "x": [1]}), tmp_path / "b.parquet")
    with pytest.raises(UnusableInput, match="its columns or their types differ"):
        parts.survey([source, tmp_path / "b.parquet"], ".jsonl")


def test_a_damaged_page_of_parquet_is_named_and_the_blocks_before_it_are_read(tmp_path: Path) -> None:
    """The metadata say nothing of it, so it is found when its block is read, and every time."""
    source = tmp_path / "in.parquet"
    table = pa.Table.from_pylist([news(number) for number in range(900)])
    pq.write_table(table, source, row_group_size=300)
    chunk = pq.ParquetFile(source).metadata.row_group(2).column(2)
    content = bytearray(source.read_bytes())
    start = chunk.data_page_offset
    content[start : start + 60] = b"\xff" * 60
    source.write_bytes(content)
    job = job_of(source, tmp_path / "out.parquet")
    files = parts.Files(job)
    for _ in range(2):
        with pytest.raises(UnusableInput, match=rf"^{source}: cannot be read as Parquet$"):
            files.read(job.blocks[3])
        assert files.read(job.blocks[1]).to_pylist() == table.to_pylist()[256:512]  # type: ignore[union-attr]  # Parquet


@pytest.mark.parametrize("input_format", WRITERS)
def test_an_input_that_is_gone_under_a_job_is_named(tmp_path: Path, input_format: str) -> None:
    """Not the output, which is all right."""
    source = WRITERS[input_format](tmp_path / f"in{input_format}", [news(1)])
    job = job_of(source, tmp_path / "out.jsonl")
    source.unlink()
    with pytest.raises(UnusableInput, match=rf"^{source}: cannot be read \(no such file or directory\)$"):
        parts.Files(job).read(job.blocks[0])


@pytest.mark.parametrize("input_format", WRITERS)
def test_an_input_that_changes_under_a_job_is_noticed(tmp_path: Path, input_format: str) -> None:
    """Rows that are gone are no rows that are done."""
    rows = [news(number) for number in range(300)]
    source = WRITERS[input_format](tmp_path / f"in{input_format}", rows)
    job = job_of(source, tmp_path / "out.jsonl")
    WRITERS[input_format](source, rows[:280])
    with pytest.raises(UnusableInput, match="has changed since the job was begun"):
        parts.Files(job).read(job.blocks[1])
