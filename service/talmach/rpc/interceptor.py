"""What every call to a service of the contract goes through: admission, deadline, errors, log line, metrics, trace.

Health and reflection are left alone: a probe must get through when nothing else does, and says nothing worth logging.

Requests are parsed and replies serialised here instead of by grpc, which answers a message that cannot be parsed with
the text of the exception, and a reply that is too large with a status that looks like an overload.
"""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from typing import Any, Protocol, TypeAlias, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status

from talmach.admission import Admission
from talmach.calls import REQUEST_ID, UNKNOWN_METHOD, Call
from talmach.contract import status
from talmach.contract.violations import InvalidFields, Violation
from talmach.errors import ReplyTooLarge, StreamIdle, TalmachError
from talmach.rpc.batch import Unreadable

_Message = TypeVar("_Message", bound=Message)
_Context = grpc.aio.ServicerContext[Any, Any]
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_MaybeHandler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
# What a connection takes at once, whether or not anybody reads.
_SMALL_BYTES = 65_536
# What a message holds beside what is read of it: no other limit counts it, and it stays until the answer is there.
_MAX_WASTE_BYTES = 65_536
# Reading so much takes some milliseconds at the worst.
_LARGE_BYTES = 262_144
_OPEN_SERVICES = ("/grpc.health.v1.", "/grpc.reflection.")


class _CallDetails(Protocol):
    method: str
    invocation_metadata: Iterable[tuple[str, str | bytes]]


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the handlers of all four kinds of call."""

    def __init__(self, admission: Admission, *, max_message_bytes: int, stream_idle_s: float) -> None:
        """`stream_idle_s` is how long a caller may take nothing from a stream."""
        self._stream_idle_s = stream_idle_s
        self._max_message_bytes = max_message_bytes
        self._admission = admission
        self._large = asyncio.Semaphore(1)  # messages that are read now
        self._waiting: set[asyncio.Task[None]] = set()  # for replies to be taken

    async def intercept_service(
        self,
        continuation: Callable[[Any], Awaitable[_MaybeHandler]],
        handler_call_details: Any,
    ) -> _MaybeHandler:
        """Return the wrapped handler; None, answered with UNIMPLEMENTED, when there is no such method."""
        handler = await continuation(handler_call_details)
        if handler is None:
            call = self._admission.begin(UNKNOWN_METHOD, handler_call_details.invocation_metadata)
            self._admission.refuse(call, "UNIMPLEMENTED")
            return None
        if handler_call_details.method.startswith(_OPEN_SERVICES):
            return handler
        return self._wrap(handler, handler_call_details)

    def _wrap(self, handler: Any, details: _CallDetails) -> _Handler:
        """Return a handler that takes a stream of raw bytes and serves it by the given one.

        So a call is let in before its message is read: gRPC reads a lone message before it calls the handler, and
        strangers could fill the memory with messages.
        """
        kind = (
            grpc.stream_stream_rpc_method_handler
            if handler.response_streaming
            else grpc.stream_unary_rpc_method_handler
        )
        behaviour, deserialize = _behaviour(handler), handler.request_deserializer

        def serialize(reply: Any) -> bytes:
            data: bytes = handler.response_serializer(reply)
            if len(data) > self._max_message_bytes:  # grpc would refuse to send it, without saying what to do
                raise ReplyTooLarge(actual=len(data), limit=self._max_message_bytes)
            return data

        async def read(requests: AsyncIterator[bytes]) -> Any:
            if handler.request_streaming:
                return _parse_all(requests, deserialize, self._large)
            return await _parse_in_turn(await self._first(requests), deserialize, self._large)

        async def answer_once(requests: AsyncIterator[bytes], context: _Context) -> Any:
            async with self._serve(details, context):
                reply = serialize(await behaviour(await read(requests), context))
                if len(reply) > _SMALL_BYTES:
                    self._stay_until_taken(context)
                return reply

        async def answer_in_stream(requests: AsyncIterator[bytes], context: _Context) -> None:
            # A coroutine that writes, not a generator: one that grpc abandons is closed some time later, by the garbage
            # collector, and its queued sentences would be translated until then.
            async with (
                self._serve(details, context, is_stream=handler.request_streaming) as call,
                aclosing(behaviour(await read(requests), context)) as replies,
            ):
                async for reply in replies:
                    await self._send(serialize(reply), context, call)

        answer = answer_in_stream if handler.response_streaming else answer_once
        return kind(answer, None, None)

    @asynccontextmanager
    async def _serve(self, details: _CallDetails, context: _Context, *, is_stream: bool = False) -> AsyncIterator[Call]:
        """Let a call in or not, and say how it failed; `is_stream` = of requests."""
        call = self._admission.begin(details.method.lstrip("/"), details.invocation_metadata)
        context.set_trailing_metadata(((REQUEST_ID, call.request_id),))
        # grpc's types call it a float; without a deadline it is None.
        remaining_s: float | None = context.time_remaining()
        if remaining_s is not None:
            call.deadline = time.monotonic() + remaining_s
        authorization = dict(details.invocation_metadata).get("authorization")
        try:
            with self._admission.admit(call, authorization, stream_of=context.peer() if is_stream else None):
                yield call
        except TalmachError as failure:
            # They hold the message, which may be large, for as long as its caller takes to hear of the failure.
            traceback.clear_frames(failure.__traceback__)
            rich = rpc_status.to_status(status.to_status(failure))
            await context.abort(rich.code, rich.details, (*rich.trailing_metadata, (REQUEST_ID, call.request_id)))

    def _stay_until_taken(self, context: _Context) -> None:
        """Keep the place of a call whose reply is still to go, as long as its caller may take for that."""
        gate, place, taken = self._admission.gate, ExitStack(), asyncio.Event()
        place.enter_context(gate.stay())  # before the call itself leaves
        context.add_done_callback(lambda _: taken.set())  # type: ignore[arg-type] # typed as a class, called as a function

        async def wait() -> None:
            with place, suppress(StreamIdle):
                async with gate.patience(self._stream_idle_s):
                    await taken.wait()

        waiting = asyncio.create_task(wait())
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)

    async def _first(self, requests: AsyncIterator[bytes]) -> bytes:
        """Return the only message; no message counts as an empty one, which its reader will reject."""
        async with self._admission.gate.patience(self._stream_idle_s):
            return await anext(requests, b"")

    async def _send(self, reply: bytes, context: _Context, call: Call) -> None:
        try:
            async with self._admission.gate.patience(self._stream_idle_s):
                await context.write(reply)
        except TalmachError:
            raise
        except Exception:
            # grpc's own exception for a caller that has gone is not public.
            call.caller_is_gone = True
            raise


def _behaviour(handler: Any) -> Callable[..., Any]:
    """Return the function inside one of grpc's handlers."""
    kinds = (handler.stream_stream, handler.stream_unary, handler.unary_stream, handler.unary_unary)
    behaviour: Callable[..., Any] = next(filter(None, kinds))
    return behaviour


def _parse(request: bytes, parse: Callable[[bytes], _Message]) -> _Message:
    try:
        message = parse(request)
    except DecodeError as error:
        problem = Violation("request", "INVALID_TEXT", "is not a valid message (is its text UTF-8?)")
        raise InvalidFields([problem]) from error
    if len(request) > _MAX_WASTE_BYTES:
        message.DiscardUnknownFields()
        if len(request) - message.ByteSize() > _MAX_WASTE_BYTES:
            description = f"holds unknown or repeated fields beside what is read (limit {_MAX_WASTE_BYTES} bytes)"
            raise InvalidFields([Violation("request", "INVALID_REQUEST", description)])
    return message


async def _parse_in_turn(request: bytes, parse: Callable[[bytes], _Message], large: asyncio.Semaphore) -> _Message:
    """Read large messages one by one, with as long for others in between: else they wait until all are read."""
    if len(request) <= _LARGE_BYTES:
        return _parse(request, parse)
    async with large:
        began_at = time.monotonic()
        try:
            return _parse(request, parse)
        finally:
            await asyncio.sleep(time.monotonic() - began_at)


async def _parse_all(
    requests: AsyncIterator[bytes], parse: Callable[[bytes], _Message], large: asyncio.Semaphore
) -> AsyncIterator[_Message | Unreadable]:
    """Yield the messages of a stream; one that cannot be read does not end it."""
    async for request in requests:
        try:
            yield await _parse_in_turn(request, parse, large)
        except InvalidFields as error:
            yield Unreadable(request, error)
