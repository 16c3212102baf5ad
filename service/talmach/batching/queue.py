"""The queue itself: lives on one event loop, decodes in its own threads."""

import asyncio
import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from talmach.batching.backlog import Backlog
from talmach.batching.lane import FAIR_SHARE_S, Add, Decoded, Entry, Lane
from talmach.batching.memory import Weights
from talmach.batching.returning import Returning
from talmach.batching.work import Throughput, another, count, observe, translate
from talmach.engine.base import DecodeOptions, Hypothesis, TranslationEngine
from talmach.errors import DeadlineExceeded, EngineFailure, EngineStuck, QueueFull, TalmachError
from talmach.metrics import Metrics
from talmach.threads import Workers

_SHORTEST_RETRY_S = 0.1
_CLOSE_S = 5.0  # anything that has not ended by then may never end
_log = structlog.get_logger()


class BatchingQueue:
    """The queue of one engine."""

    def __init__(
        self,
        engine: TranslationEngine,
        *,
        workers: int,
        max_batch_tokens: int = 512,
        max_batch_size: int = 32,
        max_queue_tokens: int = 200_000,
        engine_timeout_s: float | None = None,
        metrics: Metrics,
        on_workers_change: Callable[[], None] = lambda: None,
        weights: Weights | None = None,
    ) -> None:
        """Limits count source tokens, that of a batch with padding; None = no timeout, or weights that always stay."""
        self.engine = engine
        self._max_batch_tokens = max_batch_tokens
        self._max_batch_size = max_batch_size
        self._max_queue_tokens = max_queue_tokens
        self._metrics = metrics
        self._on_workers_change = on_workers_change
        self._workers = Workers(
            workers, name=engine.model_id, timeout_s=engine_timeout_s, metrics=metrics, on_change=self._follow_workers
        )
        self._numbers = itertools.count()
        self._lanes: dict[tuple[DecodeOptions, bool], Lane] = {}
        self._backlog = Backlog(metrics)
        self._promised_tokens = 0  # of requests that are accepted and not queued as a whole yet
        self._throughput = Throughput()
        self._running: set[asyncio.Task[None]] = set()
        self._decoding: set[asyncio.Future[list[Hypothesis]]] = set()  # until their batches are settled
        self._dispatch_is_due = False
        self._returning = Returning(self._schedule_dispatch)
        self._weights = weights
        if weights is not None:
            weights.is_idle, weights.on_change = self._is_idle, self._follow_weights

    @property
    def waiting_sentences(self) -> int:
        """Sentences that no worker has taken yet."""
        return self._backlog.sentences

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory, or need not be."""
        return self._weights is None or self._weights.is_loaded

    @property
    def is_stuck(self) -> bool:
        """Whether no worker is left; everything is refused then."""
        return self._workers.are_all_stuck

    def submit(
        self, sentences: Sequence[Sequence[str]], options: DecodeOptions, *, deadline: float | None = None
    ) -> "list[asyncio.Future[Decoded]]":
        """Queue the tokenised sentences of one request, all or none, and return their futures in order.

        A cancelled future's sentence is dropped. `deadline` is in seconds of `time.monotonic`. A future fails with
        EngineFailure when the engine failed on its batch, with DeadlineExceeded when the deadline passed before a
        worker was free, and with EngineStuck when no worker comes back; nobody needs to look at it.

        Raises:
            EngineStuck: no worker is left.
            QueueFull: there is no room; says when what waits will be done.
            DeadlineExceeded: what is due before this request already takes longer than the time left.

        """
        with self.admitted(sum(map(len, sentences)), options, deadline) as add:
            return [add(sentence, position) for position, sentence in enumerate(sentences)]

    @contextmanager
    def admitted(self, tokens: int, options: DecodeOptions, deadline: float | None) -> Iterator[Add]:
        """Accept a request of so many tokens; raises as `submit` does. Within the block its sentences are queued."""
        self._admit(tokens, deadline)
        promised = tokens
        self._promised_tokens += tokens

        def add(sentence: Sequence[str], position: int) -> asyncio.Future[Decoded]:
            nonlocal promised
            promised -= len(sentence)
            self._promised_tokens -= len(sentence)
            return self._add(sentence, options, position * FAIR_SHARE_S, deadline)

        try:
            yield add
        finally:
            self._promised_tokens -= promised

    def resubmit(
        self, sentence: Sequence[str], options: DecodeOptions, *, deadline: float | None = None, alone: bool = False
    ) -> asyncio.Future[Decoded]:
        """Queue a sentence of an accepted request once more: it is never refused, or half an article would be lost.

        `alone` = in a batch of its own, because another sentence may have been what made the first batch fail.
        """
        return self._add(sentence, options, 0.0, deadline, alone=alone)

    async def close(self) -> None:
        """Wait for running batches, but not for ever, and end the threads; what still waits is cancelled."""
        for entry in self._entries():
            entry.future.cancel()
        await asyncio.sleep(0)  # lets the cancelled ones leave the queue before a worker gets free
        if self._running:
            await asyncio.wait(self._running, timeout=_CLOSE_S)
        self._workers.close()

    def _admit(self, tokens: int, deadline: float | None) -> None:
        if self.is_stuck:
            self._metrics.refused.labels(EngineStuck.reason).inc()
            raise EngineStuck
        load_s, wait_s = self._seconds_to_load(), self._backlog.tokens / self._tokens_per_s()
        # An empty queue takes a request of any size, or the largest article could never be translated.
        known = self._backlog.tokens + self._promised_tokens
        if known and known + tokens > self._max_queue_tokens:
            self._metrics.refused.labels("QUEUE_FULL").inc()
            raise QueueFull(retry_after_s=max(wait_s, _SHORTEST_RETRY_S))
        if deadline is not None and self._is_hopeless(deadline - load_s, wait_s):
            self._metrics.refused.labels("DEADLINE_EXCEEDED").inc()
            raise DeadlineExceeded

    def _is_hopeless(self, deadline: float, wait_s: float) -> bool:
        now = time.monotonic()
        if now >= deadline or now + wait_s < deadline:
            return now >= deadline
        # Looked at more closely: most of a book that waits is due after a headline that comes now.
        oldest = min((first.due for lane in self._lanes.values() if (first := lane.first())), default=now)
        return now + self._backlog.due(oldest, now) / self._tokens_per_s() >= deadline

    def _entries(self) -> list[Entry]:
        return [entry for lane in self._lanes.values() for entry in lane.entries() if not entry.future.done()]

    def _tokens_per_s(self) -> float:
        """Source tokens per second of all workers that are not stuck."""
        return self._throughput.tokens_per_s * (self._workers.count - self._workers.stuck)

    def _add(
        self,
        sentence: Sequence[str],
        options: DecodeOptions,
        delay_s: float,
        deadline: float | None,
        *,
        alone: bool = False,
    ) -> asyncio.Future[Decoded]:
        now = time.monotonic()
        if (lane := self._lanes.get((options, alone))) is None:
            lane = self._lanes[options, alone] = Lane(options, 1 if alone else self._max_batch_size)
        future: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
        entry = Entry(sentence, next(self._numbers), now + delay_s, deadline, now, future)
        future.add_done_callback(functools.partial(self._settle, lane, entry))
        lane.add(entry)
        self._backlog.add([entry])
        if self.is_stuck:
            future.set_exception(EngineStuck())
        self._schedule_dispatch()
        return future

    def _schedule_dispatch(self) -> None:
        # Once per turn of the loop: callers that come in the same turn share the first batch.
        if not self._dispatch_is_due:
            self._dispatch_is_due = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._dispatch_is_due = False
        waiting = self._backlog.sentences
        is_settled = not any(map(asyncio.Future.done, self._decoding))  # who returns is known
        if not waiting or self._seconds_to_load() or not is_settled or self._returning.are_more_than(waiting):
            return
        # With idle workers beside the first one, one caller's article is shared out instead of decoded by one of them.
        share = -(-waiting // max(1, self._workers.free))
        # An idle engine begins with one sentence: a reader of a stream sees it while the rest is being decoded.
        is_idle = not self._running and not self._returning.are_awaited
        self._returning.forget()
        while self._workers.free and self._backlog.sentences:
            batch, options = self._next_batch(1 if is_idle else share)
            is_idle = False
            if batch:
                hypotheses = self._workers.run(functools.partial(translate, self.engine, batch, options))
                self._decoding.add(hypotheses)
                task = asyncio.get_running_loop().create_task(self._settle_batch(batch, hypotheses))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                task.add_done_callback(self._make_room)
            else:
                # Those of a book whose deadline has passed are tens of thousands: some in each turn.
                self._schedule_dispatch()
                break

    def _next_batch(self, sentences: int) -> tuple[list[Entry], DecodeOptions]:
        self._lanes = {key: lane for key, lane in self._lanes.items() if lane.waiting}
        due = [(first.due, first.number, lane) for lane in self._lanes.values() if (first := lane.first())]
        lane = min(due)[2]
        entries = lane.take_batch(self._max_batch_tokens, sentences)
        self._backlog.remove(entries)
        return [entry for entry in entries if self._is_wanted(entry)], lane.options

    def _is_wanted(self, entry: Entry) -> bool:
        if entry.future.done():  # cancelled in this turn of the loop
            self._metrics.dropped_sentences.labels("cancelled").inc()
            return False
        if entry.deadline is not None and time.monotonic() >= entry.deadline:
            self._metrics.dropped_sentences.labels("expired").inc()
            entry.future.set_exception(DeadlineExceeded())
            return False
        return True

    async def _settle_batch(self, batch: list[Entry], hypotheses: asyncio.Future[list[Hypothesis]]) -> None:
        taken_at = time.monotonic()
        try:
            observe(batch, taken_at, self._metrics)
            self._finish(batch, await hypotheses, taken_at)
        except EngineFailure as failure:
            self._fail(batch, failure)
        finally:
            self._decoding.discard(hypotheses)
            self._schedule_dispatch()

    def _follow_workers(self) -> None:
        """Go on when a worker gets free, or give up what waits when none is left."""
        if self.is_stuck:
            for entry in self._entries():
                entry.future.set_exception(EngineStuck())
        self._schedule_dispatch()
        self._on_workers_change()

    def _seconds_to_load(self) -> float:
        """Have the weights loaded unless they are; return how long that takes, 0 = they are loaded."""
        return 0.0 if self._weights is None else self._weights.want()

    def _is_idle(self) -> bool:
        return not (self._backlog.sentences or self._running) and self._workers.free == self._workers.count

    def _follow_weights(self, failure: Callable[[], TalmachError] | None) -> None:
        """Begin what waits for the weights, or refuse it."""
        if failure is None:
            self._schedule_dispatch()
        else:
            for entry in self._entries():
                entry.future.set_exception(failure())

    def _make_room(self, _: object = None) -> None:
        """Give the memory to others when there is nothing to do here."""
        if self._weights is not None and self._is_idle():
            self._weights.make_room()

    def _fail(self, batch: list[Entry], failure: EngineFailure) -> None:
        self._metrics.engine_failures.inc()
        _log.warning("batch.failed", cause=type(failure.__cause__ or failure).__name__, sentences=len(batch))
        for entry in batch:
            if not entry.future.done():
                entry.future.set_exception(another(failure))

    def _finish(self, batch: list[Entry], hypotheses: list[Hypothesis], taken_at: float) -> None:
        done_at = time.monotonic()
        self._throughput.add(sum(entry.size for entry in batch), done_at - taken_at)
        count(batch, hypotheses, done_at - taken_at, self._metrics)
        self._returning.add(sum(entry.is_first for entry in batch), done_at - taken_at)
        for entry, hypothesis in zip(batch, hypotheses, strict=True):
            if not entry.future.done():
                entry.future.set_result(Decoded(hypothesis, entry.queued_at, taken_at, done_at))

    def _settle(self, lane: Lane, entry: Entry, future: asyncio.Future[Decoded]) -> None:
        if not future.cancelled():
            future.exception()  # seen: a caller that has gone leaves no "exception was never retrieved" in the log
        if entry.is_waiting:
            lane.remove(entry)
            self._backlog.remove([entry])
            reason = "cancelled" if future.cancelled() else "stuck" if self.is_stuck else "not_loaded"
            self._metrics.dropped_sentences.labels(reason).inc()
            self._make_room()
