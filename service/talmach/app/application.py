"""The only place that builds and wires concrete objects: settings in, a running server out."""

import asyncio
import signal
from importlib.metadata import version
from types import TracebackType
from typing import Any

import prometheus_client
import structlog

from talmach.app.access import load_clients, load_tls
from talmach.app.loading import Engines, load_engines, worker_count
from talmach.app.remembering import open_memory
from talmach.batching import BatchingQueue
from talmach.config import InvalidSettings, Settings
from talmach.memory import TranslationMemory
from talmach.metrics import Metrics
from talmach.rpc.info import LanguagePair, Limits, LoadedModel, ServerInfo
from talmach.rpc.server import Server, UseCases
from talmach.summary.use_case import Summarizer
from talmach.translation.use_case import Translator

_log: Any = structlog.get_logger("talmach.app")


class Application:
    """One server with its models: `start`, then `run_until_signal`, or an `async with` block around its use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._queues: dict[str, BatchingQueue] = {}
        self._memory: TranslationMemory | None = None
        self._summarizer: Summarizer | None = None
        self._server: Server | None = None
        self._metrics_page: Any = None
        self._tracing: Any = None
        self.address = settings.address

    async def start(self) -> None:
        """Load and prove the models, listen, and serve.

        Raises:
            ModelUnusable: a model is damaged or fails its self-test.
            CannotListen: the address is taken.
            UnusableFile: the clients file or one of the TLS files cannot be used.
            InvalidSettings: traces are asked for, and the extra `otel` is not installed.

        """
        settings = self._settings
        clients, tls = load_clients(settings, self._metrics), load_tls(settings)
        self._tracing = _tracing(settings.otlp_endpoint) if settings.otlp_endpoint else None
        engines = await asyncio.to_thread(load_engines, settings, self._metrics)
        self._server = Server(
            settings.address,
            self._wire(engines),
            metrics=self._metrics,
            clients=clients,
            tls=tls,
            tracing=self._tracing,
            with_reflection=settings.reflection,
            max_concurrent_calls=settings.max_concurrent_calls,
        )
        port = await self._server.start()
        self.address = f"{settings.address.rpartition(':')[0]}:{port}"
        self._start_metrics_page()
        await self._server.set_serving(True)

    async def run_until_signal(self) -> bool:
        """Serve until SIGTERM or SIGINT, then drain; return whether everything in flight could finish."""
        assert self._server is not None
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        await stopping.wait()
        finished = await self._server.drain(self._settings.drain_timeout_s)
        await self._release()
        return finished

    async def stop(self) -> None:
        """Stop at once; calls in flight are cancelled."""
        if self._server is not None:
            await self._server.stop()
        await self._release()

    async def __aenter__(self) -> "Application":  # noqa: PYI034 - Self came with Python 3.11
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

    def _wire(self, engines: Engines) -> UseCases:
        settings, workers = self._settings, worker_count(self._settings)
        for spec, engine in engines.translators:
            self._queues[spec.id] = BatchingQueue(
                engine,
                workers=workers,
                max_batch_tokens=settings.max_batch_tokens,
                max_batch_size=settings.max_batch_size,
                max_queue_tokens=settings.max_queue_tokens,
                metrics=self._metrics,
            )
        self._memory = open_memory(settings, engines, self._metrics)
        translator = Translator(
            self._queues,
            low_confidence_score=settings.low_confidence_score,
            memory=self._memory,
            metrics=self._metrics,
        )
        self._summarizer = Summarizer(engines.encoder[1], workers=workers)
        return UseCases(translator, self._summarizer, _describe(engines, translator, settings))

    def _start_metrics_page(self) -> None:
        if self._settings.metrics_address:
            host, _, port = self._settings.metrics_address.rpartition(":")
            self._metrics_page, _ = prometheus_client.start_http_server(
                int(port), addr=host.strip("[]"), registry=self._metrics.registry
            )
            _log.info("metrics.started", address=self._settings.metrics_address)

    async def _release(self) -> None:
        if self._metrics_page is not None:
            self._metrics_page.shutdown()
            self._metrics_page.server_close()
            self._metrics_page = None
        for queue in self._queues.values():
            await queue.close()
        if self._memory is not None:
            await self._memory.close()
        if self._summarizer is not None:
            self._summarizer.close()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)
            self._tracing = None


def _tracing(endpoint: str) -> Any:
    try:
        # Here, so that a server without traces neither needs nor loads OpenTelemetry.
        from talmach.rpc.tracing import OtlpTracing  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InvalidSettings("TALMACH_OTLP_ENDPOINT: needs the extra otel (pip install 'talmach[otel]')") from error
    return OtlpTracing.to(endpoint)


def _describe(engines: Engines, translator: Translator, settings: Settings) -> ServerInfo:
    models = [LoadedModel(spec, engine.compute_type, engine.device) for spec, engine in engines.translators]
    spec, encoder = engines.encoder
    models.append(LoadedModel(spec, encoder.compute_type, encoder.device))
    return ServerInfo(
        version=version("talmach"),
        pairs=tuple(
            LanguagePair(direction, translator.default_model(direction)) for direction in sorted(translator.directions)
        ),
        models=tuple(sorted(models, key=lambda model: model.spec.id)),
        limits=Limits(
            max_text_chars=settings.max_text_chars,
            max_texts=settings.max_texts,
            max_message_bytes=settings.max_message_bytes,
        ),
    )
