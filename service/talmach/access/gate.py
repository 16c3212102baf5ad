"""Which calls are let in: none while the server starts or drains, and no more at once than it can carry."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import Enum, auto

from talmach.errors import QueueFull, QuotaExceeded, ServerDraining, ServerStarting, StreamIdle

# Calls last from milliseconds to seconds: in a second some have certainly ended.
_RETRY_AFTER_S = 1.0
# Streams stay as long as their callers like: half of the places are left to other calls, and no caller may have more
# than a quarter of those for streams.
_STREAMS_SHARE = 2
_CALLER_SHARE = 8
# Whoever shows only in the message who they are has a place before that is known, and may be slow to tell.
_STRANGERS_SHARE = 4


def stream_shares(max_calls: int) -> tuple[int, int]:
    """Return how many of a number of calls may be streams of requests: all together, and one caller's."""
    return max(1, max_calls // _STREAMS_SHARE), max(1, max_calls // _CALLER_SHARE)


class State(Enum):
    """What the server is doing."""

    STARTING = auto()
    SERVING = auto()
    DRAINING = auto()


class Gate:
    """Counts the calls inside; lives on one event loop."""

    def __init__(self, max_calls: int) -> None:
        self.state = State.STARTING
        self.streams_are_over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._max_calls = max_calls
        self._max_streams, self._max_streams_of_one = stream_shares(max_calls)
        self._max_strangers = max(1, max_calls // _STRANGERS_SHARE)
        self._calls = self._strangers = 0
        self._streams: Counter[str] = Counter()  # by caller
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._patience_s = math.inf
        self._waits: set[asyncio.Timeout] = set()

    @property
    def is_empty(self) -> bool:
        """Whether no call is inside."""
        return self._is_empty.is_set()

    def check(self) -> None:
        """Raise ServerStarting or ServerDraining unless the server takes new work."""
        if self.state is State.STARTING:
            raise ServerStarting
        if self.state is State.DRAINING:
            raise ServerDraining

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Hold a place inside.

        Raises:
            ServerStarting, ServerDraining: no work is taken now.
            QueueFull: all places are taken.

        """
        self.check()
        if self._calls >= self._max_calls:
            raise QueueFull(_RETRY_AFTER_S)
        with self.stay():
            yield

    @contextmanager
    def stay(self) -> Iterator[None]:
        """Keep the place of a call that was let in and is served, but has not left."""
        self._calls += 1
        self._is_empty.clear()
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                self._is_empty.set()

    @contextmanager
    def stream(self, caller: str) -> Iterator[None]:
        """Hold one of the places that streams of requests may have.

        Raises:
            QuotaExceeded: the caller has as many as one may have.
            QueueFull: all are taken.

        """
        if self._streams[caller] >= self._max_streams_of_one:
            raise QuotaExceeded(_RETRY_AFTER_S, "concurrent_streams")
        if self._streams.total() >= self._max_streams:
            raise QueueFull(_RETRY_AFTER_S)
        self._streams[caller] += 1
        try:
            yield
        finally:
            self._streams[caller] -= 1
            if not self._streams[caller]:
                del self._streams[caller]

    @contextmanager
    def stranger(self) -> Iterator[None]:
        """Hold one of the places that callers may have who are still to show who they are; raises QueueFull."""
        if self._strangers >= self._max_strangers:
            raise QueueFull(_RETRY_AFTER_S)
        self._strangers += 1
        try:
            yield
        finally:
            self._strangers -= 1

    @asynccontextmanager
    async def patience(self, idle_s: float) -> AsyncIterator[None]:
        """Wait inside the block for a caller to send or take something, not longer than `idle_s`; raises StreamIdle."""
        try:
            async with asyncio.timeout(min(idle_s, self._patience_s)) as wait:
                self._waits.add(wait)
                try:
                    yield
                finally:
                    self._waits.discard(wait)
        except TimeoutError as error:
            if not wait.expired():
                raise
            raise StreamIdle(min(idle_s, self._patience_s)) from error

    def hurry(self, patience_s: float) -> None:
        """From now on wait no longer than this for a caller who sends or takes nothing; for a server that drains."""
        self._patience_s = patience_s
        end = asyncio.get_running_loop().time() + patience_s
        for wait in self._waits:
            if not wait.expired():
                wait.reschedule(min(end, wait.when() or end))

    def end_streams(self) -> None:
        """Let streams of requests end as soon as they have nothing at work; for a server that drains."""
        if not self.streams_are_over.done():
            self.streams_are_over.set_result(None)

    async def wait_until_empty(self, timeout_s: float) -> bool:
        """Wait until the last call has left; False when some are still inside after `timeout_s`."""
        try:
            await asyncio.wait_for(self._is_empty.wait(), timeout_s)
        except TimeoutError:
            return False
        return True
