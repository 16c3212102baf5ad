"""Merges the sentences of all callers into batches: the queue between the use cases and one translation engine.

A free worker takes the sentence that is due first and fills the batch with the nearest lengths, at once, without waiting
for more to come: under load the queue is never empty when a worker gets free, and without load there is nobody to wait for.

When a sentence is due: `arrival + position in its request * FAIR_SHARE_S`. A headline that comes after a book overtakes all
of the book but its beginning, and the book still advances, because due times never change.
"""

import asyncio
import functools
import heapq
import itertools
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from talmach.engine.base import DecodeOptions, Hypothesis, TranslationEngine
from talmach.errors import DeadlineExceeded, EngineFailure, QueueFull, TalmachError
from talmach.metrics import Metrics

FAIR_SHARE_S = 0.02
# Starting point of the throughput estimate; the first batches correct it.
_ASSUMED_TOKENS_PER_S = 2_000.0
_ESTIMATE_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class Decoded:
    """A hypothesis and when things happened to its sentence, in seconds of `time.monotonic`."""

    hypothesis: Hypothesis
    queued_at: float
    taken_at: float
    done_at: float


@dataclass(slots=True, eq=False)
class _Entry:
    tokens: Sequence[str]
    number: int  # order of arrival
    due: float
    deadline: float | None
    queued_at: float
    future: "asyncio.Future[Decoded]"
    is_waiting: bool = True

    @property
    def size(self) -> int:
        return len(self.tokens)


@dataclass(slots=True)
class _Lane:
    """The waiting sentences of one set of decode options, by due time and by length."""

    by_due: list[tuple[float, int, _Entry]] = field(default_factory=list)
    by_length: dict[int, dict[int, _Entry]] = field(default_factory=dict)

    def add(self, entry: _Entry) -> None:
        heapq.heappush(self.by_due, (entry.due, entry.number, entry))
        self.by_length.setdefault(entry.size, {})[entry.number] = entry

    def first_due(self) -> float | None:
        while self.by_due and not self.by_due[0][2].is_waiting:
            heapq.heappop(self.by_due)
        return self.by_due[0][0] if self.by_due else None

    def take_batch(self, max_tokens: int, max_size: int) -> list[_Entry]:
        """Remove and return the entry due first with its nearest neighbours in length, within the padded budget."""
        seed = self.by_due[0][2]
        self.remove(seed)
        batch, longest = [seed], seed.size
        for length in sorted(self.by_length, key=lambda length: (abs(length - seed.size), length)):
            for entry in list(self.by_length[length].values()):
                if len(batch) == max_size or max(longest, length) * (len(batch) + 1) > max_tokens:
                    break
                self.remove(entry)
                batch.append(entry)
                longest = max(longest, length)
        return batch

    def remove(self, entry: _Entry) -> None:
        """Take a waiting entry out; its place in `by_due` is cleared when it comes to the front."""
        entry.is_waiting = False
        bucket = self.by_length[entry.size]
        del bucket[entry.number]
        if not bucket:
            del self.by_length[entry.size]


class BatchingQueue:
    """The queue of one engine; lives on one event loop, decodes in its own threads."""

    def __init__(
        self,
        engine: TranslationEngine,
        *,
        workers: int,
        max_batch_tokens: int = 512,
        max_batch_size: int = 32,
        max_queue_tokens: int = 200_000,
        metrics: Metrics | None = None,
    ) -> None:
        """Token limits count source tokens; `max_batch_tokens` includes padding."""
        self.engine = engine
        self._max_batch_tokens = max_batch_tokens
        self._max_batch_size = max_batch_size
        self._max_queue_tokens = max_queue_tokens
        self._metrics = metrics or Metrics()
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._workers = self._free_workers = workers
        self._numbers = itertools.count()
        self._lanes: dict[DecodeOptions, _Lane] = {}
        self._waiting_tokens = 0
        self._waiting_sentences = 0
        self._tokens_per_s = _ASSUMED_TOKENS_PER_S
        self._running: set[asyncio.Task[None]] = set()
        self._dispatch_is_due = False

    @property
    def waiting_sentences(self) -> int:
        """Sentences that no worker has taken yet."""
        return self._waiting_sentences

    def submit(
        self, sentences: Sequence[Sequence[str]], options: DecodeOptions, *, deadline: float | None = None
    ) -> "list[asyncio.Future[Decoded]]":
        """Queue the tokenised sentences of one request, all or none, and return their futures in order.

        A cancelled future's sentence is dropped. `deadline` is in seconds of `time.monotonic`.

        Raises:
            QueueFull: there is no room; says when there will be.
            DeadlineExceeded: what waits already takes longer than the time left.

        """
        tokens = sum(map(len, sentences))
        self._admit(tokens, deadline)
        now = time.monotonic()
        lane = self._lanes.setdefault(options, _Lane())
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Decoded]] = []
        for position, sentence in enumerate(sentences):
            future: asyncio.Future[Decoded] = loop.create_future()
            due = now + position * FAIR_SHARE_S
            entry = _Entry(sentence, next(self._numbers), due, deadline, now, future)
            future.add_done_callback(functools.partial(self._drop_cancelled, lane, entry))
            lane.add(entry)
            futures.append(future)
        self._count(len(sentences), tokens)
        self._schedule_dispatch()
        return futures

    async def close(self) -> None:
        """Wait for running batches and end the threads; what still waits is cancelled."""
        for lane in self._lanes.values():
            for _, _, entry in lane.by_due:
                entry.future.cancel()
        await asyncio.sleep(0)  # lets the cancelled ones leave the queue before a worker gets free
        while self._running:
            await asyncio.wait(self._running)
        self._executor.shutdown(wait=True)

    def _admit(self, tokens: int, deadline: float | None) -> None:
        wait_s = self._waiting_tokens / self._tokens_per_s
        # An empty queue takes a request of any size, or the largest article could never be translated.
        if self._waiting_tokens and self._waiting_tokens + tokens > self._max_queue_tokens:
            self._metrics.refused.labels("QUEUE_FULL").inc()
            raise QueueFull(retry_after_s=max(wait_s, 0.1))
        if deadline is not None and time.monotonic() + wait_s >= deadline:
            self._metrics.refused.labels("DEADLINE_EXCEEDED").inc()
            raise DeadlineExceeded

    def _schedule_dispatch(self) -> None:
        # Once per turn of the loop: callers that come in the same turn share the first batch.
        if not self._dispatch_is_due:
            self._dispatch_is_due = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._dispatch_is_due = False
        while self._free_workers and self._waiting_sentences:
            batch, options = self._next_batch()
            if batch:
                self._free_workers -= 1
                task = asyncio.get_running_loop().create_task(self._run(batch, options))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    def _next_batch(self) -> tuple[list[_Entry], DecodeOptions]:
        due = {options: first for options, lane in self._lanes.items() if (first := lane.first_due()) is not None}
        options = min(due, key=due.__getitem__)
        # With idle workers beside this one, one caller's article is shared out instead of decoded by one of them.
        share = -(-self._waiting_sentences // self._free_workers)
        entries = self._lanes[options].take_batch(self._max_batch_tokens, min(self._max_batch_size, share))
        if self._lanes[options].first_due() is None:
            del self._lanes[options]
        self._count(-len(entries), -sum(entry.size for entry in entries))
        return [entry for entry in entries if self._is_wanted(entry)], options

    def _is_wanted(self, entry: _Entry) -> bool:
        if entry.future.done():  # cancelled in this turn of the loop
            self._metrics.dropped_sentences.labels("cancelled").inc()
            return False
        if entry.deadline is not None and time.monotonic() >= entry.deadline:
            self._metrics.dropped_sentences.labels("expired").inc()
            entry.future.set_exception(DeadlineExceeded())
            return False
        return True

    async def _run(self, batch: list[_Entry], options: DecodeOptions) -> None:
        taken_at = time.monotonic()
        self._observe_batch(batch, taken_at)

        def is_cancelled(position: int) -> bool:
            return batch[position].future.cancelled()

        try:
            hypotheses = await asyncio.get_running_loop().run_in_executor(
                self._executor, self.engine.translate, [entry.tokens for entry in batch], options, is_cancelled
            )
            if len(hypotheses) != len(batch):
                raise EngineFailure
        except Exception as error:  # noqa: BLE001 - whatever an engine raises belongs to the callers of this batch
            self._fail(batch, error if isinstance(error, TalmachError) else EngineFailure(), error)
        else:
            self._finish(batch, hypotheses, taken_at)
        finally:
            self._free_workers += 1
            self._schedule_dispatch()

    def _fail(self, batch: list[_Entry], error: TalmachError, cause: Exception) -> None:
        if cause is not error:
            error.__cause__ = cause
        for entry in batch:
            if not entry.future.done():
                entry.future.set_exception(error)

    def _finish(self, batch: list[_Entry], hypotheses: list[Hypothesis], taken_at: float) -> None:
        done_at = time.monotonic()
        tokens = sum(entry.size for entry in batch)
        rate = tokens / max(done_at - taken_at, 1e-6) * self._workers
        self._tokens_per_s += _ESTIMATE_WEIGHT * (rate - self._tokens_per_s)
        self._metrics.engine_s.observe(done_at - taken_at)
        self._metrics.source_tokens.inc(tokens)
        self._metrics.target_tokens.inc(sum(hypothesis.tokens for hypothesis in hypotheses))
        for entry, hypothesis in zip(batch, hypotheses, strict=True):
            if not entry.future.done():
                entry.future.set_result(Decoded(hypothesis, entry.queued_at, taken_at, done_at))

    def _drop_cancelled(self, lane: _Lane, entry: _Entry, _: "asyncio.Future[Decoded]") -> None:
        if entry.is_waiting:
            lane.remove(entry)
            self._count(-1, -entry.size)
            self._metrics.dropped_sentences.labels("cancelled").inc()

    def _observe_batch(self, batch: list[_Entry], taken_at: float) -> None:
        padded = len(batch) * max(entry.size for entry in batch)
        self._metrics.batch_sentences.observe(len(batch))
        self._metrics.batch_tokens.observe(padded)
        self._metrics.batch_padding_ratio.observe(1 - sum(entry.size for entry in batch) / padded)
        for entry in batch:
            self._metrics.queue_wait_s.observe(taken_at - entry.queued_at)

    def _count(self, sentences: int, tokens: int) -> None:
        self._waiting_sentences += sentences
        self._waiting_tokens += tokens
        self._metrics.queue_sentences.inc(sentences)
        self._metrics.queue_tokens.inc(tokens)
