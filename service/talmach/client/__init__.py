"""The public client: one channel to a server, typed calls, and errors that say what to do about them.

    async with TalmachClient("localhost:50051") as client:
        reply = await client.translate_article(Article(body=text), TranslationOptions(target_language_code="en"))
        print(reply.translation.body)

Arguments and replies are messages of the contract; `to_json` prints any of them.
"""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import final

import grpc
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # type: ignore[import-untyped]
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status  # type: ignore[import-untyped]

from talmach.client.channel import Tls, open_channel
from talmach.pb.common_pb2 import Article, GlossaryEntry, LanguageDetection, Span, TextField, TranslationOptions
from talmach.pb.info_pb2 import GetServerInfoRequest, GetServerInfoResponse, Limits, ModelInfo
from talmach.pb.info_pb2_grpc import InfoServiceStub
from talmach.pb.segment_pb2 import QualityFlag, Segment, SegmentStatus
from talmach.pb.summarization_pb2 import SummarizeArticleRequest, SummarizeArticleResponse, Summary, SummaryOptions
from talmach.pb.summarization_pb2_grpc import SummarizationServiceStub
from talmach.pb.translation_pb2 import (
    ArticleTranslation,
    BatchTranslateRequest,
    BatchTranslateResponse,
    DetectLanguageRequest,
    DetectLanguageResponse,
    StreamTranslateArticleRequest,
    StreamTranslateArticleResponse,
    TextTranslation,
    TranslateArticleRequest,
    TranslateArticleResponse,
    TranslateTextRequest,
    TranslateTextResponse,
)
from talmach.pb.translation_pb2_grpc import TranslationServiceStub

__all__ = [
    "Article",
    "ArticleTranslation",
    "BatchTranslateRequest",
    "GetServerInfoResponse",
    "GlossaryEntry",
    "LanguageDetection",
    "Limits",
    "ModelInfo",
    "QualityFlag",
    "RpcFailed",
    "Segment",
    "SegmentStatus",
    "Span",
    "SummarizeArticleResponse",
    "Summary",
    "SummaryOptions",
    "TalmachClient",
    "TextField",
    "TextTranslation",
    "Tls",
    "TranslateArticleResponse",
    "TranslationOptions",
    "Violation",
    "to_json",
]

_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with one field of a request."""

    field: str
    reason: str
    description: str


class RpcFailed(Exception):
    """A call ended with another status than OK."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        retry_after_s: float | None = None,
    ) -> None:
        """`code` is the name of gRPC's status code, `reason` one of the contract's (empty when gRPC itself failed)."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after_s = retry_after_s  # None = the server did not say

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> "RpcFailed":
        """Read the rich status of a failed call."""
        rich = rpc_status.from_call(error)
        info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
        for detail in rich.details if rich else ():
            for message in (info, bad, retry):
                detail.Unpack(message)
        return cls(
            error.code().name,
            error.details() or "no message",
            reason=info.reason,
            metadata=info.metadata,
            violations=[Violation(each.field, each.reason, each.description) for each in bad.field_violations],
            retry_after_s=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
        )


@final
class TalmachClient:
    """A connection to one server; made inside a running event loop, closed by `close` or `async with`.

    Every method raises RpcFailed. `timeout_s` None = wait as long as it takes. Calls are repeated only when the server
    was UNAVAILABLE.
    """

    def __init__(self, address: str, *, token: str = "", tls: Tls | None = None) -> None:
        """Connect to HOST:PORT; `token` is sent with every call but `health`; `tls` None = without encryption."""
        self.address = address
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._channel = open_channel(address, tls)
        self._translation = TranslationServiceStub(self._channel)
        self._summarization = SummarizationServiceStub(self._channel)
        self._info = InfoServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    async def __aenter__(self) -> "TalmachClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        await self._channel.close(None)

    async def translate_texts(
        self, texts: Sequence[str], options: TranslationOptions, *, timeout_s: float | None = None
    ) -> TranslateTextResponse:
        """Translate independent texts: as many translations as texts, in the same order."""
        request = TranslateTextRequest(texts=texts, options=options)
        with _failures():
            return await self._translation.TranslateText(request, timeout=timeout_s, metadata=self._metadata)

    async def translate_article(
        self,
        article: Article,
        options: TranslationOptions,
        summary_options: SummaryOptions | None = None,
        *,
        timeout_s: float | None = None,
    ) -> TranslateArticleResponse:
        """Translate an article and, with `summary_options`, summarise it too."""
        request = TranslateArticleRequest(article=article, options=options, summary_options=summary_options)
        with _failures():
            return await self._translation.TranslateArticle(request, timeout=timeout_s, metadata=self._metadata)

    async def stream_article(
        self, article: Article, options: TranslationOptions, *, timeout_s: float | None = None
    ) -> AsyncIterator[StreamTranslateArticleResponse]:
        """Yield header, segments as soon as they are ready, and trailer; closing the generator cancels the call."""
        request = StreamTranslateArticleRequest(article=article, options=options)
        call = self._translation.StreamTranslateArticle(request, timeout=timeout_s, metadata=self._metadata)
        has_trailer = False
        try:
            with _failures():
                async for response in call:
                    has_trailer = response.HasField("trailer")
                    yield response
        finally:
            call.cancel()  # without effect when it has ended
        if not has_trailer:
            raise RpcFailed("DATA_LOSS", "the stream ended without its trailer")

    async def batch_translate(
        self, items: AsyncIterable[BatchTranslateRequest], *, timeout_s: float | None = None
    ) -> AsyncIterator[BatchTranslateResponse]:
        """Yield one answer for each item, in the order in which they get ready; a failed item has its own error."""
        call = self._translation.BatchTranslate(aiter(items), timeout=timeout_s, metadata=self._metadata)
        try:
            with _failures():
                async for response in call:
                    yield response
        finally:
            call.cancel()

    async def detect(self, texts: Sequence[str], *, timeout_s: float | None = None) -> DetectLanguageResponse:
        """Tell the languages of texts."""
        request = DetectLanguageRequest(texts=texts)
        with _failures():
            return await self._translation.DetectLanguage(request, timeout=timeout_s, metadata=self._metadata)

    async def summarize(
        self,
        article: Article,
        summary_options: SummaryOptions | None = None,
        options: TranslationOptions | None = None,
        *,
        timeout_s: float | None = None,
    ) -> SummarizeArticleResponse:
        """Summarise an article, in the target language where `options` names one."""
        request = SummarizeArticleRequest(article=article, summary_options=summary_options, options=options)
        with _failures():
            return await self._summarization.SummarizeArticle(request, timeout=timeout_s, metadata=self._metadata)

    async def info(self, *, timeout_s: float | None = None) -> GetServerInfoResponse:
        """Return version, language pairs, models and limits."""
        with _failures():
            return await self._info.GetServerInfo(GetServerInfoRequest(), timeout=timeout_s, metadata=self._metadata)

    async def health(self, service: str = "", *, timeout_s: float | None = None) -> str:
        """Return SERVING, NOT_SERVING or UNKNOWN; `service` is a full name such as talmach.v1.InfoService."""
        with _failures():
            request = health_pb2.HealthCheckRequest(service=service)
            reply = await self._health.Check(request, timeout=timeout_s)
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))

    async def wait_until_serving(self, timeout_s: float) -> None:
        """Wait until the server says SERVING; RpcFailed with UNAVAILABLE when it does not in time."""
        give_up_at = time.monotonic() + timeout_s
        while (left_s := give_up_at - time.monotonic()) > 0:
            try:
                if await self.health(timeout_s=left_s) == "SERVING":
                    return
            except RpcFailed as failure:
                if failure.code not in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
                    raise
            await asyncio.sleep(min(_POLL_S, left_s))
        raise RpcFailed("UNAVAILABLE", f"{self.address} was not serving within {timeout_s:g} s")


def to_json(message: Message) -> str:
    """Return a message in protobuf's JSON with the field names of the contract, fields without a value included."""
    return MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, ensure_ascii=False
    )


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise RpcFailed.of(error) from error
