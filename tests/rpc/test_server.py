"""The server around the services: health, reflection, drain, tokens, logs, metrics."""

import asyncio
import json
import re
import socket
from collections.abc import Sequence
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from talmach.errors import CannotListen
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from talmach.pb.info_pb2 import GetServerInfoRequest
from talmach.rpc.server import SERVICES
from tests.fakes import until
from tests.rpc.harness import SPEC, Clients, Failure, Running, running, to

GOOD = pb.TranslateTextRequest(texts=["Сёння ідзе моцны дождж."], options=to("en", "be"))
HANGING = pb.TranslateTextRequest(texts=["Гэта hang тут."], options=to("en", "be"))
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
METHOD = "talmach.v1.TranslationService/TranslateText"


async def healths(served: Running) -> set[int]:
    """Return the different answers to a health check of the whole server and of each service."""
    names = ("", *SERVICES)
    return {(await served.health.Check(health_pb2.HealthCheckRequest(service=name))).status for name in names}


def lines(log: StringIO, event: str) -> list[dict[str, Any]]:
    """Return what was logged of one kind of event."""
    parsed = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in parsed if line["event"] == event]


async def test_health_follows_the_server() -> None:
    """Every service is NOT_SERVING from the first moment, and again while draining; an unknown one is NOT_FOUND."""
    async with running(serving=False) as served:
        assert await healths(served) == {NOT_SERVING}
        assert served.sample("talmach_serving") == 0
        served.server.serve(served.use_cases, served.server_info)
        assert await healths(served) == {SERVING}
        assert served.sample("talmach_serving") == 1
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.health.Check(health_pb2.HealthCheckRequest(service="talmach.v1.Nothing"))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_health_knows_models_and_directions() -> None:
    """Each by itself, whatever the whole says; while the server drains none of them serves."""
    async with running() as served:

        async def of(*names: str) -> list[int]:
            requests = [health_pb2.HealthCheckRequest(service=name) for name in names]
            return [(await served.health.Check(request)).status for request in requests]

        parts = (f"models/{SPEC.id}", f"directions/{SPEC.directions[0]}")
        assert await of("", *parts) == [SERVING] * 3
        served.server.set_healthy(healthy=False, parts={parts[0]: True, parts[1]: False})
        assert await of("", *parts) == [NOT_SERVING, SERVING, NOT_SERVING]
        served.server.set_healthy(healthy=True, parts=dict.fromkeys(parts, True))
        assert await of("", *parts) == [SERVING] * 3
        served.server.set_healthy(healthy=True, parts={parts[0]: False, parts[1]: True})
        assert await of("", *parts) == [SERVING, NOT_SERVING, SERVING]
        hanging = asyncio.ensure_future(served.translation.TranslateText(HANGING))
        await until(served.engine.began.is_set)
        drained = asyncio.ensure_future(served.server.drain(timeout_s=60))
        await until(lambda: served.sample("talmach_serving") == 0)
        assert await of("", *parts) == [NOT_SERVING] * 3
        served.engine.release.set()
        await hanging
        assert await drained


async def test_drain_finishes_what_is_in_flight() -> None:
    """While calls hang: NOT_SERVING, new calls and items are refused; then they end well, and the server stops."""
    async with running(max_batch_size=1) as served:
        stream = served.translation.BatchTranslate()
        item = pb.BatchTranslateRequest(id="1", text="Сёння ідзе моцны дождж.", options=to("en", "be"))
        await stream.write(item)
        assert (await stream.read()).HasField("text")
        watch = served.health.Watch(health_pb2.HealthCheckRequest(service=""))
        assert (await watch.read()).status == SERVING
        hanging = asyncio.ensure_future(served.translation.TranslateText(HANGING))
        await until(lambda: len(served.engine.batches) == 2)
        await stream.write(pb.BatchTranslateRequest(id="2", text=HANGING.texts[0], options=HANGING.options))
        await until(lambda: served.queue.waiting_sentences == 1)

        drained = asyncio.ensure_future(served.server.drain(timeout_s=120))
        assert (await watch.read()).status == NOT_SERVING
        assert await healths(served) == {NOT_SERVING}
        assert served.sample("talmach_serving") == 0
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.translation.TranslateText(GOOD)
        assert (Failure.of(caught.value).code, Failure.of(caught.value).info.reason) == (
            "UNAVAILABLE",
            "SERVER_DRAINING",
        )
        await stream.write(item)
        assert (await stream.read()).error.reason == "SERVER_DRAINING"

        assert not drained.done()
        served.engine.release.set()
        assert len((await hanging).translations) == 1
        assert (await stream.read()).HasField("text")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert Failure.of(caught.value).info.reason == "SERVER_DRAINING"
        assert await drained is True
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", served.port)


async def test_drain_gives_up_in_the_end() -> None:
    """What has not finished in time is cut off, and drain says so."""
    async with running() as served:
        hanging = asyncio.ensure_future(served.translation.TranslateText(HANGING))
        await until(lambda: served.engine.batches)
        assert await served.server.drain(timeout_s=0.1) is False
        with pytest.raises(grpc.aio.AioRpcError):
            await hanging


async def test_a_port_in_use_is_an_error() -> None:
    """It names the address, also when the other is a server of ours: they must not share the port."""
    async with running() as served:
        with pytest.raises(CannotListen, match=re.escape(served.address)):
            async with running(address=served.address):
                pass
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CannotListen):
            async with running(address=f"127.0.0.1:{other.getsockname()[1]}"):
                pass


async def reflected(channel: grpc.aio.Channel) -> Sequence[str]:
    """Return the services that reflection lists."""
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([request]))
    return [service.name async for reply in call for service in reply.list_services_response.service]


async def test_reflection_lists_the_services(served: Running) -> None:
    """All of ours, health and reflection itself."""
    assert {*SERVICES, "grpc.health.v1.Health"} < set(await reflected(served.channel))


async def test_reflection_can_be_switched_off() -> None:
    """Then it is an unknown service."""
    async with running(with_reflection=False) as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await reflected(served.channel)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_unknown_methods_share_one_label(served: Running, log: StringIO) -> None:
    """UNIMPLEMENTED; what the caller called it is nowhere to be seen."""
    for name in ("/talmach.v1.TranslationService/Divine", "/secret.Service/Method"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.channel.unary_unary(name)(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert served.sample("talmach_rpc_requests_total", method="unknown", code="UNIMPLEMENTED") == 2
    assert [line["method"] for line in lines(log, "rpc.done")] == ["unknown"] * 2
    assert "secret" not in log.getvalue()


async def test_tokens_open_the_door(tmp_path: Path, log: StringIO) -> None:
    """None: UNAUTHENTICATED; a wrong one: PERMISSION_DENIED; a known one gets in under its name; health is open."""
    async with running(clients=Clients(tmp_path / "clients.toml").write(newsroom="")) as served:
        for metadata, code in (
            ((), "UNAUTHENTICATED"),
            ((("authorization", "Basic czNjcmV0"),), "UNAUTHENTICATED"),
            ((("authorization", "Bearer guess"),), "PERMISSION_DENIED"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await served.translation.TranslateText(GOOD, metadata=metadata)
            failure = Failure.of(caught.value)
            assert (failure.code, failure.info.reason) == (code, code)
            request = pb.StreamTranslateArticleRequest(article=Article(body="Дождж."), options=to("en", "be"))
            with pytest.raises(grpc.aio.AioRpcError):
                await served.translation.StreamTranslateArticle(request, metadata=metadata).read()
            with pytest.raises(grpc.aio.AioRpcError):
                await served.translation.BatchTranslate(iter([]), metadata=metadata).read()
            with pytest.raises(grpc.aio.AioRpcError):
                await served.info.GetServerInfo(GetServerInfoRequest(), metadata=metadata)
        assert served.engine.batches == []
        assert served.sample("talmach_refused_total", reason="PERMISSION_DENIED") == 4
        await served.translation.TranslateText(GOOD, metadata=(("authorization", "Bearer newsroom-token"),))
        assert lines(log, "rpc.done")[-1]["client"] == "newsroom"
        assert await healths(served) == {SERVING}
        assert set(SERVICES) < set(await reflected(served.channel))
    assert "newsroom-token" not in log.getvalue()


async def test_one_line_for_each_call(served: Running, log: StringIO) -> None:
    """rpc.done says what was done, in numbers; never what was said."""
    await served.translation.TranslateText(GOOD, metadata=(("x-request-id", "article-17"),))
    (line,) = lines(log, "rpc.done")
    assert line["method"] == METHOD
    assert (line["code"], line["direction"], line["sentences"]) == ("OK", "be-en", 1)
    assert (line["client"], line["request_id"], line["level"]) == ("anonymous", "article-17", "info")
    assert line["tokens"] > 0
    assert line["ms"] >= line["engine_ms"] >= 0
    assert line["queue_ms"] >= 0


async def test_no_text_of_a_caller_is_logged(served: Running, log: StringIO) -> None:
    """Whatever happens to it: translated, refused, failed, with everything logged that is ever logged."""
    secret = "таямніца"
    for text in (f"Гэта {secret} дажджу.", f"Гэта {secret} raise дажджу.", secret * 20_000, f"{secret} {secret}"):
        for options in (to("en", "be"), to("en"), to(secret, secret, model=secret)):
            request = pb.TranslateTextRequest(texts=[text], options=options)
            is_refused = bool(options.model) or "raise" in text or len(text) > 999
            with pytest.raises(grpc.aio.AioRpcError) if is_refused else nullcontext():
                await served.translation.TranslateText(request, metadata=(("x-request-id", "<script>"),))
    assert len(lines(log, "rpc.done")) == 12
    assert secret not in log.getvalue().lower()
    assert "script" not in log.getvalue()


async def test_the_request_id_comes_back(served: Running) -> None:
    """The caller's own with success and with failure, in a stream too; else a new one; a strange one is replaced."""
    given = (("x-request-id", "a-1"),)
    good = served.translation.TranslateText(GOOD, metadata=given)
    await good
    bad = served.translation.TranslateText(pb.TranslateTextRequest(), metadata=given)
    with pytest.raises(grpc.aio.AioRpcError):
        await bad
    request = pb.StreamTranslateArticleRequest(article=Article(body="Дождж."), options=to("en", "be"))
    stream = served.translation.StreamTranslateArticle(request, metadata=given)
    assert [event async for event in stream]
    for call in (good, bad, stream):
        assert dict(await call.trailing_metadata())["x-request-id"] == "a-1"
    strange = served.translation.TranslateText(GOOD, metadata=(("x-request-id", "a b" * 99),))
    await strange
    assert re.fullmatch("[0-9a-f]{32}", dict(await strange.trailing_metadata())["x-request-id"])


async def test_calls_are_counted(served: Running) -> None:
    """By method and code, with their time; nothing is in flight afterwards."""
    await served.translation.TranslateText(GOOD)
    with pytest.raises(grpc.aio.AioRpcError):
        await served.translation.TranslateText(pb.TranslateTextRequest())
    assert served.sample("talmach_rpc_requests_total", method=METHOD, code="OK") == 1
    assert served.sample("talmach_rpc_requests_total", method=METHOD, code="INVALID_ARGUMENT") == 1
    assert served.sample("talmach_rpc_latency_seconds_count", method=METHOD) == 2
    assert served.sample("talmach_rpc_in_flight") == 0


async def test_metadata_has_a_limit(served: Running) -> None:
    """Some is let through whole; more ends the call before any of our code sees it, and the server goes on."""
    await served.translation.TranslateText(GOOD, metadata=(("x-trace", "a" * 12_000),))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.translation.TranslateText(GOOD, metadata=(("x-trace", "a" * 17_000),))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "metadata size exceeds" in (caught.value.details() or "")
    await served.translation.TranslateText(GOOD)


async def test_a_connection_has_a_limit_of_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Health watchers, whom the gate does not count, cannot pile up; other connections are not concerned."""
    monkeypatch.setattr("talmach.rpc.server._UNCOUNTED_STREAMS", 2)
    async with running(max_concurrent_calls=1) as served:
        watches = [served.health.Watch(health_pb2.HealthCheckRequest()) for _ in range(5)]
        reads = [asyncio.ensure_future(watch.read()) for watch in watches]
        await until(lambda: sum(read.done() for read in reads) == 3)
        await asyncio.sleep(0.1)
        assert sum(read.done() for read in reads) == 3
        async with served.client() as other:
            await other.info()
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*reads, return_exceptions=True)


async def test_pings_have_a_limit_that_is_told(served: Running) -> None:
    """Who pings more often than GetServerInfo says is cut off in the middle of a call; who keeps to it is not."""
    interval_ms = (await served.info.GetServerInfo(GetServerInfoRequest())).limits.min_keepalive_interval_ms
    assert interval_ms == 10_000

    async def watch(keepalive_ms: int, timeout_s: float) -> str:
        options = [
            ("grpc.keepalive_time_ms", keepalive_ms),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        async with grpc.aio.insecure_channel(served.address, options=options) as channel:
            call = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=timeout_s)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                [status async for status in call]
            return caught.value.code().name

    assert list(await asyncio.gather(watch(500, 60), watch(interval_ms, 4))) == ["UNAVAILABLE", "DEADLINE_EXCEEDED"]
