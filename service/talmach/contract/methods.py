"""The methods of the contract, for every door: message in, message out; each is read -> call -> render."""

from collections.abc import AsyncGenerator

from talmach.calls import Call
from talmach.contract import replies, server_info
from talmach.contract.info import ServerInfo
from talmach.contract.offsets import SegmentOffsets, unit_of
from talmach.contract.requests import RequestReader
from talmach.contract.segments import segment
from talmach.pb import info_pb2, summarization_pb2, translation_pb2
from talmach.threads import offload
from talmach.use_cases import UseCases


class Methods:
    """What a server that is ready can be asked; raises what the use cases raise, and InvalidFields."""

    def __init__(self, use_cases: UseCases, info: ServerInfo) -> None:
        self.use_cases = use_cases
        self.limits = info.limits
        self.reader = RequestReader(info.limits, use_cases.directions)
        self._info = info

    @property
    def info(self) -> info_pb2.GetServerInfoResponse:
        """The description of the server, as it is now."""
        return server_info.response(self._info)

    async def translate_text(
        self, request: translation_pb2.TranslateTextRequest, call: Call
    ) -> translation_pb2.TranslateTextResponse:
        """Translate independent texts, all at once."""
        texts, options = self.reader.texts(request)
        call.check_deadline()
        done = await self.use_cases.translate_texts(texts, options, call)
        return await offload(done.chars, replies.texts, done, request, call.elapsed_ms())

    async def translate_article(
        self, request: translation_pb2.TranslateArticleRequest, call: Call
    ) -> translation_pb2.TranslateArticleResponse:
        """Translate an article, with its summary where that is asked for."""
        fields, options, summary = self.reader.article(request)
        call.check_deadline()
        done = await self.use_cases.translate_article(fields, options, call, summary=summary)
        return await offload(done.source.chars, replies.article, done, request, call.elapsed_ms())

    async def stream_article(
        self, request: translation_pb2.StreamTranslateArticleRequest, call: Call
    ) -> AsyncGenerator[translation_pb2.StreamTranslateArticleResponse, None]:
        """Translate an article, sentence by sentence."""
        (fields, options, _), unit = self.reader.article(request), unit_of(request.options)
        call.check_deadline()
        async with self.use_cases.stream_article(fields, options, call) as job:
            yield translation_pb2.StreamTranslateArticleResponse(header=replies.header(job, unit))
            offsets = SegmentOffsets(job.source.article, unit)
            async for each in job.segments():
                yield translation_pb2.StreamTranslateArticleResponse(segment=segment(each, offsets))
        yield translation_pb2.StreamTranslateArticleResponse(trailer=replies.trailer(job.totals(), call.elapsed_ms()))

    async def detect_language(
        self, request: translation_pb2.DetectLanguageRequest, call: Call
    ) -> translation_pb2.DetectLanguageResponse:
        """Tell the languages of texts."""
        texts = self.reader.to_detect(request)
        call.check_deadline()
        return replies.detections(await self.use_cases.detect(texts, call), call.elapsed_ms())

    async def summarize_article(
        self, request: summarization_pb2.SummarizeArticleRequest, call: Call
    ) -> summarization_pb2.SummarizeArticleResponse:
        """Choose the sentences that carry the story, and translate those when a target language is named."""
        fields, summary, options = self.reader.summarization(request)
        call.check_deadline()
        done = await self.use_cases.summarize(fields, summary, options, call)
        return await offload(done.source.chars, replies.summarized, done, request, call.elapsed_ms())
