"""The directory of a job: what is done stays done, and nothing else is taken for a job."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from talmach.bulk import job
from talmach.bulk.job import Block, Options, Survey, UnusableInput

OPTIONS = Options("en", summary=3)


def look(files: Sequence[Path], _output_format: str) -> Survey:
    """Find ten blocks in whatever there is."""
    return Survey([Block(str(files[0]), number, number + 1, 1) for number in range(10)], "")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An input that nobody reads."""
    path = tmp_path / "in.jsonl"
    path.write_text("{}\n")
    return path


def test_a_job_goes_on_with_what_is_left(tmp_path: Path, source: Path) -> None:
    """Its blocks are looked up once; parts that were not whole are cleared away."""
    output = tmp_path / "out.jsonl"
    with job.opened([source], output, OPTIONS, look) as begun:
        assert begun.left() == list(range(10))
        job.write_whole(begun.part(3), lambda path: path.write_text("x"))
        (output / ".tmp-half").write_text("x")
    with job.opened([source], output, OPTIONS, lambda *_: pytest.fail("looked again")) as again:
        assert again == begun
        assert again.left() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
        assert not (output / ".tmp-half").exists()


def test_a_start_that_was_killed_is_no_obstacle(tmp_path: Path, source: Path) -> None:
    """A directory with nothing in it, or with half a job, is begun anew."""
    output = tmp_path / "out.jsonl"
    output.mkdir()
    (output / ".tmp-half").write_text("{")
    with job.opened([source], output, OPTIONS, look) as begun:
        assert len(begun.left()) == 10


@pytest.mark.parametrize("options", [Options("be", summary=3), Options("en"), Options("en", "ru", summary=3)])
def test_a_directory_of_other_options_is_left_alone(tmp_path: Path, source: Path, options: Options) -> None:
    """Half of it in another language would be worse than none."""
    output = tmp_path / "out.jsonl"
    with job.opened([source], output, OPTIONS, look):
        pass
    with (
        pytest.raises(UnusableInput, match="was begun with other options; name another output"),
        job.opened([source], output, options, look),
    ):
        pass


def test_a_directory_of_another_input_or_version_is_left_alone(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of both would stand beside each other."""
    output = tmp_path / "out.jsonl"
    with job.opened([source], output, OPTIONS, look):
        pass
    source.write_text("{}\n{}\n")
    monkeypatch.setattr(job, "version", lambda _: "99")
    with (
        pytest.raises(UnusableInput, match="another version of talmach and another input"),
        job.opened([source], output, OPTIONS, look),
    ):
        pass


def test_two_at_once_are_one_too_many(tmp_path: Path, source: Path) -> None:
    """The second one is told so, and the first is not disturbed."""
    output = tmp_path / "out.jsonl"
    with (
        job.opened([source], output, OPTIONS, look) as first,
        pytest.raises(UnusableInput, match="another talmach is writing it"),
        job.opened([source], output, OPTIONS, look),
    ):
        pass
    assert first.left() == list(range(10))


def test_a_job_that_another_began_during_the_survey_is_not_overwritten(tmp_path: Path, source: Path) -> None:
    """Its parts would be taken for those of the later one."""
    output = tmp_path / "out.jsonl"

    def look_slowly(files: Sequence[Path], output_format: str) -> Survey:
        with job.opened(files, output, Options("be"), look):
            pass
        return look(files, output_format)

    with (
        pytest.raises(UnusableInput, match="was begun with other options"),
        job.opened([source], output, OPTIONS, look_slowly),
    ):
        pass


def test_an_output_that_is_something_else_is_left_alone(tmp_path: Path, source: Path) -> None:
    """A file, a directory with other things in it, a name of no format, a job that is damaged."""
    for name, problem in {
        "file.jsonl": "exists, and is not the directory of a job",
        "full.jsonl": "exists, and holds something else than a job",
        "out.csv": r"the name of the output must end in \.jsonl or \.parquet",
        "torn.jsonl": "is damaged",
    }.items():
        output = tmp_path / name
        if name == "file.jsonl":
            output.write_text("")
        elif name != "out.csv":
            output.mkdir()
            (output / ("x" if name == "full.jsonl" else "_job.json")).write_text("{")
        with pytest.raises(UnusableInput, match=problem), job.opened([source], output, OPTIONS, look):
            pass


def test_inputs_are_a_file_or_those_of_one_format_in_a_directory(tmp_path: Path, source: Path) -> None:
    """In the order of their names, and without what is hidden."""
    for name in ("b.jsonl", "a.jsonl", "_job.jsonl", ".hidden.jsonl", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in job.inputs(tmp_path, tmp_path / "out.jsonl")] == ["a.jsonl", "b.jsonl", "in.jsonl"]
    assert job.inputs(source, tmp_path / "out.jsonl") == [source]
    (tmp_path / "c.parquet").write_text("")
    for path, problem in {
        tmp_path: "has files of both formats",
        tmp_path / "notes.txt": r"is neither \.jsonl nor \.parquet",
        tmp_path / "none.jsonl": "does not exist",
    }.items():
        with pytest.raises(UnusableInput, match=problem):
            job.inputs(path, tmp_path / "out.jsonl")


def test_a_path_that_the_system_refuses_is_named_with_its_reason(tmp_path: Path, source: Path) -> None:
    """Each is an input or an output that cannot be used, and no failure of the work."""
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    long = tmp_path / f"{'x' * 300}.jsonl"
    with pytest.raises(UnusableInput, match=r"x\.jsonl: cannot be read \(file name too long\)$"):
        job.inputs(long, tmp_path / "out.jsonl")
    files = job.inputs(tmp_path, tmp_path / "out.jsonl")
    for names, output, problem in (
        (files, tmp_path / "out.jsonl", r"gone\.jsonl: cannot be read \(no such file or directory\)$"),
        ([source], long, r"x\.jsonl: cannot be written \(file name too long\)$"),
        ([source], tmp_path / "none" / "out.jsonl", r"out\.jsonl: cannot be written \(no such file or directory\)$"),
        ([source], tmp_path / "gone.jsonl", r"gone\.jsonl: cannot be written \(file exists\)$"),
    ):
        with pytest.raises(UnusableInput, match=problem), job.opened(names, output, OPTIONS, look):
            pass


def test_an_output_among_its_inputs_is_none_of_them(tmp_path: Path, source: Path) -> None:
    """Or the job could not go on: its own output would be another input. Nor are those of earlier jobs."""
    for output in (tmp_path / "out.jsonl", tmp_path / "more.jsonl"):
        for _ in range(2):
            files = job.inputs(tmp_path, output)
            assert files == [source]
            with job.opened(files, output, OPTIONS, look):
                pass
    (tmp_path / "half.jsonl").mkdir()  # by a command that was killed
    assert job.inputs(tmp_path, tmp_path / "half.jsonl") == [source]


def test_parts_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    """Also beyond the digits that usually do."""
    many = job.Job(OPTIONS, tmp_path / "o.jsonl", Survey([Block("", 0, 0, 0)] * 100_001, ""))
    names = [many.part(number).name for number in (2, 99_999, 100_000)]
    assert names == sorted(names) == ["part-000002.jsonl", "part-099999.jsonl", "part-100000.jsonl"]
