"""Threads for what would hold up the event loop: work inside a library, and going through large texts.

What blocks inside a library may never come back: neither loop nor shutdown waits for it. The threads of
`concurrent.futures` are joined when the interpreter ends: one stuck call would keep the process alive.
"""

import asyncio
import contextvars
import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import structlog

from talmach.errors import EngineFailure, EngineStuck, EngineTimeout
from talmach.metrics import Metrics

_Result = TypeVar("_Result")
# Segmentation, detection and planning take some ten milliseconds of processor time for these.
_LARGE_CHARS = 2_000
_HUGE_CHARS = 20_000  # a tenth of a second, for which others should not have to wait
_TURN_S = 0.005
_BETWEEN_NAPS_S = 0.002
_NAP_S = 0.00001  # long enough to lose the interpreter's lock
_log: Any = structlog.get_logger("talmach.threads")


class _Courtesy(threading.local):
    """What one of our threads owes to the others."""

    napped_at: float | None = None  # in seconds of `time.monotonic`; None = it is none of ours


_courtesy = _Courtesy()


def _be_courteous() -> None:
    _courtesy.napped_at = time.monotonic()


def give_way() -> None:
    """Let the event loop have its turn, in one of our threads; nothing happens in others.

    A library that lets go of the interpreter's lock and takes it back at once, as tokenizers do for every text, is the
    first to get it again, and whoever waits for it does not even ask: Python counts the time of waiting anew. A health
    check took half a second while a thread went through large texts.
    """
    if _courtesy.napped_at is not None and time.monotonic() - _courtesy.napped_at > _BETWEEN_NAPS_S:
        time.sleep(_NAP_S)
        _courtesy.napped_at = time.monotonic()


@dataclass(slots=True, eq=False)
class _Piece:
    """One piece of work; a thread touches only what is marked so."""

    work: Callable[[], Any]
    result: asyncio.Future[Any]
    timer: asyncio.TimerHandle | None = None
    begun_at: float | None = None  # set by the thread, in seconds of `time.monotonic`
    is_stuck: bool = False


class _Thread(threading.Thread):
    """Marks a thread as one of ours."""


class Workers:
    """Some threads in the service of one event loop.

    A piece of work that takes too long is given up, and its thread is stuck: no thread can be killed, but one that
    comes back after all takes new work. The time that a piece waits for a thread does not count.
    """

    def __init__(
        self,
        count: int,
        *,
        name: str,
        timeout_s: float | None = None,
        metrics: Metrics,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`name` is the model's; `timeout_s` None = for ever; `on_change` is called when one gets free or stuck."""
        self.count = count
        self.stuck = 0  # threads
        self._name = name
        self._timeout_s = timeout_s
        self._gauge = metrics.stuck_workers.labels(name)
        self._on_change = on_change
        self._open: set[_Piece] = set()  # that have not ended, those that wait for a thread included
        self._is_closed = False
        self._pieces: SimpleQueue[tuple[asyncio.AbstractEventLoop, _Piece] | None] = SimpleQueue()
        self._threads: list[_Thread] = []

    @property
    def free(self) -> int:
        """Threads that have nothing to do."""
        return max(0, self.count - len(self._open))

    @property
    def are_all_stuck(self) -> bool:
        """Whether no thread is left that would do anything."""
        return self.stuck >= self.count

    def run(self, work: Callable[[], _Result]) -> asyncio.Future[_Result]:
        """Do a piece of work in a thread; the future fails with what it raises.

        With EngineTimeout when it takes longer than the timeout, with EngineStuck when no thread is left to begin it,
        and with EngineFailure after `close`.
        """
        loop = asyncio.get_running_loop()
        piece = _Piece(work, loop.create_future())
        if self._is_closed:
            piece.result.set_exception(EngineFailure("engine: was closed"))
            return piece.result
        if self.are_all_stuck:
            piece.result.set_exception(EngineStuck())
            return piece.result
        if self._timeout_s is not None:
            piece.timer = loop.call_later(self._timeout_s, self._look_after, piece)
        self._open.add(piece)
        if len(self._threads) < self.count:
            self._threads.append(_Thread(target=self._serve, name=f"{self._name}-{len(self._threads)}", daemon=True))
            self._threads[-1].start()
        self._pieces.put((loop, piece))
        return piece.result

    def close(self) -> None:
        """End the threads that are free; a busy one ends with its work, if ever, and nobody waits for it."""
        self._is_closed = True
        for _ in self._threads:
            self._pieces.put(None)
        if not self._open:
            for thread in self._threads:
                thread.join()

    def _serve(self) -> None:
        _be_courteous()
        while (each := self._pieces.get()) is not None:
            loop, piece = each
            outcome, error = None, None
            piece.begun_at = time.monotonic()
            if not piece.result.done():  # whoever wanted it may have gone
                try:
                    outcome = piece.work()
                except BaseException as raised:  # noqa: BLE001 - whoever waits for the result gets it
                    error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._end, piece, outcome, error)
            del each, loop, piece, outcome, error  # nothing is kept alive until the next piece

    def _end(self, piece: _Piece, outcome: object, error: BaseException | None) -> None:
        self._open.discard(piece)
        if piece.timer is not None:
            piece.timer.cancel()
        if not piece.result.done():
            if error is None:
                piece.result.set_result(outcome)
            else:
                piece.result.set_exception(error)
        if piece.is_stuck:
            self._count_stuck(-1)
            _log.warning("worker.recovered", model=self._name, stuck=self.stuck, of=self.count)
        self._on_change()

    def _look_after(self, piece: _Piece) -> None:
        """Give up a piece whose time is over; its clock starts when a thread takes it."""
        assert self._timeout_s is not None
        begun_at = time.monotonic() if piece.begun_at is None else piece.begun_at
        left_s = begun_at + self._timeout_s - time.monotonic()
        if left_s > 0:
            piece.timer = asyncio.get_running_loop().call_later(left_s, self._look_after, piece)
        else:
            self._give_up(piece)

    def _give_up(self, piece: _Piece) -> None:
        _fail(piece, EngineTimeout())
        piece.is_stuck = True
        self._count_stuck(1)
        _log.error("worker.stuck", model=self._name, after_s=self._timeout_s, stuck=self.stuck, of=self.count)
        if self.are_all_stuck:
            for waiting in self._open:
                if waiting.begun_at is None:
                    _fail(waiting, EngineStuck())
        self._on_change()

    def _count_stuck(self, change: int) -> None:
        self.stuck += change
        self._gauge.set(self.stuck)


def _fail(piece: _Piece, error: Exception) -> None:
    if not piece.result.done():
        piece.result.set_exception(error)


def are_left() -> bool:
    """Whether any thread is still at work, or stuck in it, with nobody waiting for it."""
    return any(isinstance(thread, _Thread) for thread in threading.enumerate())


def _readers(name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=name, initializer=_be_courteous)


# The interpreter runs one thread at a time: more would do no more, and the loop would wait for each of them in turn.
_large, _huge = _readers("large-texts"), _readers("huge-texts")


async def in_thread(chars: int, work: Callable[..., _Result], *arguments: object) -> _Result:
    """Return `work(*arguments)`, which goes through so many characters; those of its kind have one thread.

    A caller that is cancelled does not wait for the thread, and gets none of its result.
    """
    executor = _huge if chars > _HUGE_CHARS else _large
    # What is cancelled stays in the executor's queue until the thread comes to it, but its texts need not.
    pieces = [functools.partial(contextvars.copy_context().run, work, *arguments)]
    del work, arguments  # a traceback would hold them

    def run() -> _Result:
        piece = pieces.pop()
        return piece()

    try:
        return await asyncio.get_running_loop().run_in_executor(executor, run)
    finally:
        pieces.clear()


class Turns:
    """Shares the event loop's time out: work of all calls that is short by itself but may be much in one turn.

    Without it a call whose sentences are all known would put thousands of them together before anybody else is heard.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._used_s = 0.0

    async def take(self, chars: int, work: Callable[[], _Result]) -> _Result:
        """Return `work()`: here when the turn has time left, else in a later one; in a thread when `chars` are many."""
        if chars > _LARGE_CHARS:
            return await in_thread(chars, work)
        async with self._lock:
            if self._used_s >= _TURN_S:
                self._used_s = 0.0
                await asyncio.sleep(0)
            began = time.monotonic()
            try:
                return work()
            finally:
                self._used_s += time.monotonic() - began


async def offload(chars: int, work: Callable[..., _Result], *arguments: object) -> _Result:
    """Return `work(*arguments)`; by `in_thread` when the text that it goes through is large."""
    if chars <= _LARGE_CHARS:
        return work(*arguments)
    return await in_thread(chars, work, *arguments)
