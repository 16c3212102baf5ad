"""Traces through the real server and the real SDK: what spans there are, where they stand, and what they do not say."""

import asyncio
import itertools
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from talmach.pb import summarization_pb2
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from talmach.tracing import OtlpTracing
from tests.rpc.harness import Running, running, to

STAGES = ["tokenise", "queue", "decode", "assemble"]
SERVICE = "talmach.v1.TranslationService"
SECRET = "таямніца"
TEXT = f"Сёння {SECRET} ідзе моцны дождж."
TOLERANCE_NS = 60_000_000_000  # spans are timed by another clock, and that of the day may be set meanwhile
TRACE_ID, PARENT_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Traced:
    """A server whose spans are kept."""

    def __init__(self, served: Running, tracing: OtlpTracing, exporter: InMemorySpanExporter) -> None:
        self.served = served
        self.tracing = tracing
        self.exporter = exporter

    async def spans(self) -> tuple[list[Any], dict[int, list[Any]]]:
        """Return the spans of calls, and of their stages by the id of the call's span, each in the order of starts."""
        await asyncio.to_thread(self.tracing.close)
        finished: Any = self.exporter.get_finished_spans()
        spans = sorted(finished, key=lambda span: (span.start_time, span.end_time))
        stages: dict[int, list[Any]] = {}
        for span in spans:
            if span.kind is not SpanKind.SERVER:
                stages.setdefault(span.parent.span_id, []).append(span)
        return [span for span in spans if span.kind is SpanKind.SERVER], stages


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what is left to be sent at the end more time than a slow machine takes."""
    monkeypatch.setattr("talmach.tracing._GOODBYE_S", 120)


@pytest.fixture
async def traced(patient: None) -> AsyncIterator[Traced]:
    """A server with a real tracer that exports into memory."""
    exporter = InMemorySpanExporter()
    tracing = OtlpTracing(exporter)
    async with running(tracing=tracing) as served:
        yield Traced(served, tracing, exporter)
    await asyncio.to_thread(tracing.close)


def texts(*given: str) -> pb.TranslateTextRequest:
    """Return a request to translate texts."""
    return pb.TranslateTextRequest(texts=given, options=to("en", "be"))


async def refused(call: Any) -> None:
    """Wait for a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError):
        await call


async def test_every_kind_of_call_has_its_stages(traced: Traced) -> None:
    """Unary, server stream, bidirectional: one span for the call, and within it the four stages in their order."""
    stub = traced.served.translation
    before_ns = time.time_ns() - TOLERANCE_NS
    await stub.TranslateText(texts(TEXT))
    streamed = pb.StreamTranslateArticleRequest(article=Article(body=TEXT), options=to("en", "be"))
    assert [event async for event in stub.StreamTranslateArticle(streamed)]
    items = [pb.BatchTranslateRequest(id="1", text=TEXT, options=to("en", "be"))]
    assert [answer async for answer in stub.BatchTranslate(iter(items))]
    calls, stages = await traced.spans()
    assert [call.name for call in calls] == [
        f"{SERVICE}/{method}" for method in ("TranslateText", "StreamTranslateArticle", "BatchTranslate")
    ]
    for call in calls:
        within = stages[call.context.span_id]
        assert [stage.name for stage in within] == STAGES
        times = [time_ns for stage in within for time_ns in (stage.start_time, stage.end_time)]
        assert before_ns <= call.start_time <= min(times)
        assert max(times) <= call.end_time <= time.time_ns() + TOLERANCE_NS
        tokenise, queue, decode, assemble = within
        assert tokenise.start_time <= queue.start_time <= queue.end_time <= decode.end_time <= assemble.end_time
        assert (queue.end_time, decode.end_time) == (decode.start_time, assemble.start_time)


async def test_what_a_span_says(traced: Traced) -> None:
    """The semantic conventions, and the numbers of the log line; an error of the server's is marked as one."""
    stub = traced.served.translation
    await stub.TranslateText(texts(TEXT))
    await refused(stub.TranslateText(pb.TranslateTextRequest()))
    await refused(stub.TranslateText(texts("Гэта raise дажджу.")))
    await refused(traced.served.channel.unary_unary(f"/{SERVICE}/{SECRET.encode().hex()}")(b""))
    (good, invalid, failed, unknown), stages = await traced.spans()
    assert dict(good.attributes) == {
        "rpc.system.name": "grpc",
        "rpc.method": f"{SERVICE}/TranslateText",
        "rpc.response.status_code": "OK",
        "talmach.direction": "be-en",
        "talmach.sentences": 1,
        "talmach.tokens": 12,
        "talmach.stages": 4,
    }
    assert good.resource.attributes["service.name"] == "talmach"
    assert good.status.status_code is StatusCode.UNSET
    assert invalid.attributes["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert invalid.attributes["talmach.reason"] == "EMPTY_TEXT"
    assert (invalid.status.status_code, stages.get(invalid.context.span_id)) == (StatusCode.UNSET, None)
    assert (failed.attributes["error.type"], failed.status.status_code) == ("INTERNAL", StatusCode.ERROR)
    assert [stage.name for stage in stages[failed.context.span_id]] == ["tokenise"]
    assert (unknown.name, unknown.attributes["rpc.method"]) == ("call", "_OTHER")


async def test_the_callers_trace_goes_on(traced: Traced, log: StringIO) -> None:
    """The span is a child of the caller's, the line of the call names the trace; the tracestate stays out."""
    metadata = (("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-01"), ("tracestate", "vendor=secret"))
    await traced.served.translation.TranslateText(texts(TEXT), metadata=metadata)
    await traced.served.translation.TranslateText(texts(TEXT), metadata=(("traceparent", "nonsense"),))
    (call, stranger), stages = await traced.spans()
    assert f"{call.context.trace_id:032x}" == TRACE_ID
    assert f"{call.parent.span_id:016x}" == PARENT_ID
    assert {stage.context.trace_id for stage in stages[call.context.span_id]} == {call.context.trace_id}
    assert not call.context.trace_state
    assert stranger.parent is None
    done = [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == "rpc.done"]
    assert [line["trace_id"] for line in done] == [TRACE_ID, f"{stranger.context.trace_id:032x}"]


async def test_a_trace_that_the_caller_does_not_sample_is_not_sent(traced: Traced) -> None:
    """The caller decides for the whole trace."""
    metadata = (("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-00"),)
    await traced.served.translation.TranslateText(texts(TEXT), metadata=metadata)
    assert await traced.spans() == ([], {})


async def test_health_is_left_out(traced: Traced) -> None:
    """A probe every second would be most of what the collector gets."""
    await traced.served.health.Check(health_pb2.HealthCheckRequest(service=""))
    assert await traced.spans() == ([], {})


async def test_no_text_gets_into_a_span(traced: Traced) -> None:
    """Whatever happens to it: translated, summarised, failed, refused."""
    served = traced.served
    for text in (TEXT, f"{SECRET} raise дажджу.", f"{SECRET} {SECRET}"):
        for options in (to("en", "be"), to(SECRET, SECRET, model=SECRET)):
            request = pb.TranslateTextRequest(texts=[text], options=options)
            await asyncio.gather(served.translation.TranslateText(request), return_exceptions=True)
    summarize = summarization_pb2.SummarizeArticleRequest(article=Article(headline=TEXT, body=TEXT))
    await served.summarization.SummarizeArticle(summarize)
    calls, stages = await traced.spans()
    assert len(calls) == 7
    spans = [*calls, *itertools.chain(*stages.values())]
    written = " ".join(f"{span.name} {dict(span.attributes)} {span.status.description} {span.events}" for span in spans)
    assert "rpc.method" in written
    assert SECRET not in written.lower()


async def test_one_call_does_not_fill_the_queue_of_spans(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of an archive is one call; its span says how many stages there were."""
    monkeypatch.setattr("talmach.tracing.MAX_STAGES", 5)
    items = [pb.BatchTranslateRequest(id=str(number), text=TEXT, options=to("en", "be")) for number in range(3)]
    assert len([answer async for answer in traced.served.translation.BatchTranslate(iter(items))]) == 3
    (call,), stages = await traced.spans()
    assert len(stages[call.context.span_id]) == 5
    assert call.attributes["talmach.stages"] == 12


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """An OTLP receiver that keeps what it gets."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def Export(self, request: Any, context: Any) -> trace_service_pb2.ExportTraceServiceResponse:  # noqa: N802
        self.names += [
            span.name for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]
        return trace_service_pb2.ExportTraceServiceResponse()


async def test_spans_reach_a_collector(patient: None) -> None:
    """Over OTLP, at the latest when the server ends."""
    collector, receiver = Collector(), grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, receiver)  # type: ignore[no-untyped-call]
    port = receiver.add_insecure_port("127.0.0.1:0")
    await receiver.start()
    try:
        tracing = OtlpTracing.to(f"http://127.0.0.1:{port}")
        async with running(tracing=tracing) as served:
            await served.translation.TranslateText(texts(TEXT))
        await asyncio.to_thread(tracing.close)
    finally:
        await receiver.stop(0)
    assert sorted(collector.names) == sorted([f"{SERVICE}/TranslateText", *STAGES])


async def test_a_collector_that_does_not_answer_harms_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are served, and the end of the server does not wait for as long as the exporter would."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "120")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        tracing = OtlpTracing.to(f"http://127.0.0.1:{silent.getsockname()[1]}")
        async with running(tracing=tracing) as served:
            assert len((await served.translation.TranslateText(texts(TEXT))).translations) == 1
        await asyncio.wait_for(asyncio.to_thread(tracing.close), 60)


WITHOUT_THE_EXTRA = """
import asyncio, sys
from talmach.app.application import Application
from talmach.config import load_settings
from talmach.errors import InvalidSettings
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
sys.modules["opentelemetry"] = None
try:
    asyncio.run(Application(load_settings(otlp_endpoint="http://127.0.0.1:4317")).start())
except InvalidSettings as error:
    print(error)
"""


def test_without_traces_nothing_of_opentelemetry_is_loaded() -> None:
    """The extra need not be installed; who asks for traces without it is told what to install."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "talmach[otel]" in result.stdout
