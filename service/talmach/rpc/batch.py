"""One BatchTranslate stream: every item gets an answer of its own, and none of them ends the stream."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

import structlog
from google.protobuf import unknown_fields
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError

from talmach.access.gate import Gate
from talmach.calls import Call
from talmach.contract import replies, status
from talmach.contract.checks import MAX_ID_CHARS
from talmach.contract.requests import RequestReader
from talmach.errors import EngineFailure, InvalidRequest, ReplyTooLarge, TalmachError
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Timings
from talmach.rpc.concurrency import in_completion_order
from talmach.threads import offload
from talmach.use_cases import UseCases

_ID_NUMBER = pb.BatchTranslateRequest.DESCRIPTOR.fields_by_name["id"].number
_log: Any = structlog.get_logger("talmach.rpc")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are no message, in the place of an item, and what is wrong with them."""

    data: bytes
    error: InvalidRequest

    @property
    def id(self) -> str:
        """The id of the item, where that much can be read."""
        try:
            fields = unknown_fields.UnknownFieldSet(Empty.FromString(self.data))
        except DecodeError:
            return ""
        found = (
            field.data for field in map(fields.__getitem__, range(len(fields))) if field.field_number == _ID_NUMBER
        )
        data = next(found, b"")
        return data.decode(errors="replace") if isinstance(data, bytes) else ""


class Batch:
    """The items of one stream that are in flight."""

    def __init__(
        self,
        use_cases: UseCases,
        reader: RequestReader,
        call: Call,
        gate: Gate,
        *,
        max_reply_bytes: int,
        idle_s: float,
    ) -> None:
        """`idle_s` is how long nothing may be asked while nothing is done."""
        self._idle_s = idle_s
        self._max_reply_bytes = max_reply_bytes
        self._use_cases = use_cases
        self._reader = reader
        self._call = call
        self._gate = gate
        self._ids: set[str] = set()

    def answers(
        self, items: AsyncIterator[pb.BatchTranslateRequest | Unreadable], *, limit: int
    ) -> AsyncGenerator[pb.BatchTranslateResponse, None]:
        """Yield one answer for each item, in the order in which they get ready; raises StreamIdle, ServerDraining."""
        return in_completion_order(
            items, self._answer, limit=limit, idle_s=self._idle_s, is_over=self._gate.streams_are_over
        )

    async def _answer(self, item: pb.BatchTranslateRequest | Unreadable) -> pb.BatchTranslateResponse:
        started_at = time.monotonic()
        if isinstance(item, Unreadable):
            return _failed(item, item.error, started_at)
        is_taken = item.id in self._ids
        self._ids.add(item.id)
        try:
            self._gate.check()
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
        fields, options = self._reader.item(item, is_taken=is_taken)
        done = await self._use_cases.translate_article(fields, options, self._call)
        return await offload(done.source.chars, replies.item, done, item, _ms_since(started_at))


def _failed(
    item: pb.BatchTranslateRequest | Unreadable, error: TalmachError, started_at: float
) -> pb.BatchTranslateResponse:
    return pb.BatchTranslateResponse(
        id=item.id[:MAX_ID_CHARS], error=status.to_item_error(error), timings=Timings(total_ms=_ms_since(started_at))
    )


def _ms_since(started_at: float) -> float:
    return 1_000 * (time.monotonic() - started_at)
