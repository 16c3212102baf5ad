"""The record of a call, with the caller's deadline on the clock of the queue."""

import time
from typing import Any

import grpc

from talmach import calls
from talmach.calls import Call
from talmach.errors import DeadlineExceeded

_SHORTEST_S = 0.005  # not even a cached sentence comes back sooner


def call_of(context: grpc.aio.ServicerContext[Any, Any]) -> Call:
    """Return the record of the call that this task serves.

    Raises:
        DeadlineExceeded: too little time is left to begin.

    """
    call = calls.current()
    # grpc's types call it a float; without a deadline it is None.
    remaining_s: float | None = context.time_remaining()
    if remaining_s is not None:
        if remaining_s < _SHORTEST_S:
            raise DeadlineExceeded
        call.deadline = time.monotonic() + remaining_s
    return call
