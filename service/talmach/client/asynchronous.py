"""The client of a program with an event loop."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from types import TracebackType
from typing import Self, final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from talmach.client.address import Target
from talmach.client.channel import Tls, open_async_channel
from talmach.client.endings import Ending
from talmach.client.failures import Cause, NotConnected, RpcFailed, failures
from talmach.client.messages import Texts, checked
from talmach.client.waiting import NOT_SERVING, SERVING, Waiting
from talmach.pb.common_pb2 import Article, TranslationOptions
from talmach.pb.info_pb2 import GetServerInfoRequest, GetServerInfoResponse
from talmach.pb.info_pb2_grpc import InfoServiceStub
from talmach.pb.summarization_pb2 import SummarizeArticleRequest, SummarizeArticleResponse, SummaryOptions
from talmach.pb.summarization_pb2_grpc import SummarizationServiceStub
from talmach.pb.translation_pb2 import (
    BatchTranslateRequest,
    BatchTranslateResponse,
    DetectLanguageRequest,
    DetectLanguageResponse,
    StreamTranslateArticleRequest,
    StreamTranslateArticleResponse,
    TranslateArticleRequest,
    TranslateArticleResponse,
    TranslateTextRequest,
    TranslateTextResponse,
)
from talmach.pb.translation_pb2_grpc import TranslationServiceStub


@final
class AsyncClient:
    """A connection to one server or several; made inside a running event loop, closed by `close` or `async with`.

    Every method raises RpcFailed, of which NotConnected is one. `timeout_s` None = wait as long as it takes. Calls are
    repeated only when the server was UNAVAILABLE.
    """

    def __init__(self, address: str, *, token: str = "", tls: Tls | None = None) -> None:
        """Connect to HOST:PORT; `token` is sent with every call but `health`; `tls` None = without encryption.

        A name that stands for several servers, and a list such as `ipv4:10.0.0.1:50051,10.0.0.2:50051`, share calls in
        turn among those that say SERVING.

        Raises:
            ValueError: the address is not one, such as a URL.

        """
        self.address = address
        self._target = Target.parse(address)
        self._has_tls = tls is not None
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._channel = open_async_channel(self._target, tls)
        self._translation = TranslationServiceStub(self._channel)
        self._summarization = SummarizationServiceStub(self._channel)
        self._info = InfoServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls in flight are cancelled."""
        await self._channel.close(None)

    async def translate_texts(
        self, texts: Texts, options: TranslationOptions, *, timeout_s: float | None = None
    ) -> TranslateTextResponse:
        """Translate independent texts: as many translations as texts, in the same order."""
        request = TranslateTextRequest(texts=checked(texts), options=options)
        with failures(self._target, has_tls=self._has_tls):
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
        with failures(self._target, has_tls=self._has_tls):
            return await self._translation.TranslateArticle(request, timeout=timeout_s, metadata=self._metadata)

    async def stream_article(
        self, article: Article, options: TranslationOptions, *, timeout_s: float | None = None
    ) -> AsyncIterator[StreamTranslateArticleResponse]:
        """Yield header, segments as soon as they are ready, and trailer; closing the generator cancels the call."""
        request = StreamTranslateArticleRequest(article=article, options=options)
        call = self._translation.StreamTranslateArticle(request, timeout=timeout_s, metadata=self._metadata)
        has_trailer = False
        try:
            with failures(self._target, has_tls=self._has_tls):
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
        """Yield one answer for each item, in the order in which they get ready; a failed item has its own error.

        An error of the items themselves ends the call and comes out as it is.
        """
        problems: list[Exception] = []

        async def sent() -> AsyncIterator[BatchTranslateRequest]:
            try:
                async for item in items:
                    yield item
            except Exception as problem:
                problems.append(problem)
                raise

        call = self._translation.BatchTranslate(sent(), timeout=timeout_s, metadata=self._metadata)
        ending = Ending(call)
        try:
            with failures(self._target, has_tls=self._has_tls):
                try:
                    async for response in call:
                        yield response
                except grpc.aio.AioRpcError as error:
                    raise await ending.of(error) from None
        except (asyncio.CancelledError, RpcFailed):
            # gRPC turns it into a cancelled call.
            if problems:
                raise problems[0] from None
            raise
        finally:
            call.cancel()

    async def detect(self, texts: Texts, *, timeout_s: float | None = None) -> DetectLanguageResponse:
        """Tell the languages of texts."""
        request = DetectLanguageRequest(texts=checked(texts))
        with failures(self._target, has_tls=self._has_tls):
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
        with failures(self._target, has_tls=self._has_tls):
            return await self._summarization.SummarizeArticle(request, timeout=timeout_s, metadata=self._metadata)

    async def info(self, *, timeout_s: float | None = None) -> GetServerInfoResponse:
        """Return version, language pairs, models and limits."""
        with failures(self._target, has_tls=self._has_tls):
            return await self._info.GetServerInfo(GetServerInfoRequest(), timeout=timeout_s, metadata=self._metadata)

    async def health(self, service: str = "", *, timeout_s: float | None = None) -> str:
        """Return SERVING, NOT_SERVING or UNKNOWN; `service` is a full name such as talmach.v1.InfoService."""
        try:
            with failures(self._target, has_tls=self._has_tls):
                reply = await self._health.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout_s)
        except NotConnected as failure:
            if failure.cause is Cause.NOT_SERVING:
                return NOT_SERVING
            raise
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))

    async def wait_until_serving(self, timeout_s: float) -> None:
        """Wait until the server says SERVING; RpcFailed with UNAVAILABLE when it does not in time.

        What waiting does not cure, such as a certificate that is not trusted, is raised at once.
        """
        waiting = Waiting(self.address, timeout_s)
        while waiting.left_s > 0:
            try:
                status = await self.health(timeout_s=waiting.left_s)
                if status == SERVING:
                    return
                waiting.note(status)
            except RpcFailed as failure:
                waiting.note(failure)
            await asyncio.sleep(waiting.pause_s)
        raise waiting.over()
