"""SummarizationService: read -> call -> render."""

# The names are those of the contract.
# ruff: noqa: N802

from typing import Any

import grpc

from talmach.contract import replies
from talmach.contract.info import Limits
from talmach.contract.requests import RequestReader
from talmach.pb import summarization_pb2 as pb
from talmach.pb.summarization_pb2_grpc import SummarizationServiceServicer
from talmach.rpc.deadlines import call_of
from talmach.threads import offload
from talmach.use_cases import UseCases


class SummarizationServicer(SummarizationServiceServicer):
    """Summarises; runs behind the interceptor, which turns errors into statuses and lets nobody in before `serve`."""

    _use_cases: UseCases
    _reader: RequestReader

    def serve(self, use_cases: UseCases, limits: Limits) -> None:
        """Take what it works with: grpc wants its servicers before the models are loaded."""
        self._use_cases = use_cases
        self._reader = RequestReader(limits, use_cases.directions)

    async def SummarizeArticle(
        self, request: pb.SummarizeArticleRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.SummarizeArticleResponse:
        """Choose the sentences that carry the story, and translate those when a target language is named."""
        fields, summary, options = self._reader.summarization(request)
        call = call_of(context)
        done = await self._use_cases.summarize(fields, summary, options, call)
        return await offload(done.source.chars, replies.summarized, done, request, call.elapsed_ms())
