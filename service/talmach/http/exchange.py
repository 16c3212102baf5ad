"""One call by HTTP: let in, read, served, answered; whatever goes wrong on the way has an answer too."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from talmach.admission import Admission
from talmach.calls import REQUEST_ID, Call
from talmach.errors import DeadlineExceeded, ReplyTooLarge, ServerDraining, StreamIdle, TalmachError
from talmach.http.refusals import HttpRefusal, body_too_large
from talmach.http.reply import EVENTS, Reply
from talmach.threads import offload

TIMEOUT_FIELD = "x-request-timeout-ms"
_MAX_TIMEOUT_MS = 86_400_000
_CHUNK_BYTES = 65_536
_MAX_STRANGER_BYTES = 1_048_576
_MAX_DROPPED_BYTES = 67_108_864

_Content = TypeVar("_Content")


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every exchange of a server."""

    admission: Admission
    max_body_bytes: int
    idle_s: float  # within it a body must come, and the caller must take each piece of an answer

    @property
    def max_stranger_bytes(self) -> int:
        """Bytes of a body that must be read to learn whose it is."""
        return min(self.max_body_bytes, _MAX_STRANGER_BYTES if self.admission.is_for_clients_only else sys.maxsize)


class Exchange:
    """What a handler works with: the header fields, the body, the record of the call, and a way to answer."""

    def __init__(
        self, rules: Rules, scope: Scope, receive: Receive, send: Send, call: Call, *, is_of_stranger: bool
    ) -> None:
        """`is_of_stranger`: the caller identifies itself in the body; the handler passes that on to `show`."""
        self.show: Callable[[str], None]
        self.is_of_stranger = is_of_stranger
        self.scope = scope
        self.headers = Headers(scope=scope)
        self.call = call
        self.has_begun = False  # to answer
        self.is_over = False  # the answer was given, the last byte of it
        self._rules = rules
        self._receive = receive
        self._has_rest = True  # of a body, as far as it is known
        self._send = send

    async def body(self) -> bytes:
        """Read the body.

        Raises:
            HttpRefusal: it is too large or compressed.
            StreamIdle: it does not come.

        """
        limit = self._rules.max_stranger_bytes if self.is_of_stranger else self._rules.max_body_bytes
        if self.headers.get("content-encoding", "identity") != "identity":
            raise HttpRefusal(415, "content-encoding", "UNSUPPORTED_ENCODING", "is not supported: send it as it is")
        length = self.headers.get("content-length", "0")
        if len(length) > len(str(limit)) or int(length) > limit:
            raise body_too_large(limit)
        body, is_complete = bytearray(), False
        async with self._rules.admission.gate.patience(self._rules.idle_s):
            while not is_complete:
                message = await self._take()
                if message["type"] == "http.disconnect":
                    self.call.caller_is_gone = True
                    raise asyncio.CancelledError
                body += message.get("body", b"")
                if len(body) > limit:
                    raise body_too_large(limit)
                is_complete = not message.get("more_body", False)
        return bytes(body)

    async def content(self, parse: Callable[..., _Content], *arguments: object) -> _Content:
        """Read the body and return `parse(body, *arguments)`; raises what both and `while_the_caller_waits` raise."""
        body = await self.body()
        # One large body at a time: with millions of empty values it takes twenty times its size while it is checked.
        async with self.while_the_caller_waits():
            return await offload(len(body), parse, body, *arguments)

    @asynccontextmanager
    async def while_the_caller_waits(self) -> AsyncIterator[None]:
        """Cancel the block when the caller goes away or the time is over; the body must have been read.

        Raises:
            DeadlineExceeded: the time is over.

        """
        working = asyncio.current_task()
        assert working is not None

        async def watch() -> None:
            while (await self._take())["type"] != "http.disconnect":
                pass
            self.call.caller_is_gone = True
            working.cancel()

        watching = asyncio.create_task(watch())
        try:
            # The loop's clock is that of the deadline.
            async with asyncio.timeout_at(self.call.deadline):
                yield
        except TimeoutError as error:
            if not self.call.is_late:
                raise
            raise DeadlineExceeded from error
        finally:
            watching.cancel()

    async def refuse(self, reply: Reply, *, drops_rest: bool = True) -> None:
        """Answer a call that is not served; `drops_rest`: take what is left of the body before the end of the answer.

        A connection that is closed with something unread is reset, and whoever sends all before he reads never learns
        why he was refused.
        """
        try:
            await self.answer(reply, drops_rest=drops_rest)
        except StreamIdle:
            await self.hang_up()

    async def answer(self, reply: Reply, *, drops_rest: bool = False) -> None:
        """Send an answer, at the caller's pace; `drops_rest`: see `refuse`.

        Raises:
            ReplyTooLarge: nothing was sent.
            StreamIdle: the caller does not take it.

        """
        body = reply.body
        if len(body) > self._rules.max_body_bytes:
            raise ReplyTooLarge(actual=len(body), limit=self._rules.max_body_bytes)
        await self._begin(reply.status, reply.media_type, [("content-length", str(len(body))), *reply.fields])
        # Each piece waits until the one before it has gone; so the last piece is small.
        for start in range(0, len(body) - _CHUNK_BYTES, _CHUNK_BYTES):
            await self._pass(_piece(body[start : start + _CHUNK_BYTES]))
        last = body[(len(body) - 1) // _CHUNK_BYTES * _CHUNK_BYTES :] if body else b""
        if drops_rest and self._has_rest:
            await self._pass(_piece(last))
            await self._drop_rest()
            last = b""
        await self._end(last)

    async def _drop_rest(self) -> None:
        left = _MAX_DROPPED_BYTES
        # The answer has been given: whoever takes too long, or stops the server, only ends the wait.
        with suppress(StreamIdle, asyncio.CancelledError):
            async with self._rules.admission.gate.patience(self._rules.idle_s):
                while self._has_rest and left > 0:
                    left -= len((await self._take()).get("body", b""))

    async def event(self, name: str, data: bytes) -> None:
        """Send one event of a stream; `data` is one line. Raises StreamIdle."""
        if not self.has_begun:
            # Without the second field nginx would keep events until it has a whole buffer of them.
            await self._begin(200, EVENTS, [("x-accel-buffering", "no")])
        body = b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
        await self._pass(_piece(body))

    async def end(self) -> None:
        """End a stream of events."""
        await self._end(b"")

    async def hang_up(self) -> None:
        """Close the connection in the middle of an answer, so that nobody takes it for a whole one."""
        self.scope["talmach.abort"]()
        await asyncio.sleep(0)  # until uvicorn has noticed: it would complain about an unfinished answer

    async def _begin(self, status: int, media_type: str, fields: list[tuple[str, str]]) -> None:
        fields = [
            ("content-type", media_type),
            ("cache-control", "no-store"),
            (REQUEST_ID, self.call.request_id),
            *fields,
        ]
        self.has_begun = True
        headers = [(name.encode(), value.encode()) for name, value in fields]
        await self._pass({"type": "http.response.start", "status": status, "headers": headers})

    async def _end(self, body: bytes) -> None:
        await self._pass({"type": "http.response.body", "body": body})
        self.is_over = True

    async def _take(self) -> Message:
        message = await self._receive()
        self._has_rest = message.get("more_body", False)  # a caller who has gone sends no more either
        return message

    async def _pass(self, message: Message) -> None:
        async with self._rules.admission.gate.patience(self._rules.idle_s):
            await self._send(message)


Handler = Callable[[Exchange], Awaitable[None]]


class Endpoint:
    """One method of one path, as ASGI."""

    def __init__(
        self,
        method: str,
        handle: Handler,
        rules: Rules,
        refuse: Callable[[TalmachError], Reply],
        *,
        takes_keys: bool = False,
    ) -> None:
        """`method` is a label of the metrics; `refuse` renders errors; `takes_keys`: tokens may be in the body."""
        self._takes_keys = takes_keys
        self._method = method
        self._handle = handle
        self._rules = rules
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        headers, admission = Headers(scope=scope), self._rules.admission
        call = admission.begin(self._method, headers.items())
        authorization = headers.get("authorization")
        is_of_stranger = self._takes_keys and authorization is None
        exchange = Exchange(self._rules, scope, receive, send, call, is_of_stranger=is_of_stranger)
        try:
            with admission.admit(call, authorization, shows_later=is_of_stranger) as exchange.show:
                call.deadline = _deadline(headers, call)
                await self._handle(exchange)
        except TalmachError as failure:
            await self._give_up(exchange, failure)
        except asyncio.CancelledError:
            task: Any = asyncio.current_task()
            task.uncancel()
            if not call.caller_is_gone:  # the server is stopping, and the call had time enough
                await self._give_up(exchange, ServerDraining(), is_stopping=True)

    async def _give_up(self, exchange: Exchange, failure: TalmachError, *, is_stopping: bool = False) -> None:
        if not exchange.has_begun:
            # The body of a caller who let his time pass is not waited for again, nor any by a server that stops.
            drops_rest = not (is_stopping or isinstance(failure, StreamIdle))
            await exchange.refuse(self._refuse(failure), drops_rest=drops_rest)
        elif not exchange.is_over:
            await exchange.hang_up()


def _piece(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


def _deadline(headers: Headers, call: Call) -> float | None:
    """Return when the caller stops waiting; raises HttpRefusal."""
    given = headers.get(TIMEOUT_FIELD)
    if given is None:
        return None
    is_number = given.isascii() and given.isdigit() and len(given) <= len(str(_MAX_TIMEOUT_MS))
    if not is_number or not 1 <= int(given) <= _MAX_TIMEOUT_MS:
        raise HttpRefusal(
            400, TIMEOUT_FIELD, "OUT_OF_RANGE", f"is not a number of milliseconds ([1, {_MAX_TIMEOUT_MS}])"
        )
    return max(time.monotonic(), call.started_at + int(given) / 1_000)
