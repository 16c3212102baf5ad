"""Callers of a naughty server, whose questions can be told from its answers."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc

from talmach.client import Article, AsyncClient, BatchTranslateRequest, RpcFailed, TranslationOptions
from talmach.pb.translation_pb2 import TranslateTextRequest
from talmach.pb.translation_pb2_grpc import TranslationServiceStub

TO_ENGLISH = TranslationOptions(source_language_code="be", target_language_code="en")


def question(number: int, words: str = "дождж ідзе моцна") -> str:
    """Return a sentence with a number in it."""
    return f"Слова {number} {words} тут."


def answer(number: int) -> str:
    """Return what the engine makes of `question(number)` begins with; it reverses the words."""
    return f" {number} "


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended and how long it took; `is_own` = the answer belongs to the question."""

    code: str
    reason: str
    elapsed_s: float
    retry_after_s: float | None = None
    is_own: bool = True


async def ask(client: AsyncClient, number: int, words: str = "дождж ідзе моцна", timeout_s: float = 120) -> Outcome:
    """Ask one question."""
    began = time.monotonic()
    try:
        reply = await client.translate_texts([question(number, words)], TO_ENGLISH, timeout_s=timeout_s)
    except RpcFailed as failure:
        return Outcome(failure.code, failure.reason, time.monotonic() - began, failure.retry_after_s)
    is_own = answer(number) in reply.translations[0].translated_text
    return Outcome("OK", "", time.monotonic() - began, is_own=is_own)


async def ask_once(address: str, number: int = 0) -> Outcome:
    """Ask one question, without the client's own retries."""
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_retries", 0)]) as channel:
        return await ask_through(channel, number, timeout_s=120)


async def ask_through(channel: grpc.aio.Channel, number: int, timeout_s: float = 120) -> Outcome:
    """Ask one question on a bare channel."""
    began = time.monotonic()
    request = TranslateTextRequest(texts=[question(number)], options=TO_ENGLISH)
    try:
        await TranslationServiceStub(channel).TranslateText(request, timeout=timeout_s)
    except grpc.aio.AioRpcError as error:
        failure = RpcFailed.of(error)
        return Outcome(failure.code, failure.reason, time.monotonic() - began, failure.retry_after_s)
    return Outcome("OK", "", time.monotonic() - began)


def hold(address: str) -> socket.socket:
    """Begin a request by HTTP; who closes the connection lets go of the place that the server gives to it."""
    host, _, port = address.rpartition(":")
    line = socket.create_connection((host, int(port)))
    line.sendall(
        b"POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    return line


async def hang(address: str, kind: str) -> None:
    """Make one call of a kind with more to do than will ever be done; for a process that will be killed."""
    body = " ".join(f"Слова {number} doze тут." for number in range(200))
    async with AsyncClient(address) as client:
        if kind == "unary":
            await client.translate_texts([body], TO_ENGLISH)
        elif kind == "stream":
            async for _ in client.stream_article(Article(body=body), TO_ENGLISH):
                pass
        else:

            async def items() -> AsyncIterator[BatchTranslateRequest]:
                for number in range(1_000):
                    yield BatchTranslateRequest(id=str(number), text=body, options=TO_ENGLISH)

            async for _ in client.batch_translate(items()):
                pass


if __name__ == "__main__":
    import sys

    asyncio.run(hang(sys.argv[1], sys.argv[2]))
