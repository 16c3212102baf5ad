"""The status that the server gave a call of many messages, which gRPC's asyncio calls may lose.

A server that ends such a call early, as it does when it refuses it, closes the stream for further messages. A message
that is on its way then fails, and grpc.aio writes INTERNAL over what the server had said
(https://github.com/grpc/grpc/issues/36066).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

import grpc

_WRITTEN_OVER = "Internal error from Core"
_PATIENCE_S = 1.0  # for a status that comes after the failed message


class _Call(Protocol):
    def add_done_callback(self, callback: Callable[[Any], None]) -> None: ...
    def code(self) -> Awaitable[grpc.StatusCode]: ...
    def details(self) -> Awaitable[str]: ...
    def initial_metadata(self) -> Awaitable[Any]: ...
    def trailing_metadata(self) -> Awaitable[Any]: ...


class Ending:
    """Keeps the status of a call from the moment when it arrives."""

    def __init__(self, call: _Call) -> None:
        """Watch a call that has just begun."""
        self._call = call
        self._status: grpc.aio.AioRpcError | None = None
        call.add_done_callback(self._keep)

    async def of(self, error: grpc.aio.AioRpcError) -> grpc.aio.AioRpcError:
        """Return the server's own error where `error`, with which the call ended, was written over it."""
        if error.details() != _WRITTEN_OVER:
            return error
        until = asyncio.get_running_loop().time() + _PATIENCE_S
        while self._status is None and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)
            self._keep(self._call)
        return self._status or error

    def _keep(self, call: _Call) -> None:
        if _of_ended(call.details()) == _WRITTEN_OVER:
            return
        self._status = grpc.aio.AioRpcError(
            _of_ended(call.code()),
            _of_ended(call.initial_metadata()),
            _of_ended(call.trailing_metadata()),
            details=_of_ended(call.details()),
        )


def _of_ended(answer: Awaitable[Any]) -> Any:
    """Return at once what a call that has ended need not wait for: a turn of the loop later it may be written over."""
    try:
        cast("Any", answer).send(None)
    except StopIteration as ended:
        return ended.value
    raise RuntimeError("the call has not ended")
