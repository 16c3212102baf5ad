"""The public client: one channel to a server, typed calls, and errors that say what to do about them.

    async with TalmachClient("localhost:50051") as client:
        reply = await client.translate_article(headline, body=body, target="en")
        print(reply.translation.body)

Replies are the messages of the contract; `to_json` prints any of them. For what the methods do not offer, build the
request yourself and call one of `TalmachClient.stubs`.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import grpc
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # type: ignore[import-untyped]
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status  # type: ignore[import-untyped]

from talmach.pb import common_pb2, info_pb2, summarization_pb2, translation_pb2
from talmach.pb.info_pb2_grpc import InfoServiceStub
from talmach.pb.summarization_pb2_grpc import SummarizationServiceStub
from talmach.pb.translation_pb2_grpc import TranslationServiceStub

__all__ = ["RpcFailed", "Stubs", "TalmachClient", "Violation", "to_json"]

_Reply = TypeVar("_Reply")
_POLL_S = 0.1
# The only code that says "the same call may succeed elsewhere or a little later, and nothing was done yet".
_RETRY_POLICY = {
    "methodConfig": [
        {
            "name": [{"service": "talmach.v1.TranslationService"}, {"service": "talmach.v1.SummarizationService"}]
            + [{"service": "talmach.v1.InfoService"}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


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


@dataclass(frozen=True, slots=True)
class Stubs:
    """The generated stubs of every service, on the client's channel."""

    translation: TranslationServiceStub
    summarization: SummarizationServiceStub
    info: InfoServiceStub
    health: health_pb2_grpc.HealthStub


def to_json(message: Message) -> str:
    """Return a message in protobuf's JSON with the field names of the contract, fields without a value included."""
    return MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, ensure_ascii=False
    )


def options(
    target: str = "",
    source: str = "",
    *,
    model: str = "",
    glossary: Mapping[str, str] | None = None,
    do_not_translate: Sequence[str] = (),
    remove_boilerplate: bool = False,
    beam_size: int = 0,
    offset_encoding: "common_pb2.OffsetEncoding.ValueType" = common_pb2.OFFSET_ENCODING_UTF32,
) -> common_pb2.TranslationOptions:
    """Build the options of a translation; empty `source` = detect, `glossary` maps source term to target term."""
    entries = (glossary or {}).items()
    return common_pb2.TranslationOptions(
        source_language_code=source,
        target_language_code=target,
        model=model,
        glossary_entries=[common_pb2.GlossaryEntry(source_term=term, target_term=wanted) for term, wanted in entries],
        do_not_translate_phrases=do_not_translate,
        remove_boilerplate=remove_boilerplate,
        offset_encoding=offset_encoding,
        beam_size=beam_size,
    )
