"""Logging: one stream, one shape, and nothing of a user's text even when an exception carries it."""

import asyncio
import errno
import gc
import io
import json
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest
import structlog

from talmach.errors import ModelUnusable
from talmach.log import configure_logging, count_dropped_lines, in_background

SECRET = "the mayor's unpublished words"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    """Parse what was logged, one JSON object a line."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def raise_with_text() -> None:
    """Fail the way a library does: with the user's text in the exception."""
    try:
        dict[str, str]()[SECRET]
    except KeyError as error:
        raise ValueError(f"cannot tokenise {SECRET!r}") from error


def test_events_are_json_off_a_terminal() -> None:
    """An event keeps its values and gets a level and a time."""
    stream = io.StringIO()
    configure_logging(stream=stream)
    structlog.get_logger().info("rpc.done", method="TranslateText", ms=12, direction="be-en")
    (record,) = records(stream)
    assert record.pop("timestamp").endswith("Z")
    assert record == {"event": "rpc.done", "level": "info", "method": "TranslateText", "ms": 12, "direction": "be-en"}


def test_events_are_pretty_on_a_terminal() -> None:
    """A person at a terminal reads lines, not JSON; an explicit format wins."""
    terminal = Terminal()
    configure_logging(stream=terminal)
    structlog.get_logger().info("server.started")
    assert "server.started" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")

    terminal = Terminal()
    configure_logging(log_format="json", stream=terminal)
    structlog.get_logger().info("server.started")
    assert records(terminal)[0]["event"] == "server.started"


def test_the_level_holds_for_everyone() -> None:
    """Below the level nothing is written, neither ours nor a library's."""
    stream = io.StringIO()
    configure_logging("warning", stream=stream)
    structlog.get_logger().info("rpc.done")
    logging.getLogger("grpc").info("chatter")
    structlog.get_logger().warning("queue.full")
    assert [record["event"] for record in records(stream)] == ["queue.full"]


def test_setting_up_twice_logs_once() -> None:
    """A second set-up replaces the first."""
    first, second = io.StringIO(), io.StringIO()
    configure_logging(stream=first)
    configure_logging(stream=second)
    structlog.get_logger().info("server.started")
    assert (first.getvalue(), len(records(second))) == ("", 1)


def test_library_messages_take_the_same_way() -> None:
    """What grpc logs through the standard library arrives as an event of ours."""
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("grpc.aio").warning("port %d is odd", 7)
    (record,) = records(stream)
    assert (record["event"], record["library"], record["level"]) == ("library.logged", "grpc.aio", "warning")
    assert record["message"] == "port 7 is odd"


def test_a_library_that_repeats_itself_is_heard_ten_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its messages by itself; later it is heard again, with the number of lines that were left out."""
    stream, now = io.StringIO(), [0.0]
    configure_logging(stream=stream)
    monkeypatch.setattr("talmach.log.time.monotonic", lambda: now[0])
    for number in range(1_000):
        logging.getLogger("asyncio").error("accept() failed\nsocket: %d", number)
    logging.getLogger("asyncio").error("something else")
    logging.getLogger("grpc").error("accept() failed")
    for _ in range(20):
        structlog.get_logger().info("rpc.done")  # ours are one for each call, and all are kept
    said = [record.get("message", record["event"]) for record in records(stream)]
    assert said == [*["accept() failed"] * 10, "something else", "accept() failed", *["rpc.done"] * 20]
    now[0] = 61.0
    logging.getLogger("asyncio").error("accept() failed\nsocket: %d", 0)
    assert records(stream)[-1]["left_out"] == 990


def test_the_memory_of_repeats_is_bounded() -> None:
    """A library that never says the same twice is heard, and costs no memory for ever."""
    stream = io.StringIO()
    configure_logging(stream=stream)
    for number in range(5_000):
        logging.getLogger("library").warning(f"message {number}")  # noqa: G004 - as some libraries do
    assert len(records(stream)) == 5_000
    (limit,) = logging.getLogger().handlers[0].filters
    assert len(limit._heard) <= 1_001  # type: ignore[union-attr]


def test_exceptions_are_logged_without_their_text() -> None:
    """Type, cause and place of an exception are enough to find it; its text may be the user's."""
    stream = io.StringIO()
    configure_logging(stream=stream)
    try:
        raise_with_text()
    except ValueError:
        structlog.get_logger().exception("engine.failed")
        logging.getLogger("grpc").exception("Unexpected error")
    ours, library = records(stream)
    assert (ours["error"], ours["error_cause"]) == ("ValueError", "KeyError")
    assert ours["error_at"][-1].endswith("raise_with_text")
    assert library["error"] == "ValueError"
    assert SECRET not in stream.getvalue()


def test_our_own_errors_keep_their_message() -> None:
    """A TalmachError is free of texts by contract, so the operator gets its cure."""
    stream = io.StringIO()
    configure_logging(stream=stream)
    structlog.get_logger().error("model.failed", exc_info=ModelUnusable("nmt", "is damaged; reinstall"))
    (record,) = records(stream)
    assert (record["error"], record["error_message"]) == ("ModelUnusable", "nmt: is damaged; reinstall")


async def test_a_lost_task_is_logged_without_its_text() -> None:
    """Asyncio writes the repr of a failed task below its first line; the text in it stays out."""
    gc.collect()  # what other tests left is not looked at
    stream = io.StringIO()
    configure_logging(stream=stream)
    task = asyncio.get_running_loop().create_task(asyncio.to_thread(raise_with_text))
    await asyncio.wait([task])
    del task
    gc.collect()
    (record,) = records(stream)
    assert record["message"] == "Task exception was never retrieved"
    assert SECRET not in stream.getvalue()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the writer more than its second: no machine is slower."""
    monkeypatch.setattr("talmach.log._FLUSH_S", 60.0)


@pytest.mark.usefixtures("patient")
def test_what_is_logged_in_the_background_is_all_written(tmp_path: Path) -> None:
    """In order, and when the block is over."""
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:
        configure_logging(log_format="json", stream=stream)
        with in_background():
            for number in range(1_000):
                structlog.get_logger().info("thing.done", number=number)
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [*range(1_000)]


def test_lines_that_nobody_reads_are_dropped_and_counted() -> None:
    """The writer hangs in a full pipe; whoever logs goes on at once."""
    reading, writing = os.pipe()
    dropped = []
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        configure_logging(log_format="json", stream=stream)
        with in_background():
            count_dropped_lines(lambda: dropped.append(1))
            for number in range(10_000):
                structlog.get_logger().info("thing.done", number=number)
            assert len(dropped) > 4_000
        os.close(reading)
        # Its thread would go on with the descriptor of some other file.
        (handler,) = logging.getLogger().handlers
        end = time.monotonic() + 60
        while handler._written < handler._taken:  # type: ignore[attr-defined]
            assert time.monotonic() < end, "the writer has not ended"
            time.sleep(0.001)


@pytest.mark.usefixtures("patient")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no disk that is always full")
def test_lines_for_a_full_disk_are_counted() -> None:
    """Nothing else would say that they are lost."""
    dropped = []
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        configure_logging(log_format="json", stream=stream)
        with in_background():
            count_dropped_lines(lambda: dropped.append(1))
            for number in range(100):
                structlog.get_logger().info("thing.done", number=number)
    assert len(dropped) == 100


@pytest.mark.usefixtures("patient")
def test_half_a_line_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that was full in the middle of one line has room again for the next."""
    write, room = os.write, [40]

    def writes(descriptor: int, data: bytes) -> int:
        if room and not room[0]:
            room.clear()
            raise OSError(errno.ENOSPC, "no space left")
        part = data[: room[0]] if room else data
        if room:
            room[0] -= len(part)
        return write(descriptor, part)

    monkeypatch.setattr("talmach.log.os.write", writes)
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:
        configure_logging(log_format="json", stream=stream)
        with in_background():
            for number in range(3):
                structlog.get_logger().info("thing.done", number=number)
    half, *lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert len(half) == 40
    assert [json.loads(line)["number"] for line in lines] == [1, 2]
