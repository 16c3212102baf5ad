"""`/v1`: the methods of the contract as the protobuf JSON of its messages; an article also as server-sent events."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from google.protobuf.message import Message

from talmach.calls import Call
from talmach.contract import json_form
from talmach.contract.methods import Methods
from talmach.errors import EngineFailure, ReplyTooLarge, StreamIdle, TalmachError
from talmach.http import refusals
from talmach.http.exchange import Exchange, Handler
from talmach.http.refusals import HttpRefusal
from talmach.http.reply import EVENTS, JSON, Reply
from talmach.pb import summarization_pb2, translation_pb2
from talmach.threads import offload

_Request = TypeVar("_Request", bound=Message)


class Api:
    """The handlers; they have their `methods` before the first call is let in."""

    methods: Methods

    @property
    def handlers(self) -> dict[str, tuple[str, Handler]]:
        """What serves each path, and by which method of HTTP."""
        return {
            "/v1/translate": ("POST", self._once(translation_pb2.TranslateTextRequest, "translate_text")),
            "/v1/article": ("POST", self._article),
            "/v1/summary": ("POST", self._once(summarization_pb2.SummarizeArticleRequest, "summarize_article")),
            "/v1/detect": ("POST", self._once(translation_pb2.DetectLanguageRequest, "detect_language")),
            "/v1/info": ("GET", self._info),
        }

    def _once(self, kind: type[Message], name: str) -> Handler:
        """Return a handler that has one message in its body and answers with one."""

        async def handle(exchange: Exchange) -> None:
            request = await self._read(exchange, kind)
            serve: Callable[[Any, Call], Awaitable[Message]] = getattr(self.methods, name)
            async with exchange.while_the_caller_waits():
                await self._answer(exchange, await serve(request, exchange.call))

        return handle

    async def _article(self, exchange: Exchange) -> None:
        if EVENTS not in exchange.headers.get("accept", ""):
            await self._once(translation_pb2.TranslateArticleRequest, "translate_article")(exchange)
            return
        request = await self._read(exchange, translation_pb2.StreamTranslateArticleRequest)
        try:
            async with (
                exchange.while_the_caller_waits(),
                aclosing(self.methods.stream_article(request, exchange.call)) as replies,
            ):
                async for reply in replies:
                    name = reply.WhichOneof("event")
                    assert name is not None
                    await exchange.event(name, json_form.render(getattr(reply, name)))
                await exchange.end()
        except Exception as error:
            if exchange.has_begun and not isinstance(error, StreamIdle):
                known = error if isinstance(error, TalmachError) else EngineFailure()
                await exchange.event("error", json_form.dump(refusals.body_of(known)))
                await exchange.end()
            raise

    async def _info(self, exchange: Exchange) -> None:
        await self._answer(exchange, self.methods.info)

    async def _answer(self, exchange: Exchange, reply: Message) -> None:
        size, limit = reply.ByteSize(), self.methods.limits.max_message_bytes
        if (least := max(size, json_form.least_bytes(reply))) > limit:
            raise ReplyTooLarge(actual=least, limit=limit)
        await exchange.answer(Reply(await offload(size, json_form.render, reply)))

    async def _read(self, exchange: Exchange, kind: type[_Request]) -> _Request:
        media_type = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != JSON:
            # Any web page could send another type without asking the browser.
            raise HttpRefusal(415, "content-type", "UNSUPPORTED_MEDIA_TYPE", f"is not {JSON}")
        return await exchange.content(json_form.read, kind, self._max_items)

    @property
    def _max_items(self) -> int:
        limits = self.methods.limits
        return max(limits.max_texts, limits.max_glossary_entries)
