"""Every call leaves one line, however it was made and however it ended."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from io import StringIO
from pathlib import Path
from typing import Any

import grpc
import pytest

from talmach.calls import Call
from talmach.client.endings import Ending
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from tests.fakes import until
from tests.rpc.harness import Clients, Running, running, to

SERVICE = "talmach.v1.TranslationService"
GOOD, HANGING, FAILING = "Сёння ідзе моцны дождж.", "Гэта hang тут.", "Гэта raise дажджу."
KINDS = ["TranslateText", "TranslateArticle", "StreamTranslateArticle", "BatchTranslate"]
FIELDS = {
    *("event", "timestamp", "level", "method", "code", "ms", "direction", "sentences", "tokens", "queue_ms"),
    *("engine_ms", "client", "request_id"),
}


def start(served: Running, method: str, text: str, **more: Any) -> Any:
    """Begin a call of any kind."""
    options = to("en", "be") if text else to("")
    if method == "TranslateText":
        return served.translation.TranslateText(pb.TranslateTextRequest(texts=[text], options=options), **more)
    if method == "BatchTranslate":
        item = pb.BatchTranslateRequest(id="1", text=text, options=options)
        return served.translation.BatchTranslate(iter([item]), **more)
    request = getattr(pb, f"{method}Request")(article=Article(body=text), options=options)
    return getattr(served.translation, method)(request, **more)


async def code_of(call: Any) -> str:
    """Wait for the end of a call and return its code."""
    ending = Ending(call)
    try:
        await call if isinstance(call, Awaitable) else [reply async for reply in call]
    except grpc.aio.AioRpcError as error:
        return (await ending.of(error)).code().name
    except asyncio.CancelledError:
        return "CANCELLED"
    return "OK"


def done(log: StringIO) -> list[dict[str, Any]]:
    """Return the lines of finished calls."""
    lines = map(json.loads, log.getvalue().splitlines())
    return [line for line in lines if line["event"] == "rpc.done"]


async def the_line(log: StringIO) -> dict[str, Any]:
    """Return the line of the one call that was made."""
    await until(lambda: done(log))
    await asyncio.sleep(0.05)  # a second one would follow at once
    (line,) = done(log)
    return line


@pytest.mark.parametrize("method", KINDS)
async def test_a_call_that_succeeds(log: StringIO, method: str) -> None:
    """All fields and no others; no trace where there are no traces."""
    async with running() as served:
        assert await code_of(start(served, method, GOOD)) == "OK"
        line = await the_line(log)
    assert set(line) == FIELDS
    assert (line["method"], line["code"], line["direction"]) == (f"{SERVICE}/{method}", "OK", "be-en")


@pytest.mark.parametrize("method", KINDS)
async def test_a_call_that_is_refused(log: StringIO, method: str) -> None:
    """While the server starts; the line names the reason."""
    async with running(serving=False) as served:
        assert await code_of(start(served, method, GOOD)) == "UNAVAILABLE"
        line = await the_line(log)
    assert (line["code"], line["reason"]) == ("UNAVAILABLE", "SERVER_STARTING")


@pytest.mark.parametrize("method", KINDS)
async def test_a_call_without_a_token(log: StringIO, method: str, tmp_path: Path) -> None:
    """The client stays anonymous."""
    async with running(clients=Clients(tmp_path / "clients.toml").write(newsroom="")) as served:
        assert await code_of(start(served, method, GOOD)) == "UNAUTHENTICATED"
        line = await the_line(log)
    assert (line["code"], line["client"]) == ("UNAUTHENTICATED", "anonymous")


@pytest.mark.parametrize("method", [*KINDS[:3]])
async def test_a_call_that_fails(log: StringIO, method: str) -> None:
    """The server's own failure has the level of an error; of a stream of items only the item fails."""
    async with running() as served:
        assert await code_of(start(served, method, FAILING)) == "INTERNAL"
        line = await the_line(log)
    assert (line["code"], line["reason"], line["level"]) == ("INTERNAL", "ENGINE_FAILURE", "error")


@pytest.mark.parametrize("method", KINDS)
async def test_a_call_that_the_caller_gives_up(log: StringIO, method: str) -> None:
    """By cancelling, in the middle of its work."""
    async with running() as served:
        call = start(served, method, HANGING)
        ending = asyncio.ensure_future(code_of(call))
        await until(served.engine.began.is_set)
        call.cancel()
        assert await ending == "CANCELLED"
        line = await the_line(log)
    assert line["code"] == "CANCELLED"


@pytest.mark.parametrize("method", KINDS)
async def test_a_call_that_runs_out_of_time(log: StringIO, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its deadline, in the middle of its work."""
    # The caller gives up at the same moment, and that news may travel faster than the call did.
    monkeypatch.setattr("talmach.calls._SLACK_S", 60)
    async with running() as served:
        for timeout_s in (0.5, 5, 50):  # a short one may be over before a machine that stands still has begun
            name = f"{timeout_s}-s"
            call = start(served, method, HANGING, timeout=timeout_s, metadata=(("x-request-id", name),))
            assert await code_of(call) == "DEADLINE_EXCEEDED"
            if served.engine.began.is_set():
                break
        await until(lambda: [line for line in done(log) if line["request_id"] == name])
    assert {line["code"] for line in done(log)} == {"DEADLINE_EXCEEDED"}
    assert served.engine.began.is_set()


@pytest.mark.parametrize(("slack_s", "code"), [(0.05, "CANCELLED"), (120, "DEADLINE_EXCEEDED")])
async def test_a_caller_whose_clock_is_ahead(
    log: StringIO, monkeypatch: pytest.MonkeyPatch, slack_s: float, code: str
) -> None:
    """It cancels at its deadline, which is a moment before ours; one that cancels long before is not late."""
    assert Call("method", "id", deadline=time.monotonic() + 0.04).is_late
    monkeypatch.setattr("talmach.calls._SLACK_S", slack_s)
    async with running() as served:
        call = start(served, KINDS[0], HANGING, timeout=90)
        ending = asyncio.ensure_future(code_of(call))
        await until(served.engine.began.is_set)
        call.cancel()
        await ending
        line = await the_line(log)
    assert line["code"] == code


def _unary(served: Running, path: str) -> Any:
    return served.channel.unary_unary(path)


def _server_stream(served: Running, path: str) -> Any:
    return served.channel.unary_stream(path)


def _bidirectional(served: Running, path: str) -> Callable[[bytes], Any]:
    return lambda request: served.channel.stream_stream(path)(iter([request]))


RAW = [(_unary, "TranslateText"), (_server_stream, "StreamTranslateArticle"), (_bidirectional, "BatchTranslate")]


@pytest.mark.parametrize(("kind", "method"), RAW[:-1])
async def test_a_call_that_cannot_be_parsed(log: StringIO, kind: Any, method: str) -> None:
    """Bytes that are no message; in a stream of items only the item fails."""
    async with running() as served:
        assert await code_of(kind(served, f"/{SERVICE}/{method}")(b"\xff\xff")) == "INVALID_ARGUMENT"
        line = await the_line(log)
    assert (line["method"], line["code"]) == (f"{SERVICE}/{method}", "INVALID_ARGUMENT")


@pytest.mark.parametrize(("kind", "method"), RAW)
async def test_a_call_of_no_method(log: StringIO, kind: Any, method: str) -> None:
    """What the caller called it is not written."""
    async with running() as served:
        assert await code_of(kind(served, f"/{SERVICE}/{method}Please")(b"")) == "UNIMPLEMENTED"
        line = await the_line(log)
    assert (line["method"], line["code"]) == ("unknown", "UNIMPLEMENTED")
    assert "Please" not in log.getvalue()
