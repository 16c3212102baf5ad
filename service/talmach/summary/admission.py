"""Decides which summaries are taken on: no more than fit, and none whose deadline would pass before its turn."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from talmach.errors import DeadlineExceeded, QueueFull
from talmach.metrics import Metrics

_SHORTEST_RETRY_S = 0.1
# Starting point of the estimate; the first summaries outweigh it.
_ASSUMED_CHARS_PER_S = 100_000.0
_ASSUMED_S = 0.02
_MEMORY = 0.9  # the weight of earlier summaries beside the newest one


class Admission:
    """Counts the characters of the articles that are being summarised or wait for it; lives on one event loop."""

    def __init__(self, max_chars: int, metrics: Metrics) -> None:
        self._max_chars = max_chars
        self._metrics = metrics
        self._chars = 0  # taken on and not done
        self._marked_at = 0.0  # when the last one was done, or the first one came to an idle encoder
        self._done_chars, self._done_s = _ASSUMED_CHARS_PER_S * _ASSUMED_S, _ASSUMED_S

    @contextmanager
    def enter(self, chars: int, deadline: float | None) -> Iterator[None]:
        """Take an article on; `deadline` is in seconds of `time.monotonic`.

        Raises:
            QueueFull: there is no room; says when what is there will be done.
            DeadlineExceeded: what is there takes longer than the time left.

        """
        now = time.monotonic()
        wait_s = self._chars * self._done_s / self._done_chars
        # An idle encoder takes an article of any size.
        if self._chars and self._chars + chars > self._max_chars:
            self._metrics.refused.labels(QueueFull.reason).inc()
            raise QueueFull(retry_after_s=max(wait_s, _SHORTEST_RETRY_S))
        if deadline is not None and now + wait_s >= deadline:
            self._metrics.refused.labels(DeadlineExceeded.reason).inc()
            raise DeadlineExceeded
        if not self._chars:
            self._marked_at = now
        self._chars += chars
        try:
            yield
            self._note(chars)
        finally:
            self._chars -= chars

    def _note(self, chars: int) -> None:
        """Record a summary that is done: several run at once, and each ends a stretch of their common time."""
        now = time.monotonic()
        self._done_chars = _MEMORY * self._done_chars + chars
        self._done_s = _MEMORY * self._done_s + now - self._marked_at
        self._marked_at = now
