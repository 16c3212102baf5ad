"""The gRPC server: built from plain values and use cases, told when it serves, drained before it stops."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from talmach.access.clients import ClientRegistry
from talmach.access.connections import max_connections
from talmach.access.gate import Gate, State
from talmach.admission import Admission
from talmach.calls import Tracing
from talmach.contract.info import MIN_KEEPALIVE_INTERVAL_MS, ServerInfo
from talmach.contract.methods import Methods
from talmach.engine.base import Direction
from talmach.errors import CannotListen
from talmach.metrics import Metrics
from talmach.pb import info_pb2_grpc, summarization_pb2_grpc, translation_pb2_grpc
from talmach.rpc.connections import hang_up
from talmach.rpc.health import NOT_SERVING, SERVING, Health
from talmach.rpc.interceptor import CallInterceptor
from talmach.rpc.servicers import InfoServicer, SummarizationServicer, TranslationServicer
from talmach.use_cases import UseCases

SERVICES = (
    "talmach.v1.TranslationService",
    "talmach.v1.SummarizationService",
    "talmach.v1.InfoService",
)
# What has been answered gets this long to be sent.
_GOODBYE_S = 0.5
# Of the time that calls get to finish: whoever sends and takes nothing for so long is not waited for any longer.
_PATIENCE_SHARE = 0.5
# Beside the calls that the gate counts, one connection may have so many of health and reflection. More calls than the
# gate lets in must fit: gRPC would keep the others waiting where nobody sees them, instead of the gate refusing them.
_UNCOUNTED_STREAMS = 64
_MAX_METADATA_BYTES = 16_384
# Calls that have come and were not looked at yet. Beyond its own limit of about a thousand gRPC answers with a bare
# CANCELLED, health checks too; with this one every call reaches the gate, which says why and when to come back.
_MAX_PENDING_CALLS = 1_000_000
# Nor does one that has waited for half a minute on a machine that is too busy get a bare CANCELLED.
_MAX_PENDING_S = 3_600
_log: Any = structlog.get_logger("talmach.rpc")


class Server:
    """One process, one event loop, one server; `start`, `serve`, at the end `drain` or `stop`."""

    def __init__(
        self,
        address: str,
        *,
        metrics: Metrics,
        max_message_bytes: int,
        max_concurrent_calls: int,
        stream_idle_s: float,
        max_connection_age_s: float,
        max_connection_age_grace_s: float,
        with_reflection: bool,
        clients: ClientRegistry | None = None,
        tls: grpc.ServerCredentials | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        """`address` is HOST:PORT, port 0 = any; `clients` None = every caller is let in; `tls` None = plaintext.

        `max_connection_age_s` 0 = connections may last for ever.

        Needs a running event loop.
        """
        self._address = address
        self._port = 0
        self._metrics = metrics
        self._tls = tls
        self._gate = Gate(max_concurrent_calls)
        self.admission = Admission(self._gate, metrics, clients, tracing)
        self._parts: Mapping[str, bool] = {}  # models and directions: whether they can do their work
        self._health = Health()
        self._server = grpc.aio.server(
            interceptors=[
                CallInterceptor(self.admission, max_message_bytes=max_message_bytes, stream_idle_s=stream_idle_s)
            ],
            options=_options(max_message_bytes, max_concurrent_calls)
            + _ageing(max_connection_age_s, max_connection_age_grace_s),
        )
        self._translation = TranslationServicer(self._gate, stream_idle_s=stream_idle_s)
        self._summarization = SummarizationServicer()
        self._info = InfoServicer()
        self._add_services()
        if with_reflection:
            _add_reflection(self._server)

    async def start(self) -> int:
        """Listen, refuse calls with SERVER_STARTING, every service NOT_SERVING, and return the port.

        Raises:
            CannotListen: the address is taken, or not one of this machine.

        """
        self._set_health(NOT_SERVING)
        try:
            port = self._add_port()
        except RuntimeError as error:
            # A server of grpc that is freed without having been stopped logs an error that holds the freed object: a
            # crash for whoever keeps log records. And only a server that was started can be stopped.
            await self._start()
            await self._server.stop(None)
            problem = "cannot listen there (is another server running?)"
            raise CannotListen(f"TALMACH_ADDRESS: {self._address}: {problem}") from error
        await self._start()
        self._port = port
        _log.info("server.started", address=self._address, port=port, tls=self._tls is not None)
        return port

    async def _start(self) -> None:
        """Start gRPC's server, which does not survive being cancelled meanwhile: that waits until it has started."""
        starting = asyncio.ensure_future(self._server.start())
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await starting
            raise

    def serve(self, use_cases: UseCases, info: ServerInfo) -> None:
        """Let calls in; the models are ready."""
        methods = Methods(use_cases, info)
        for servicer in (self._translation, self._summarization, self._info):
            servicer.methods = methods
        models, directions = (model.spec.id for model in info.models), (pair.direction for pair in info.pairs)
        self._parts = part_names(dict.fromkeys(models, True), dict.fromkeys(directions, True))
        self._gate.state = State.SERVING
        self._set_health(SERVING)

    def set_healthy(self, *, healthy: bool, parts: Mapping[str, bool] | None = None) -> None:
        """Tell those who watch over the server whether it can still do its work; without effect unless it serves.

        `parts` are the models and directions by their names; None = as before.
        """
        self._parts = self._parts if parts is None else parts
        if self._gate.state is State.SERVING:
            self._set_health(SERVING if healthy else NOT_SERVING)

    async def drain(self, timeout_s: float, *, grace_s: float = 0.0) -> bool:
        """Refuse new calls, let those in flight finish for at most `timeout_s`, and stop; False = some were cut off.

        New calls are refused for `grace_s` at least, so that callers see that they should go elsewhere; then streams
        of requests end that have nothing at work. What is cut off ends with UNAVAILABLE.
        """
        self._gate.state = State.DRAINING
        self._set_health(NOT_SERVING)
        _log.info("server.draining", timeout_s=timeout_s)
        self._gate.hurry(timeout_s * _PATIENCE_SHARE)
        asyncio.get_running_loop().call_later(grace_s, self._gate.end_streams)
        is_empty, _ = await asyncio.gather(
            self._gate.wait_until_empty(timeout_s), asyncio.sleep(min(grace_s, timeout_s))
        )
        if is_empty:
            await asyncio.sleep(_GOODBYE_S)
        hang_up(self._port)
        await self._server.stop(0)
        _log.info("server.stopped", all_finished=is_empty)
        return is_empty

    async def stop(self) -> None:
        """Stop at once; calls in flight are cancelled."""
        await self._server.stop(0)

    def _add_port(self) -> int:
        if self._tls is None:
            return self._server.add_insecure_port(self._address)
        return self._server.add_secure_port(self._address, self._tls)

    def _set_health(self, status: Any) -> None:
        self._metrics.serving.set(status == SERVING)
        for service in ("", *SERVICES):
            self._health.set(service, status)
        for part, works in self._parts.items():
            is_serving = works and self._gate.state is State.SERVING
            self._health.set(part, SERVING if is_serving else NOT_SERVING)

    def _add_services(self) -> None:
        translation_pb2_grpc.add_TranslationServiceServicer_to_server(self._translation, self._server)
        summarization_pb2_grpc.add_SummarizationServiceServicer_to_server(self._summarization, self._server)
        info_pb2_grpc.add_InfoServiceServicer_to_server(self._info, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)


def part_names(models: Mapping[str, bool], directions: Mapping[Direction, bool]) -> dict[str, bool]:
    """Return by the names of the health service whether models and directions can do their work."""
    return {f"models/{model}": works for model, works in models.items()} | {
        f"directions/{direction}": works for direction, works in directions.items()
    }


def _add_reflection(server: grpc.aio.Server) -> None:
    reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)


def _options(max_message_bytes: int, max_concurrent_calls: int) -> list[tuple[str, int]]:
    return [
        # grpc's own limits are 4 MiB in and none out: a larger request was refused before any handler saw it.
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        # Between two limits gRPC refuses by chance; with one, what fits today fits tomorrow.
        ("grpc.max_metadata_size", _MAX_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", _MAX_METADATA_BYTES),
        # Any beyond these are closed at once, and their callers see UNAVAILABLE.
        ("grpc.max_allowed_incoming_connections", max_connections(max_concurrent_calls)),
        ("grpc.max_concurrent_streams", max_concurrent_calls + _UNCOUNTED_STREAMS),
        ("grpc.server.max_pending_requests", _MAX_PENDING_CALLS),
        ("grpc.server.max_pending_requests_hard_limit", _MAX_PENDING_CALLS),
        ("grpc.server_max_unrequested_time_in_server", _MAX_PENDING_S),
        # Two servers on one port would share its calls without anybody knowing.
        ("grpc.so_reuseport", 0),
        # Finds callers that vanished without a word, whose sentences would otherwise be translated for nobody.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        # And lets callers look for us in the same way; grpc's default cuts them off below 5 minutes.
        ("grpc.http2.min_ping_interval_without_data_ms", MIN_KEEPALIVE_INTERVAL_MS),
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def _ageing(age_s: float, grace_s: float) -> list[tuple[str, int]]:
    """Return how old a connection gets, and how long its calls may go on when it has been told to end."""
    if not age_s:
        return []
    return [
        ("grpc.max_connection_age_ms", int(1_000 * age_s)),
        ("grpc.max_connection_age_grace_ms", int(1_000 * grace_s)),
    ]
