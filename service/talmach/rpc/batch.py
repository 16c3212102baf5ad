"""One BatchTranslate stream: every item gets an answer of its own, and none of them ends the stream."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import Any

import structlog

from talmach.contract import replies, status
from talmach.contract.requests import RequestReader
from talmach.errors import EngineFailure, ReplyTooLarge, TalmachError
from talmach.pb import translation_pb2 as pb
from talmach.rpc.concurrency import in_completion_order
from talmach.rpc.jobs import running
from talmach.threads import offload
from talmach.translation.use_case import Translator
from talmach.translation.values import Timings

_log: Any = structlog.get_logger("talmach.rpc")


class Batch:
    """The items of one stream that are in flight."""

    def __init__(
        self,
        translator: Translator,
        reader: RequestReader,
        deadline: float | None,
        check_open: Callable[[], None],
        max_reply_bytes: int,
    ) -> None:
        self._max_reply_bytes = max_reply_bytes
        self._translator = translator
        self._reader = reader
        self._deadline = deadline
        self._check_open = check_open
        self._ids: set[str] = set()

    def answers(
        self, items: AsyncIterator[pb.BatchTranslateRequest], *, limit: int
    ) -> AsyncGenerator[pb.BatchTranslateResponse, None]:
        """Yield one answer for each item, in the order in which they get ready."""
        return in_completion_order(items, self._answer, limit=limit)

    async def _answer(self, item: pb.BatchTranslateRequest) -> pb.BatchTranslateResponse:
        started_at = time.monotonic()
        is_taken = item.id in self._ids
        self._ids.add(item.id)
        try:
            self._check_open()
            reply = await self._translate(item, started_at, is_taken=is_taken)
            if (size := reply.ByteSize()) > self._max_reply_bytes:
                raise ReplyTooLarge(actual=size, limit=self._max_reply_bytes)  # noqa: TRY301 - as one of its errors
            return reply  # noqa: TRY300
        except TalmachError as error:
            return _failed(item, error, started_at)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with one item, the others go on
            # By type only: its text may hold the text of a user.
            _log.error("item.failed", error=type(error).__name__)
            return _failed(item, EngineFailure(), started_at)
        finally:
            if not is_taken:
                self._ids.discard(item.id)

    async def _translate(
        self, item: pb.BatchTranslateRequest, started_at: float, *, is_taken: bool
    ) -> pb.BatchTranslateResponse:
        chars = len(item.text) + len(item.article.body)
        asked = await offload(chars, partial(self._reader.item, item, is_taken=is_taken))
        async with running(self._translator, asked.article, asked.options, deadline=self._deadline) as job:
            done = await job.finish()
        is_text = item.HasField("text")
        return pb.BatchTranslateResponse(
            id=item.id,
            text=replies.text_translation(done, asked.unit) if is_text else None,
            article=None if is_text else replies.article_translation(done, asked.unit),
            model_ids=done.totals.model_ids,
            glossary_usages=replies.glossary_usages(done.totals.glossary_usages),
            timings=replies.timings(done.totals.timings, _ms_since(started_at)),
            usage=replies.usage(done.totals.usage),
        )


def _failed(item: pb.BatchTranslateRequest, error: TalmachError, started_at: float) -> pb.BatchTranslateResponse:
    timings = replies.timings(Timings(), _ms_since(started_at))
    return pb.BatchTranslateResponse(id=item.id, error=status.to_item_error(error), timings=timings)


def _ms_since(started_at: float) -> float:
    return 1_000 * (time.monotonic() - started_at)
