"""How much one client may ask for: token buckets, filled by the clock, and a count of its calls."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from talmach.errors import BeyondQuota, QuotaExceeded
from talmach.metrics import Metrics

# Nobody knows when a call will end; as at the gate, in a second some have.
_CALL_RETRY_AFTER_S = 1.0
_MINUTE_S = 60.0
# For floating-point error: whoever waited as long as told must not be told to wait again.
_TOLERANCE_S = 1e-6
_TOLERANCE_MS = 1e-4  # less, so that it is within the other


@dataclass(frozen=True, slots=True)
class Quotas:
    """The limits of one client; None = no limit."""

    requests_per_second: float | None = None  # calls of every kind; one second's worth may come at once
    concurrent_calls: int | None = None
    characters_per_minute: int | None = None  # Unicode code points; one minute's worth may come at once


class Account:
    """What one client has used; lives on one event loop. `quotas` may be replaced at any time."""

    def __init__(self, name: str, quotas: Quotas, metrics: Metrics, clock: Callable[[], float]) -> None:
        """`clock` returns seconds, as `time.monotonic` does."""
        self.name = name
        self.quotas = quotas
        self._metrics = metrics
        self._clock = clock
        self._calls = 0
        self._requests = _Bucket()
        self._characters = _Bucket()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count one call while it lasts; raises QuotaExceeded, which counts as nothing."""
        limit, rate = self.quotas.concurrent_calls, self.quotas.requests_per_second
        if limit is not None and self._calls >= limit:
            raise QuotaExceeded(_CALL_RETRY_AFTER_S, "concurrent_calls")
        if rate is not None:
            wait_s = self._requests.take(1, capacity=max(1.0, rate), per_s=rate, now=self._clock())
            if wait_s:
                raise QuotaExceeded(wait_s, "requests_per_second")
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    def charge(self, characters: int) -> None:
        """Count the characters of one request.

        Raises:
            QuotaExceeded: they would fit after the wait that it tells.
            BeyondQuota: they never will.

        """
        limit = self.quotas.characters_per_minute
        if limit is None:
            return
        if characters > limit:
            raise BeyondQuota(actual=characters, limit=limit)
        wait_s = self._characters.take(characters, capacity=limit, per_s=limit / _MINUTE_S, now=self._clock())
        if wait_s:
            # A call that is already inside, or one item of it: nobody else counts it as refused.
            self._metrics.refused.labels(QuotaExceeded.reason).inc()
            raise QuotaExceeded(wait_s, "characters_per_minute")


class _Bucket:
    """Full at first; capacity and rate come with each use, since they may change."""

    def __init__(self) -> None:
        self._level = math.inf
        self._updated_at = 0.0

    def take(self, amount: float, *, capacity: float, per_s: float, now: float) -> float:
        """Take an amount and return 0, or take nothing and return the seconds until it would be there."""
        self._level = min(capacity, self._level + (now - self._updated_at) * per_s)
        self._updated_at = now
        if amount <= self._level + _TOLERANCE_S * per_s:
            self._level -= amount
            return 0.0
        # A wait travels in whole milliseconds.
        return math.ceil(1_000 * (amount - self._level) / per_s - _TOLERANCE_MS) / 1_000
