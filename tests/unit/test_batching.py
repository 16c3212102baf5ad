"""The queue between callers and engine: order, identity, budgets, fairness, limits, cancellation and failure."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from talmach.batching import BatchingQueue, Decoded
from talmach.engine.base import DecodeOptions
from talmach.errors import DeadlineExceeded, EngineFailure, QueueFull
from talmach.metrics import Metrics
from tests.fakes import NaughtyEngine, until

GREEDY = DecodeOptions()
BEAM = DecodeOptions(beam_size=4)


def sentence(*words: str) -> list[str]:
    """Tokens as the engine would make them."""
    return ["<2en>", *words]


def words(count: int, name: str = "word") -> list[str]:
    """A sentence of `count` tokens, its tag included."""
    return sentence(*[name] * (count - 1))


@asynccontextmanager
async def opened(engine: NaughtyEngine, **options: Any) -> AsyncIterator[BatchingQueue]:
    """A queue that is closed at the end, whatever hangs."""
    queue = BatchingQueue(engine, **{"workers": 1, "metrics": Metrics(), **options})
    try:
        yield queue
    finally:
        engine.gate.set()
        engine.release.set()
        await queue.close()


@asynccontextmanager
async def blocked(engine: NaughtyEngine, **options: Any) -> AsyncIterator[BatchingQueue]:
    """A queue whose only worker is busy until `engine.gate` is set; the engine's lists are empty."""
    async with opened(engine, **options) as queue:
        engine.gate.clear()
        queue.submit([sentence("blocker")], GREEDY)
        await until(engine.began.is_set)
        engine.batches.clear()
        engine.tokens.clear()
        engine.options.clear()
        yield queue


async def texts(futures: "Sequence[asyncio.Future[Decoded]]") -> list[str]:
    """Wait for the answers."""
    return [decoded.hypothesis.text for decoded in await asyncio.gather(*futures)]


async def test_results_come_in_the_order_of_the_request() -> None:
    """Whatever batches the lengths lead to, future *i* belongs to sentence *i*."""
    async with opened(NaughtyEngine(), workers=2) as queue:
        sentences = [sentence(*["x"] * (number % 13), str(number)) for number in range(200)]
        expected = [" ".join(reversed(each[1:])) for each in sentences]
        assert await texts(queue.submit(sentences, GREEDY)) == expected


async def test_every_answer_belongs_to_its_question() -> None:
    """A hundred concurrent requests with identifiable sentences, through four workers, mix nothing up."""
    rng = np.random.default_rng(1)
    async with opened(NaughtyEngine(), workers=4) as queue:

        async def request(caller: int) -> None:
            await asyncio.sleep(rng.random() / 100)
            names = [f"{caller}/{number}" for number in range(rng.integers(1, 12))]
            sentences = [sentence(name, *["x"] * int(rng.integers(30))) for name in names]
            answers = await texts(queue.submit(sentences, BEAM if rng.integers(2) else GREEDY))
            assert [answer.split()[-1] for answer in answers] == names

        await asyncio.gather(*map(request, range(100)))
        assert queue.waiting_sentences == 0


async def test_batches_keep_the_padded_token_budget_and_the_size() -> None:
    """Longest times number stays within the budget, and no batch is larger than allowed."""
    engine = NaughtyEngine()
    rng = np.random.default_rng(2)
    async with blocked(engine, max_batch_tokens=100, max_batch_size=7) as queue:
        futures = queue.submit([words(int(rng.integers(1, 60))) for _ in range(150)], GREEDY)
        engine.gate.set()
        await asyncio.gather(*futures)
    sizes = [[len(tokens) for tokens in batch] for batch in engine.tokens]
    assert max(max(batch) * len(batch) for batch in sizes) <= 100
    assert max(map(len, sizes)) == 7


async def test_a_sentence_above_the_budget_is_decoded_alone() -> None:
    """The budget may not keep a sentence waiting for ever."""
    engine = NaughtyEngine()
    async with blocked(engine, max_batch_tokens=20) as queue:
        futures = queue.submit([words(30), words(30), words(3)], GREEDY)
        engine.gate.set()
        await asyncio.gather(*futures)
    assert [list(map(len, batch)) for batch in engine.tokens] == [[30], [30], [3]]


async def test_a_batch_is_filled_with_the_nearest_lengths() -> None:
    """The sentence that is due first brings its neighbours in length, not in order."""
    engine = NaughtyEngine()
    async with blocked(engine, max_batch_size=3) as queue:
        futures = queue.submit([words(size) for size in (10, 50, 2, 11, 48, 9, 51)], GREEDY)
        engine.gate.set()
        await asyncio.gather(*futures)
    assert [sorted(map(len, batch)) for batch in engine.tokens] == [[9, 10, 11], [48, 50, 51], [2]]


async def test_a_lone_sentence_does_not_wait() -> None:
    """There is no timer: with a free worker it is in the engine after one turn of the loop."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        (future,) = queue.submit([sentence("alone")], GREEDY)
        await asyncio.sleep(0)
        assert queue.waiting_sentences == 0
        decoded = await future
    assert engine.batches == [["alone"]]
    assert decoded.queued_at <= decoded.taken_at <= decoded.done_at
    assert decoded.taken_at - decoded.queued_at < 0.05


async def test_callers_of_one_turn_share_batches() -> None:
    """Sentences that several callers submit before the loop turns: one for a quick beginning, then the others."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        futures = [queue.submit([sentence(f"caller{number}")], GREEDY)[0] for number in range(10)]
        await asyncio.gather(*futures)
    assert list(map(len, engine.batches)) == [1, 9]


async def test_an_idle_engine_begins_with_the_first_sentence() -> None:
    """It is soon there; what follows is batched."""
    engine = NaughtyEngine()
    async with opened(engine, max_batch_size=3) as queue:
        await asyncio.gather(*queue.submit([words(size) for size in (10, 50, 3, 11, 2)], GREEDY))
    assert [sorted(map(len, batch)) for batch in engine.tokens] == [[10], [3, 11, 50], [2]]


async def test_idle_workers_share_one_article() -> None:
    """Of two free workers the second gets half of the sentences, and whoever is free first what is left."""
    engine = NaughtyEngine()
    engine.gate.clear()
    async with opened(engine, workers=2) as queue:
        futures = queue.submit([words(5) for _ in range(8)], GREEDY)
        await until(lambda: len(engine.batches) == 2)
        assert sorted(map(len, engine.batches)) == [1, 4]
        engine.gate.set()
        await asyncio.gather(*futures)
    assert sum(map(len, engine.batches)) == 8


async def test_a_headline_overtakes_a_book() -> None:
    """A sentence that comes after a book of 500 is done when little of the book is."""
    engine = NaughtyEngine()
    async with blocked(engine, max_batch_size=8) as queue:
        book = queue.submit([sentence("book", str(number)) for number in range(500)], GREEDY)
        (headline,) = queue.submit([sentence("a", "headline")], GREEDY)
        engine.gate.set()
        await headline
        assert sum(future.done() for future in book) <= 16
        await asyncio.gather(*book)


async def test_a_book_advances_under_a_stream_of_headlines() -> None:
    """Due times never change: what came early is due before what comes late, however much comes."""
    engine = NaughtyEngine(seconds_per_batch=0.001)
    async with opened(engine, max_batch_size=2) as queue:
        book = queue.submit([sentence("book", str(number)) for number in range(10)], GREEDY)
        headlines: list[asyncio.Future[Decoded]] = []
        end = time.monotonic() + 10
        while not all(future.done() for future in book) and time.monotonic() < end:
            headlines += queue.submit([sentence("headline", str(number)) for number in range(4)], GREEDY)
            await asyncio.sleep(0.001)
        assert all(future.done() for future in book)
        assert not all(future.done() for future in headlines)


async def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    """A request that does not fit is refused as a whole; one that does is taken."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, max_queue_tokens=100, metrics=metrics) as queue:
        first = queue.submit([words(10) for _ in range(6)], GREEDY)
        with pytest.raises(QueueFull) as caught:
            queue.submit([words(10) for _ in range(5)], GREEDY)
        assert caught.value.retry_after_s > 0
        assert queue.waiting_sentences == 6
        assert metrics.registry.get_sample_value("talmach_refused_total", {"reason": "QUEUE_FULL"}) == 1
        second = queue.submit([words(10) for _ in range(4)], GREEDY)
        engine.gate.set()
        await asyncio.gather(*first, *second)


async def test_an_empty_queue_takes_anything() -> None:
    """A request larger than the whole queue is not refused for ever."""
    async with opened(NaughtyEngine(), max_queue_tokens=10) as queue:
        assert len(await texts(queue.submit([words(9) for _ in range(50)], GREEDY))) == 50


async def test_nothing_to_do_is_nothing_to_wait_for() -> None:
    """An empty request has no futures and leaves no trace."""
    async with opened(NaughtyEngine()) as queue:
        assert queue.submit([], BEAM) == []
        assert queue._lanes == {}


async def test_a_second_decode_is_never_refused() -> None:
    """Of a request that was accepted, whatever has to be decoded again finds room."""
    engine = NaughtyEngine()
    async with blocked(engine, max_queue_tokens=10) as queue:
        first = queue.submit([words(10)], GREEDY)
        again = queue.resubmit(words(10, "again"), BEAM)
        engine.gate.set()
        assert (await again).hypothesis.text.split()[0] == "again"
        await asyncio.gather(*first)


async def test_sentences_that_must_be_alone_are() -> None:
    """Each is a batch of its own, even with others of the same options waiting."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        together = queue.submit([sentence("x", str(number)) for number in range(3)], GREEDY)
        alone = [queue.resubmit(sentence("alone", str(number)), GREEDY, alone=True) for number in range(3)]
        engine.gate.set()
        await asyncio.gather(*together, *alone)
    assert sorted(map(len, engine.batches)) == [1, 1, 1, 3]


async def test_a_deadline_that_has_passed_is_refused_at_once() -> None:
    """Nothing is queued for a caller that has stopped waiting."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        with pytest.raises(DeadlineExceeded):
            queue.submit([sentence("late")], GREEDY, deadline=time.monotonic() - 0.001)
        assert queue.waiting_sentences == 0
    assert engine.batches == []


async def test_a_hopeless_deadline_is_refused_at_once() -> None:
    """When what is due before takes longer than the time left, the caller learns it now."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, metrics=metrics) as queue:
        waiting = [queue.submit([words(50)], GREEDY) for _ in range(200)]  # 5 s at the assumed 2,000 tokens/s
        with pytest.raises(DeadlineExceeded):
            queue.submit([sentence("late")], GREEDY, deadline=time.monotonic() + 1)
        assert metrics.registry.get_sample_value("talmach_refused_total", {"reason": "DEADLINE_EXCEEDED"}) == 1
        in_time = queue.submit([sentence("patient")], GREEDY, deadline=time.monotonic() + 60)
        engine.gate.set()
        await asyncio.gather(*in_time, *(future for each in waiting for future in each))


async def test_a_book_does_not_make_a_headlines_deadline_hopeless() -> None:
    """The headline will overtake the book, so the book's length is no reason to refuse it."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        book = queue.submit([words(50) for _ in range(500)], GREEDY)
        (headline,) = queue.submit([sentence("headline")], GREEDY, deadline=time.monotonic() + 3)
        engine.gate.set()
        assert (await headline).hypothesis.text == "headline"
        await asyncio.gather(*book)


async def test_a_deadline_that_passes_in_the_queue() -> None:
    """The future fails and the engine never sees the sentence; its neighbours are decoded."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, metrics=metrics) as queue:
        (late,) = queue.submit([sentence("late")], GREEDY, deadline=time.monotonic() + 0.03)
        (patient,) = queue.submit([sentence("patient")], GREEDY)
        await asyncio.sleep(0.04)
        engine.gate.set()
        with pytest.raises(DeadlineExceeded):
            await late
        await patient
    assert engine.decoded == ["patient"]
    assert metrics.registry.get_sample_value("talmach_dropped_sentences_total", {"reason": "expired"}) == 1


async def test_cancelled_sentences_leave_the_queue_at_once() -> None:
    """Their room is free while the only worker is still busy, and the engine never sees them."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, max_queue_tokens=100, metrics=metrics) as queue:
        futures = queue.submit([words(10) for _ in range(10)], GREEDY)
        for future in futures[1:]:
            future.cancel()
        await asyncio.sleep(0)
        assert queue.waiting_sentences == 1
        assert engine.batches == []
        assert metrics.registry.get_sample_value("talmach_queue_tokens") == 10
        others = queue.submit([words(10, "other") for _ in range(9)], GREEDY)
        engine.gate.set()
        await asyncio.gather(futures[0], *others)
    assert sorted(text.split()[0] for text in engine.decoded) == ["other"] * 9 + ["word"]
    assert metrics.registry.get_sample_value("talmach_dropped_sentences_total", {"reason": "cancelled"}) == 9


async def test_cancelled_in_the_turn_of_the_batch() -> None:
    """A future cancelled after submission in the same turn is dropped and counted once."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with opened(engine, metrics=metrics) as queue:
        first, second = queue.submit([sentence("first"), sentence("second")], GREEDY)
        first.cancel()
        await second
        assert queue.waiting_sentences == 0
    assert engine.batches == [["second"]]
    assert metrics.registry.get_sample_value("talmach_dropped_sentences_total", {"reason": "cancelled"}) == 1
    assert metrics.registry.get_sample_value("talmach_queue_sentences") == 0


async def test_callers_that_come_and_go_leave_nothing_behind_a_hanging_engine() -> None:
    """The memory of cancelled sentences is given back even when no batch is formed any more."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        for _ in range(50):
            for future in queue.submit([words(10) for _ in range(100)], GREEDY):
                future.cancel()
            await asyncio.sleep(0)
        assert queue.waiting_sentences == 0
        assert sum(len(lane._by_due) for lane in queue._lanes.values()) < 300


async def test_cancelling_a_running_sentence_leaves_its_neighbour_alone() -> None:
    """The batch goes on to its end, and the other one is answered."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        gone, stays = queue.submit([sentence("hang", "gone"), sentence("stays", "here")], GREEDY)
        await until(engine.began.is_set)
        gone.cancel()
        engine.release.set()
        assert (await stays).hypothesis.text == "here stays"


@pytest.mark.parametrize(
    "error",
    [
        EngineFailure("engine: out of memory"),
        RuntimeError("words of the caller"),
        QueueFull(3.0),
        StopIteration(),
        SystemExit(1),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_an_engine_raises_fails_one_batch(error: BaseException) -> None:
    """All callers of the batch get an EngineFailure of their own that names the cause, and the queue goes on."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        engine.raises = error
        futures = queue.submit([sentence("one"), sentence("two")], GREEDY)
        engine.gate.set()
        failures = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 5)
        assert [type(failure) for failure in failures] == [EngineFailure] * 2
        assert failures[0] is not failures[1]
        assert [str(failure) for failure in failures] == ["engine: failed"] * 2
        assert isinstance(failures[0], EngineFailure)
        assert failures[0].__cause__ is error
        assert await texts(queue.submit([sentence("three")], GREEDY)) == ["three"]


async def test_missing_results_fail_the_batch() -> None:
    """Two hypotheses for three sentences belong to nobody."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        engine.lose_results = 1
        futures = queue.submit([sentence(str(number)) for number in range(3)], GREEDY)
        engine.gate.set()
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert [type(result) for result in results] == [EngineFailure] * 3
        assert await texts(queue.submit([sentence("next")], GREEDY)) == ["next"]


@pytest.mark.parametrize("results", [None, [None, None], ["one", "two"], 7])
async def test_results_of_the_wrong_kind_fail_the_batch(results: Any) -> None:
    """An engine that breaks its word does not leave its callers waiting."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        engine.translate = lambda *_: results  # type: ignore[method-assign]
        futures = queue.submit([sentence("one"), sentence("two")], GREEDY)
        answers = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 5)
        assert [type(answer) for answer in answers] == [EngineFailure] * 2


async def test_a_failed_batch_leaves_other_batches_alone() -> None:
    """Sentences of other lengths, in other batches, are translated."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, max_batch_size=2, metrics=metrics) as queue:
        futures = queue.submit([words(3), sentence("raise", "x"), words(40), words(41)], GREEDY)
        engine.gate.set()
        results = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(result) for result in results] == [EngineFailure, EngineFailure, Decoded, Decoded]
    assert metrics.registry.get_sample_value("talmach_engine_failures_total") == 1


async def test_failures_nobody_looks_at_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A caller that has gone is no reason for "exception was never retrieved" in the log."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        engine.raises = RuntimeError()
        futures = queue.submit([sentence("one")], GREEDY)
        await until(futures[0].done)
        futures.clear()
        gc.collect()
    assert caplog.records == []


async def test_options_are_never_mixed() -> None:
    """A batch is decoded with the options that its sentences asked for."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        futures = [
            queue.submit([sentence(f"beam{options.beam_size}", str(number))], options)[0]
            for number in range(20)
            for options in (GREEDY, BEAM, DecodeOptions(beam_size=2))
        ]
        engine.gate.set()
        await asyncio.gather(*futures)
    for batch, options in zip(engine.batches, engine.options, strict=True):
        assert {text.split()[0] for text in batch} == {f"beam{options.beam_size}"}
    assert len(engine.batches) == 3


async def test_the_gauges_return_to_zero() -> None:
    """After translations, failures, cancellations and expiries nothing is counted as waiting."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, metrics=metrics, max_batch_size=4) as queue:
        futures = queue.submit([words(number % 9 + 1) for number in range(100)], GREEDY)
        futures += queue.submit([sentence("raise")], BEAM)
        futures += queue.submit([words(5)], GREEDY, deadline=time.monotonic() + 0.01)
        for future in futures[20:40]:
            future.cancel()
        await asyncio.sleep(0.02)
        engine.gate.set()
        await asyncio.gather(*futures, return_exceptions=True)
    assert metrics.registry.get_sample_value("talmach_queue_sentences") == 0
    assert metrics.registry.get_sample_value("talmach_queue_tokens") == 0
    assert metrics.registry.get_sample_value("talmach_batch_sentences_sum") == 1 + 80 + 1


async def test_closing_finishes_what_runs_and_cancels_what_waits() -> None:
    """The running sentence is answered; the waiting one never reaches the engine."""
    engine = NaughtyEngine()
    engine.gate.clear()
    queue = BatchingQueue(engine, workers=1, metrics=Metrics())
    (running,) = queue.submit([sentence("running")], GREEDY)
    await until(engine.began.is_set)
    (waiting,) = queue.submit([sentence("waiting")], GREEDY)
    closing = asyncio.ensure_future(queue.close())
    await until(waiting.cancelled)
    assert not closing.done()
    engine.gate.set()
    await asyncio.wait_for(closing, 5)
    assert (await running).hypothesis.text == "running"
    assert engine.decoded == ["running"]
    assert queue.waiting_sentences == 0


async def test_a_closed_queue_fails_instead_of_hanging() -> None:
    """Whoever comes too late learns it."""
    queue = BatchingQueue(NaughtyEngine(), workers=1, metrics=Metrics())
    await queue.close()
    (future,) = queue.submit([sentence("late")], GREEDY)
    with pytest.raises(EngineFailure):
        await asyncio.wait_for(future, 5)
