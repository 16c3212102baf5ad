"""One connection: uvicorn's, but no caller is waited for without end, and their number is bounded."""

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

# h11 makes an event of each chunk, which costs as much for one byte as for a whole packet.
_FREE_PIECES, _MIN_PIECE_BYTES = 1_000, 64


class _Parser(h11.Connection):
    """Reads no body that comes in crumbs, nor one that says in two ways where it ends."""

    _pieces = _bytes = 0

    def next_event(self) -> Any:
        """Return what comes next; raises RemoteProtocolError, which is answered with 400."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = self._bytes = 0
            _check_framing(event)
        elif isinstance(event, h11.Data):
            self._pieces += 1
            self._bytes += len(event.data)
            if self._pieces > _FREE_PIECES and self._bytes < _MIN_PIECE_BYTES * self._pieces:
                raise h11.RemoteProtocolError("the chunks of the body are too small")
        return event


def _check_framing(head: h11.Request) -> None:
    """Refuse a body that has a length and is chunked.

    A proxy in front may believe the other one: what it takes for a part of the body would be the next request here.
    """
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in head.headers}:
        raise h11.RemoteProtocolError("the body has a length and is chunked")


class Connection(H11Protocol):
    """h11 bounds the size of a request's head; this bounds the time for it, and for the rest of a refused body."""

    head_timeout_s: float
    max_head_bytes: int
    max_connections: int

    def __init__(self, config: Config, *arguments: Any, **more: Any) -> None:
        super().__init__(config, *arguments, **more)
        self.conn = _Parser(h11.SERVER, max_incomplete_event_size=self.max_head_bytes)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Stop waiting when a request has come, and let its handler close the connection at once."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._stop_waiting()
            self.scope["talmach.abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]

    def send_400_response(self, msg: str) -> None:
        """Answer nonsense; in the rest of a body that has been answered already, only close the connection."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._wait()
        super().on_response_complete()

    def _wait(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self._patience = self.loop.call_later(self.head_timeout_s, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
