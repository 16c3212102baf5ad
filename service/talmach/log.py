"""structlog set-up: one stream for our events and for what the libraries log, JSON off a terminal and pretty on one.

Events are named `noun.verb` and carry values, not sentences; a library's message arrives as `library.logged`. A user's
text must never get here, and it could come inside a foreign exception, so of an exception only its type and its place
are written; a TalmachError, whose message is free of texts by contract, keeps its message. A library that says the same
over and over is heard ten times a minute: some do so thousands of times a second, and a disk is soon full.
"""

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from talmach.errors import TalmachError

LogFormat = Literal["auto", "json", "console"]
_MAX_WAITING_LINES = 4_096
_FLUSH_S = 1.0
_MAX_REPEATS = 10
_REPEATS_S = 60.0
_MAX_MESSAGES = 1_000


def configure_logging(level: str = "info", log_format: LogFormat = "auto", stream: TextIO | None = None) -> None:
    """Send every log record of the process to `stream` (stderr), from `level` upwards; replaces an earlier set-up."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,  # otherwise one is made for every line
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_library_message, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(log_format, stream)],
        )
    )
    handler.addFilter(_Repeats())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # It quotes what it cannot read of a form; the line of the call says that the form was refused.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


@contextmanager
def in_background() -> Iterator[None]:
    """Let a thread write what is logged: a stream that nobody reads holds up neither a call nor the end of the process.

    At most 4,096 lines wait, any more are dropped; `count_dropped_lines` tells of them. At the end they get a second.
    """
    root = logging.getLogger()
    (direct,) = root.handlers
    assert isinstance(direct, logging.StreamHandler)
    handler = _BackgroundHandler(direct.stream)
    handler.setFormatter(direct.formatter)
    handler.filters = direct.filters
    root.handlers = [handler]
    try:
        yield
    finally:
        handler.flush()


def count_dropped_lines(count: Callable[[], None]) -> None:
    """Have `count` called for every line that is dropped from now on; without effect unless `in_background`."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _BackgroundHandler):
            handler.count = count


class _Repeats(logging.Filter):
    """Drops what a library has said too often within a minute; the first line after it tells how many were dropped."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: dict[tuple[str, int, str], tuple[float, int]] = {}  # since when, how often

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether to write a record."""
        if isinstance(record.msg, dict):  # an event of ours
            return True
        message = record.name, record.levelno, str(record.msg).split("\n", 1)[0]
        if len(self._heard) > _MAX_MESSAGES:
            self._heard.clear()
        now = time.monotonic()
        since, count = self._heard.get(message, (now, 0))
        if now - since >= _REPEATS_S:
            record.left_out = max(0, count - _MAX_REPEATS)
            since, count = now, 0
        self._heard[message] = since, count + 1
        return count < _MAX_REPEATS


class _BackgroundHandler(logging.Handler):
    """Formats a record where it is made, and writes it in a thread."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.count: Callable[[], None] = lambda: None
        self._encoding = stream.encoding
        # Not the stream: a thread that hangs in a write would hold its lock when the process ends.
        self._descriptor = stream.fileno()
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._taken = self._written = 0  # lines; the first counted by whoever logs, under the handler's lock
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        if self._taken - self._written >= _MAX_WAITING_LINES:
            self.count()
        else:
            self._taken += 1
            self._lines.put(self.format(record))

    def flush(self) -> None:
        """Wait a little until everything is written."""
        end = time.monotonic() + _FLUSH_S
        while self._written < self._taken and time.monotonic() < end:
            time.sleep(0.001)

    def _write(self) -> None:
        begin = b""
        while True:
            left = whole = begin + f"{self._lines.get()}\n".encode(self._encoding, "backslashreplace")
            try:
                while left:
                    left = left[os.write(self._descriptor, left) :]
                begin = b""
            except OSError:  # the reader has gone, or the disk is full
                self.count()
                begin = begin if left is whole else b"\n"  # half a line must not spoil the next one
            self._written += 1


def _renderer(log_format: LogFormat, stream: TextIO) -> Processor:
    if log_format == "json" or (log_format == "auto" and not stream.isatty()):
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty())


def _name_library_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # asyncio puts the repr of the failed task, with the exception's text in it, on the lines after the first.
    message = str(event["event"]).split("\n", 1)[0]
    record = event["_record"]
    left_out = {"left_out": record.left_out} if getattr(record, "left_out", 0) else {}
    return {**event, "event": "library.logged", "library": record.name, "message": message, **left_out}


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
    if not info or error is None:
        return event
    event["error"] = type(error).__name__
    if isinstance(error, TalmachError):
        event["error_message"] = str(error)
    frames = traceback.extract_tb(error.__traceback__)
    event["error_at"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    if error.__cause__ is not None:
        event["error_cause"] = type(error.__cause__).__name__
    return event
