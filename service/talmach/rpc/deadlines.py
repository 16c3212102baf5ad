"""The caller's deadline, on the clock of the queue."""

import time
from typing import Any

import grpc

from talmach.errors import DeadlineExceeded

_SHORTEST_S = 0.005  # not even a cached sentence comes back sooner


def deadline_of(context: grpc.aio.ServicerContext[Any, Any]) -> float | None:
    """Return when the caller stops waiting, in seconds of `time.monotonic`; None = never.

    Raises:
        DeadlineExceeded: too little time is left to begin.

    """
    # grpc's types call it a float; without a deadline it is None.
    remaining_s: float | None = context.time_remaining()
    if remaining_s is None:
        return None
    if remaining_s < _SHORTEST_S:
        raise DeadlineExceeded
    return time.monotonic() + remaining_s
