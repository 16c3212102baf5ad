"""The HTTP server: in the process and on the event loop of the gRPC one, whose places and quotas it shares."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator, Sequence

import structlog
import uvicorn

from talmach.access.connections import max_connections
from talmach.admission import Admission
from talmach.contract.info import ServerInfo
from talmach.contract.methods import Methods
from talmach.errors import CannotListen
from talmach.http.api import Api
from talmach.http.application import Health, application
from talmach.http.connection import Connection
from talmach.http.exchange import Rules
from talmach.http.libretranslate import LibreTranslate
from talmach.use_cases import UseCases

_SETTING = "TALMACH_HTTP_ADDRESS"
_MAX_HEAD_BYTES = 16_384  # as the metadata of gRPC
_GOODBYE_S = 1
# How long data may stay unacknowledged before the system closes the connection.
_MAX_UNHEARD_MS = 60_000
_log: structlog.stdlib.BoundLogger = structlog.get_logger("talmach.http")


class HttpServer:
    """One more door; `start`, `serve`, `stop`. It drains with the gate that it shares."""

    def __init__(
        self,
        address: str,
        admission: Admission,
        *,
        max_message_bytes: int,
        max_concurrent_calls: int,
        stream_idle_s: float,
        origins: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`address` is HOST:PORT, port 0 = any; `tls` None = plaintext. Needs a running event loop.

        `origins` are those of other sites whose pages may call; "*" = all.
        """
        self._address = address
        self._tls = tls
        self._api = Api()
        rules = Rules(admission, max_message_bytes, stream_idle_s)
        self._libre = LibreTranslate(rules)
        self._health = Health(rules)

        # Whoever the gate refuses is told why, which takes a connection; any beyond these are closed unheard.
        room = max_connections(max_concurrent_calls)

        class OurConnection(Connection):
            head_timeout_s = stream_idle_s
            max_head_bytes = _MAX_HEAD_BYTES
            max_connections = room

        self._server = _Uvicorn(
            uvicorn.Config(
                application(rules, self._api, self._libre, self._health, origins),
                http=OurConnection,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_GOODBYE_S,
                ssl_context_factory=(lambda _config, _default: tls) if tls else None,
            )
        )
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen, refuse calls with SERVER_STARTING, and return the port; raises CannotListen."""
        listening = _listen(self._address)
        port: int = listening.getsockname()[1]
        self._running = asyncio.create_task(self._server.serve([listening]))
        while not self._server.started and not self._running.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)
        if self._running.done():
            await self._running
        _log.info("http.started", address=self._address, port=port, tls=self._tls is not None)
        return port

    def serve(self, use_cases: UseCases, info: ServerInfo) -> None:
        """Take what is served; the gate lets calls in later."""
        self._api.methods = self._libre.methods = Methods(use_cases, info)

    def set_healthy(self, healthy: bool) -> None:
        """Tell those who watch over the server whether it can still do its work."""
        self._health.is_able = healthy

    async def stop(self) -> None:
        """Stop listening, close idle connections, give answers under way a second, and cut off the rest."""
        if self._running is not None:
            self._server.should_exit = True
            await self._running


class _Uvicorn(uvicorn.Server):
    """uvicorn on a loop that it does not own, nor the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    listening = None
    try:
        (family, kind, _, _, place), *_ = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _MAX_UNHEARD_MS)
        listening.bind(place)
        listening.listen()
    except OSError as error:
        if listening is not None:
            listening.close()
        problem = f"cannot listen there ({(error.strerror or 'error').lower()})"
        raise CannotListen(f"{_SETTING}: {address}: {problem}") from error
    return listening
