"""A real server on port 0 over the real use cases; only the engine and the encoder are fakes."""

import hashlib
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_health.v1 import health_pb2_grpc
from grpc_status import rpc_status

from talmach.access.clients import ClientRegistry
from talmach.batching import BatchingQueue
from talmach.calls import Tracing
from talmach.catalog.manifest import Decoding, Golden, ModelSpec, Score
from talmach.client import AsyncClient, Tls
from talmach.contract.info import LanguagePair, Limits, LoadedModel, ServerInfo
from talmach.metrics import Metrics
from talmach.pb import common_pb2 as common
from talmach.pb import translation_pb2 as translation
from talmach.pb.info_pb2_grpc import InfoServiceStub
from talmach.pb.summarization_pb2_grpc import SummarizationServiceStub
from talmach.pb.translation_pb2_grpc import TranslationServiceStub
from talmach.rpc.server import Server
from talmach.summary.summarizer import Summarizer
from talmach.translation.translator import Translator
from talmach.use_cases import UseCases
from tests.fakes import ALL_DIRECTIONS, NaughtyEngine, WordEncoder

LIMITS = Limits(
    max_text_chars=100_000,
    max_texts=20,
    max_message_bytes=4_000_000,
    max_batch_items_in_flight=4,
    max_batch_streams=50,
    max_batch_streams_per_caller=12,
    stream_idle_ms=60_000,
    max_connection_age_ms=3_600_000,
    max_connection_age_grace_ms=600_000,
)

SPEC = ModelSpec(
    id="naughty",
    version="1",
    kind="translation",
    architecture="words, reversed",
    path="embedded/naughty",
    licence="Apache-2.0",
    files={"model.bin": "0" * 64, "a.model": "1" * 64},
    draft=True,
    directions=("be-en",),
    decoding=Decoding(beam_size=3, length_penalty=0.6, repetition_penalty=1.1, no_repeat_ngram_size=5),
    golden=(Golden(direction="be-en", source="Дождж."),),
    scores={"be-en": Score(signature="none", chrf=12.5)},
)


@dataclass
class Clients:
    """A clients file, and the clock of its quotas, which stands still unless a test moves it."""

    path: Path
    now_s: float = 1_000.0

    def clock(self) -> float:
        return self.now_s

    def write(self, **clients: str) -> "Clients":
        """Write the file anew: for each client, its TOML; the token of the client NAME is NAME-token."""
        entries = [
            f'[[client]]\nname = "{name}"\n{token_line(f"{name}-token")}{more}\n' for name, more in clients.items()
        ]
        replacement = self.path.with_suffix(".new")
        replacement.write_text("\n".join(entries), encoding="utf-8")
        replacement.replace(self.path)
        return self


def token_line(*tokens: str) -> str:
    """Return what a clients file says of tokens."""
    return f"token_sha256 = {[hashlib.sha256(token.encode()).hexdigest() for token in tokens]}\n"


@dataclass
class Running:
    """A running server with everything that a test looks into."""

    engine: NaughtyEngine
    encoder: WordEncoder
    queue: BatchingQueue
    metrics: Metrics
    server: Server
    use_cases: UseCases
    server_info: ServerInfo
    port: int
    channel: Any  # of stubs that know neither raw bytes nor what `read` returns

    def __post_init__(self) -> None:
        self.translation: Any = TranslationServiceStub(self.channel)
        self.summarization: Any = SummarizationServiceStub(self.channel)
        self.info = InfoServiceStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def client(self, token: str = "", tls: Tls | None = None) -> AsyncClient:
        return AsyncClient(self.address, token=token, tls=tls)

    def sample(self, name: str, **labels: str) -> float:
        """Return the value of a metric, 0 when it was never touched."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def running(
    *,
    engine: NaughtyEngine | None = None,
    limits: Limits = LIMITS,
    clients: Clients | None = None,
    tls: grpc.ServerCredentials | None = None,
    tracing: Tracing | None = None,
    serving: bool = True,
    address: str = "127.0.0.1:0",
    max_concurrent_calls: int = 100,
    max_queue_tokens: int = 200_000,
    max_batch_size: int = 32,
    with_reflection: bool = True,
) -> AsyncIterator[Running]:
    """Start a server with a naughty engine, and stop it at the end, whatever is still hanging."""
    engine, encoder, metrics = engine or NaughtyEngine(), WordEncoder(), Metrics()
    queue = BatchingQueue(
        engine, workers=1, max_queue_tokens=max_queue_tokens, max_batch_size=max_batch_size, metrics=metrics
    )
    translator = Translator({"naughty": queue}, low_confidence_score=-5, metrics=metrics)
    summarizer = Summarizer(encoder, metrics=Metrics())
    pairs = tuple(LanguagePair(direction, "naughty") for direction in ALL_DIRECTIONS)
    info = ServerInfo("1.2.3", pairs, (LoadedModel(SPEC, "int8_float32", "cpu"),), limits, lambda: frozenset({SPEC.id}))
    server = Server(
        address,
        metrics=metrics,
        tracing=tracing,
        clients=ClientRegistry(clients.path, metrics, clients.clock) if clients else None,
        tls=tls,
        max_message_bytes=limits.max_message_bytes,
        with_reflection=with_reflection,
        max_concurrent_calls=max_concurrent_calls,
        stream_idle_s=limits.stream_idle_ms / 1_000,
        max_connection_age_s=limits.max_connection_age_ms / 1_000,
        max_connection_age_grace_s=limits.max_connection_age_grace_ms / 1_000,
    )
    port = await server.start()
    use_cases = UseCases(translator, summarizer)
    if serving:
        server.serve(use_cases, info)
    channel = grpc.aio.insecure_channel(
        f"127.0.0.1:{port}", options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    )
    try:
        yield Running(engine, encoder, queue, metrics, server, use_cases, info, port, channel)
    finally:
        await channel.close()
        await server.stop()
        engine.release.set()
        engine.gate.set()
        await queue.close()
        summarizer.close()


def to(target: str, source: str = "", **more: Any) -> common.TranslationOptions:
    """Return translation options."""
    return common.TranslationOptions(target_language_code=target, source_language_code=source, **more)


@dataclass(frozen=True)
class Failure:
    """A status with its details, as a client sees it."""

    code: str
    message: str
    info: ErrorInfo
    bad_request: BadRequest
    retry: RetryInfo

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> "Failure":
        rich = rpc_status.from_call(error)
        assert rich is not None, f"no rich status: {error.code()} {error.details()}"
        info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
        for detail in rich.details:
            assert any(detail.Unpack(message) for message in (info, bad, retry))
        return cls(error.code().name, error.details() or "", info, bad, retry)

    @property
    def violations(self) -> list[tuple[str, str]]:
        return [(each.field, each.reason) for each in self.bad_request.field_violations]


async def failure_of(call: Awaitable[Any]) -> Failure:
    """Return how a call fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return Failure.of(caught.value)


def texts(*contents: str, options: common.TranslationOptions | None = None) -> translation.TranslateTextRequest:
    """Return a request, by default for a translation from Belarusian to English."""
    return translation.TranslateTextRequest(texts=contents, options=options or to("en", "be"))
