"""What an actor reports: never an exception, which Ray would log with whatever stands in it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from talmach.bulk.job import Job, Options, Texts
from talmach.bulk.record import Record
from talmach.cli import bulk
from talmach.cli.failures import BadInput
from talmach.config import load_settings
from talmach.errors import ModelUnusable
from tests.bulk.rows import done, news, read_jsonl, write_jsonl

pytest.importorskip("pyarrow", reason="needs the extra bulk")
from talmach.bulk import actor, cluster, parts
from talmach.bulk.actor import Actor, Report


class NaughtyDesk:
    """A desk that copies, or fails as it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.is_stuck = False
        self._error = error

    def translate(self, articles: Sequence[Texts]) -> list[Record]:
        if self._error is not None:
            raise self._error
        return [done({"id": headline}) for headline, _, _ in articles]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job of two blocks."""
    source = write_jsonl(tmp_path / "in.jsonl", map(news, range(300)))
    output = tmp_path / "out.jsonl"
    output.mkdir()
    return Job(Options("en"), output, parts.survey([source], ".jsonl"))


def report(job: Job, monkeypatch: pytest.MonkeyPatch, make_desk: Callable[..., Any], number: int = 0) -> Report:
    """Return what an actor with such a desk reports of a block."""
    monkeypatch.setattr(actor, "Desk", make_desk)
    monkeypatch.setattr(actor, "configure_logging", lambda *_: None)
    columns = Actor(job, load_settings())({"item": [number]})
    return Report(**{name: values[0] for name, values in columns.items()})  # type: ignore[arg-type]  # as Ray gives them


def test_a_block_becomes_a_part_once(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second time, after an actor that died before it could report, it is counted and left as it is."""
    assert report(job, monkeypatch, lambda *_: NaughtyDesk(), 1) == Report(rows=44)
    assert [row["id"] for row in read_jsonl(job.output)] == [f"n{number}" for number in range(256, 300)]
    assert report(job, monkeypatch, lambda *_: NaughtyDesk(ValueError("never asked")), 1) == Report(rows=44)


def test_an_engine_that_does_not_start_says_why(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of a server that does not start."""

    def fail(*_: object) -> None:
        raise ModelUnusable("m", "is damaged")

    assert report(job, monkeypatch, fail).failure == "m: is damaged"


def test_an_engine_that_does_not_come_back_ends_its_process(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the next block, so that Ray gives that one to a new engine."""

    def leave(status: int) -> None:
        raise SystemExit(status)

    desk = NaughtyDesk()
    desk.is_stuck = True
    monkeypatch.setattr("talmach.bulk.actor.os._exit", leave)
    with pytest.raises(SystemExit):
        report(job, monkeypatch, lambda *_: desk)


def test_an_error_that_nobody_thought_of_is_told_without_its_words(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be a user's."""
    told = report(job, monkeypatch, lambda *_: NaughtyDesk(ValueError("secret"))).failure
    assert told.startswith("ValueError at test_actor.py:")
    assert "secret" not in told
    assert list(job.output.iterdir()) == []


def test_an_input_that_cannot_be_read_is_the_fault_of_the_input(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the command ends with status 2, and does not say that it may go on when it is run again."""
    path = job.blocks[0].path
    Path(path).unlink()
    told = report(job, monkeypatch, lambda *_: NaughtyDesk())
    assert told == Report(failure=f"{path}: cannot be read (no such file or directory)", is_unusable=True)

    @contextmanager
    def connected(_address: str | None) -> Iterator[list[dict[str, float]]]:
        yield [{"CPU": 2}]

    monkeypatch.setattr(cluster, "connected", connected)
    monkeypatch.setattr(cluster, "run", lambda *_: iter([told]))
    with pytest.raises(BadInput, match=rf"^{path}: cannot be read \(no such file or directory\)$"):
        bulk._run(job, load_settings(), None, None)


def test_an_output_that_cannot_be_written_is_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason, such as a full disk."""
    job.output.rmdir()
    failure = report(job, monkeypatch, lambda *_: NaughtyDesk()).failure
    assert failure.endswith("no such file or directory")
    assert str(job.output) in failure
