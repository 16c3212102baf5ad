"""OpenTelemetry traces: a span for each call, one within it for each stage of its work, sent to a collector by OTLP.

Needs the extra `otel`, and is imported only where traces are switched on. A span says what the log line of the call
says, in the words of the semantic conventions for RPC: numbers and names of closed sets, never anything of a text.
"""

import threading
import time
from collections.abc import Iterable
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from talmach.calls import UNKNOWN_METHOD, Call

_TRACEPARENT = "traceparent"
# By the conventions, a call refused for the caller's own fault is no error of the server.
_SERVER_ERRORS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
# A stream of a whole archive is one call: only its first items are traced, or it would crowd out all other spans.
MAX_STAGES = 200
# What a collector that does not answer may add to the end of the server.
_GOODBYE_S = 3.0


class OtlpTracing:
    """Makes the traces of all calls; spans are sent in the background, and dropped when the collector is away."""

    def __init__(self, exporter: SpanExporter) -> None:
        """The SDK reads sampling, queue limits and the rest from the standard OTEL_* variables."""
        own = {"service.name": "talmach", "service.version": version("talmach")}
        resource = Resource.create(own).merge(OTELResourceDetector().detect())  # what the operator sets wins
        self._exporter = exporter
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("talmach", version("talmach"))

    @classmethod
    def to(cls, endpoint: str) -> "OtlpTracing":
        """Return traces that go to the collector at the URL `endpoint`; https = with TLS."""
        return cls(OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://")))

    def begin(self, method: str, metadata: Iterable[tuple[str, str | bytes]], started_at: float) -> "CallTrace":
        """Start the span of a call that began at `started_at` (seconds of `time.monotonic`)."""
        # Only the ids of the caller's trace context: the rest may be any text.
        carrier = {_TRACEPARENT: str(dict(metadata).get(_TRACEPARENT, ""))}
        epoch_ns = time.time_ns() - time.monotonic_ns()
        span = self._tracer.start_span(
            method if method != UNKNOWN_METHOD else "call",
            TraceContextTextMapPropagator().extract(carrier),
            SpanKind.SERVER,
            _attributes(method),
            start_time=epoch_ns + _ns(started_at),
        )
        return CallTrace(self._tracer, span, epoch_ns)

    def close(self) -> None:
        """Send what is left; blocks, for some seconds when the collector does not answer."""
        give_up = threading.Timer(_GOODBYE_S, self._exporter.shutdown)
        give_up.start()
        self._provider.shutdown()
        give_up.cancel()


class CallTrace:
    """The span of one call and those of its stages."""

    def __init__(self, tracer: Tracer, span: Span, epoch_ns: int) -> None:
        """`epoch_ns` is when the monotonic clock stood at 0, in nanoseconds of Unix time."""
        self.trace_id = format_trace_id(span.get_span_context().trace_id)
        self._tracer = tracer
        self._span = span
        self._epoch_ns = epoch_ns
        self._stages = 0

    def add_stage(self, name: str, started_at: float, ended_at: float) -> None:
        """Make the span of a stage, from and to seconds of `time.monotonic`."""
        self._stages += 1
        if self._stages <= MAX_STAGES:
            context = set_span_in_context(self._span)
            stage = self._tracer.start_span(name, context, start_time=self._epoch_ns + _ns(started_at))
            stage.end(self._epoch_ns + _ns(ended_at))

    def end(self, call: Call) -> None:
        """End the span of the call, with what is known of the call."""
        self._span.set_attributes(
            {
                "rpc.response.status_code": call.code,
                "talmach.direction": call.direction,
                "talmach.sentences": call.sentences,
                "talmach.tokens": call.tokens,
                "talmach.stages": self._stages,
            }
        )
        if call.reason:
            self._span.set_attribute("talmach.reason", call.reason)
        if call.code in _SERVER_ERRORS:
            self._span.set_attribute("error.type", call.code)
            self._span.set_status(StatusCode.ERROR)
        self._span.end(self._epoch_ns + time.monotonic_ns())


def _attributes(method: str) -> dict[str, str]:
    """Return how the conventions name a method: that of the contract, or of HTTP with its path."""
    verb, space, path = method.partition(" ")
    if space:
        return {"http.request.method": verb, "http.route": path}
    return {"rpc.system.name": "grpc", "rpc.method": method if method != UNKNOWN_METHOD else "_OTHER"}


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
