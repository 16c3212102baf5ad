"""The record of one call: what its log line, its metrics and its trace say, filled in on the way through."""

import re
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from talmach.errors import DeadlineExceeded
from talmach.metrics import Metrics
from talmach.translation.values import Timings, Totals

REQUEST_ID = "x-request-id"
ANONYMOUS = "anonymous"
UNKNOWN_METHOD = "unknown"
_SHORTEST_S = 0.005  # not even a cached sentence comes back sooner
_SLACK_S = 0.05  # a caller that stops waiting cancels, and that may be here before the deadline by our clock
_log: Any = structlog.get_logger("talmach.rpc")
# The caller chooses it and it goes into our logs: only characters that identifiers are made of.
_IDENTIFIER = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


class Account(Protocol):
    """What one client has used; `access.quotas` keeps it."""

    name: str

    def call(self) -> AbstractContextManager[None]:
        """Count one call while it lasts; raises QuotaExceeded."""

    def charge(self, characters: int) -> None:
        """Count the characters of one request; raises QuotaExceeded, or an error that no wait cures."""


class Trace(Protocol):
    """The trace of one call; times are seconds of `time.monotonic`."""

    trace_id: str

    def add_stage(self, name: str, started_at: float, ended_at: float) -> None:
        """Add a stage that is over."""

    def end(self, call: "Call") -> None:
        """Say how the call ended."""


class Tracing(Protocol):
    """Where traces are made; `talmach.tracing` in a server that has a collector."""

    def begin(self, method: str, metadata: Iterable[tuple[str, str | bytes]], started_at: float) -> Trace:
        """Start the trace of a call, within the caller's own when the metadata names it."""


@dataclass(slots=True)
class Call:
    """One call, from its arrival to its end."""

    method: str  # of a closed set: a label of the metrics
    request_id: str
    client: str = ANONYMOUS
    account: Account | None = None  # None = nobody counts what the caller uses
    deadline: float | None = None  # when the caller stops waiting, in seconds of `time.monotonic`; None = never
    code: str = "OK"
    reason: str = ""
    direction: str = ""
    sentences: int = 0
    tokens: int = 0  # given to models and made by them
    queue_ms: float = 0.0
    engine_ms: float = 0.0
    is_inside: bool = False  # was let in; what fails before counts as refused
    caller_is_gone: bool = False
    started_at: float = field(default_factory=time.monotonic)
    trace: Trace | None = None

    @property
    def is_late(self) -> bool:
        """Whether the caller has stopped waiting by now."""
        return self.deadline is not None and time.monotonic() >= self.deadline - _SLACK_S

    def check_deadline(self) -> None:
        """Raise DeadlineExceeded when too little time is left to begin."""
        if self.deadline is not None and self.deadline - time.monotonic() < _SHORTEST_S:
            raise DeadlineExceeded

    def charge(self, characters: int) -> None:
        """Count the characters of a request that is in order; raises what `Account.charge` raises."""
        if self.account is not None:
            self.account.charge(characters)

    @contextmanager
    def tokenising(self) -> Iterator[None]:
        """Everything up to the queue: languages, the plan of every sentence, its tokens."""
        started_at = time.monotonic()
        try:
            yield
        finally:
            if self.trace is not None:
                self.trace.add_stage("tokenise", started_at, time.monotonic())

    def begin_work(self, source_language: str | None, target_language: str, sentences: int) -> None:
        """Record one article or text that is being translated."""
        direction = f"{source_language or 'und'}-{target_language}"
        self.direction = direction if self.direction in ("", direction) else "mixed"
        self.sentences += sentences

    def end_work(self, totals: Totals) -> None:
        """Record what its translation took; the times of several add up."""
        self.tokens += totals.usage.source_tokens + totals.usage.target_tokens
        self.queue_ms += totals.timings.queue_ms
        self.engine_ms += totals.timings.inference_ms
        if self.trace is not None and totals.timings.queued_at:
            _add_stages(self.trace, totals.timings)

    def elapsed_ms(self) -> float:
        """Return how long the call has been going on."""
        return 1_000 * (time.monotonic() - self.started_at)

    def finish(self, metrics: Metrics) -> None:
        """Write this call's one log line and count it."""
        elapsed_ms = self.elapsed_ms()
        metrics.rpc_requests.labels(self.method, self.code).inc()
        metrics.rpc_latency_s.labels(self.method).observe(elapsed_ms / 1_000)
        write = _log.error if self.code == "INTERNAL" else _log.info
        write(
            "rpc.done",
            method=self.method,
            code=self.code,
            ms=round(elapsed_ms, 1),
            direction=self.direction,
            sentences=self.sentences,
            tokens=self.tokens,
            queue_ms=round(self.queue_ms, 1),
            engine_ms=round(self.engine_ms, 1),
            client=self.client,
            request_id=self.request_id,
            **({"reason": self.reason} if self.reason else {}),
            **({"trace_id": self.trace.trace_id} if self.trace is not None else {}),
        )
        if self.trace is not None:
            self.trace.end(self)


_current: ContextVar[Call] = ContextVar("call")


def begin(method: str, metadata: Iterable[tuple[str, str | bytes]], tracing: Tracing | None = None) -> Call:
    """Start the record of the call that this task serves; every log line of the task carries its request id."""
    call = Call(method, _request_id(metadata))
    if tracing is not None:
        call.trace = tracing.begin(method, metadata, call.started_at)
    _current.set(call)
    structlog.contextvars.bind_contextvars(request_id=call.request_id)
    return call


def current() -> Call:
    """Return the record of the call that this task serves."""
    return _current.get()


def _add_stages(trace: Trace, timings: Timings) -> None:
    taken_at = timings.queued_at + timings.queue_ms / 1_000
    decoded_at = taken_at + timings.inference_ms / 1_000
    trace.add_stage("queue", timings.queued_at, taken_at)
    trace.add_stage("decode", taken_at, decoded_at)
    trace.add_stage("assemble", decoded_at, time.monotonic())


def _request_id(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """Return the caller's own id when it is one, else a new one."""
    given = dict(metadata).get(REQUEST_ID)
    if isinstance(given, str) and _IDENTIFIER.fullmatch(given):
        return given
    return uuid.uuid4().hex
