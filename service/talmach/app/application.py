"""The only place that builds and wires concrete objects: settings in, a running server out."""

import asyncio
from functools import partial
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import prometheus_client
import structlog

from talmach.access.clients import ClientRegistry
from talmach.access.connections import max_connections, open_connections
from talmach.access.watched import Watched
from talmach.app.collection import tidied_in_quiet_moments
from talmach.app.health import Health
from talmach.app.loading import Engines, check_device, load_engines
from talmach.app.opening import limits, open_http
from talmach.app.service import Service
from talmach.config import Settings
from talmach.contract.info import LanguagePair, LoadedModel, ServerInfo
from talmach.errors import CannotListen, InvalidSettings
from talmach.log import count_dropped_lines
from talmach.metrics import Metrics
from talmach.rpc.server import Server
from talmach.rpc.tls import Identity, credentials, watch
from talmach.threads import Workers
from talmach.use_cases import UseCases

_DRAIN_GRACE_S = 1.0  # for callers to learn that the server goes; a client that watches health needs a few milliseconds
_log: Any = structlog.get_logger("talmach.app")


class Application:
    """One server with its models: `run_until` an event, or an `async with` block around its use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._service: Service | None = None
        self._server: Server | None = None
        self._http: Any = None
        self._metrics_page: Any = None
        self._tracing: Any = None
        self.address = settings.address
        self.http_address = settings.http_address

    async def start(self) -> None:
        """Listen, load and prove the models, and serve.

        Raises:
            CannotListen: an address is taken.
            UnusableFile: the clients file or one of the TLS files cannot be used.
            InvalidSettings: traces or HTTP are asked for, and their extra is not installed; or this machine lacks the
                device or the compute type.
            ModelUnusable: a model is damaged or fails its self-test.

        """
        settings = self._settings
        check_device(settings)
        count_dropped_lines(self._metrics.log_lines_dropped.inc)
        clients = ClientRegistry(settings.clients_file, self._metrics) if settings.clients_file else None
        cert, key = settings.tls_cert_file, settings.tls_key_file
        tls = watch(cert, key, settings.tls_client_ca_file) if cert and key else None
        self._watch_files(clients, tls)
        self._tracing = _tracing(settings.otlp_endpoint) if settings.otlp_endpoint else None
        self._server = Server(
            settings.address,
            metrics=self._metrics,
            max_message_bytes=settings.max_message_bytes,
            clients=clients,
            tls=credentials(tls) if tls else None,
            tracing=self._tracing,
            with_reflection=settings.reflection,
            max_concurrent_calls=settings.max_concurrent_calls,
            stream_idle_s=settings.stream_idle_s,
            max_connection_age_s=settings.max_connection_age_s,
            max_connection_age_grace_s=settings.max_connection_age_grace_s,
        )
        self._start_metrics_page()
        port = await self._server.start()
        self._watch_connections("grpc", port)
        self.address = _at(settings.address, port)
        if settings.http_address:
            self._http = open_http(settings, self._server.admission)
            port = await self._http.start()
            self._watch_connections("http", port)
            self.http_address = _at(settings.http_address, port)
        loader = Workers(1, name="load", metrics=self._metrics)
        try:
            engines = await loader.run(partial(load_engines, settings, self._metrics))
        finally:
            loader.close()
        use_cases, info = self._wire(self._server, engines)
        if self._http is not None:
            self._http.serve(use_cases, info)
        self._server.serve(use_cases, info)

    async def run_until(self, stopping: asyncio.Event) -> bool:
        """Start and serve until the event, then drain; return whether everything in flight could finish.

        Raises what `start` raises. When the event comes during the start, that is given up.
        """
        starting, stop = asyncio.ensure_future(self.start()), asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                with tidied_in_quiet_moments(self._is_idle):
                    await stop
        finally:
            starting.cancel()
            stop.cancel()
        finished = self._server is None or await self._server.drain(
            self._settings.drain_timeout_s, grace_s=_DRAIN_GRACE_S
        )
        await self._release()
        return finished

    def _is_idle(self) -> bool:
        return self._server is not None and self._server.admission.gate.is_empty

    async def stop(self) -> None:
        """Stop at once; calls in flight are cancelled."""
        if self._server is not None:
            await self._server.stop()
        await self._release()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _wire(self, server: Server, engines: Engines) -> tuple[UseCases, ServerInfo]:
        health = Health(server, self._http)
        self._service = Service(engines, self._settings, self._metrics, health.report)
        health.watch(self._service)
        return self._service.use_cases, _describe(engines, self._service, self._settings)

    def _watch_files(self, clients: ClientRegistry | None, tls: Watched[Identity] | None) -> None:
        # Asked whenever somebody looks: else nothing would show before the next handshake or call.
        outdated = self._metrics.files_not_reloaded
        if clients is not None:
            outdated.labels("clients").set_function(clients.is_outdated)
        if tls is not None:
            outdated.labels("tls").set_function(tls.is_outdated)
            self._metrics.certificate_expires_s.set_function(lambda: tls.current().expires_at)

    def _watch_connections(self, door: str, port: int) -> None:
        self._metrics.connections.labels(door).set_function(partial(open_connections, port))
        self._metrics.max_connections.labels(door).set(max_connections(self._settings.max_concurrent_calls))

    def _start_metrics_page(self) -> None:
        if self._settings.metrics_address:
            host, _, port = self._settings.metrics_address.rpartition(":")
            try:
                self._metrics_page, _ = prometheus_client.start_http_server(
                    int(port), addr=host.strip("[]"), registry=self._metrics.registry
                )
            except OSError as error:
                problem = f"cannot listen there ({(error.strerror or 'error').lower()})"
                raise CannotListen(f"TALMACH_METRICS_ADDRESS: {self._settings.metrics_address}: {problem}") from error
            _log.info("metrics.started", address=self._settings.metrics_address)

    async def _release(self) -> None:
        if self._http is not None:
            await self._http.stop()
            self._http = None
        if self._metrics_page is not None:
            self._metrics_page.shutdown()
            self._metrics_page.server_close()
            self._metrics_page = None
        if self._service is not None:
            await self._service.close()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)
            self._tracing = None


def _at(address: str, port: int) -> str:
    """Return HOST:PORT with the port that is listened on."""
    return f"{address.rpartition(':')[0]}:{port}"


def _tracing(endpoint: str) -> Any:
    try:
        # Here, so that a server without traces neither needs nor loads OpenTelemetry.
        from talmach.tracing import OtlpTracing  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InvalidSettings("TALMACH_OTLP_ENDPOINT: needs the extra otel (pip install 'talmach[otel]')") from error
    return OtlpTracing.to(endpoint)


def _describe(engines: Engines, service: Service, settings: Settings) -> ServerInfo:
    translator = service.translator
    models = [LoadedModel(spec, engine.compute_type, engine.device) for spec, engine in engines.translators]
    spec, encoder = engines.encoder
    models.append(LoadedModel(spec, encoder.compute_type, encoder.device))
    return ServerInfo(
        version=version("talmach"),
        pairs=tuple(
            LanguagePair(direction, translator.default_model(direction), translator.pivot(direction) or "")
            for direction in sorted(translator.directions)
        ),
        models=tuple(sorted(models, key=lambda model: model.spec.id)),
        limits=limits(settings),
        in_memory=lambda: service.in_memory,
    )
