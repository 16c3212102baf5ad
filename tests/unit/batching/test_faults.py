"""Callers that go away, engines that fail, and the end of a queue."""

import asyncio
import gc
import time
from typing import Any

import pytest

from talmach.batching import BatchingQueue, Decoded
from talmach.errors import EngineFailure, QueueFull
from talmach.metrics import Metrics
from tests.fakes import NaughtyEngine, until
from tests.unit.batching.queues import BEAM, GREEDY, blocked, opened, put_forward, sentence, texts, words


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
        failures = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 60)
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
        answers = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 60)
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
    gc.collect()  # what other tests left is not looked at
    caplog.clear()
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        engine.raises = RuntimeError()
        futures = queue.submit([sentence("one")], GREEDY)
        await until(futures[0].done)
        futures.clear()
        gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_the_gauges_return_to_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """After translations, failures, cancellations and expiries nothing is counted as waiting."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, metrics=metrics, max_batch_size=4) as queue:
        futures = queue.submit([words(number % 9 + 1) for number in range(100)], GREEDY)
        futures += queue.submit([sentence("raise")], BEAM)
        futures += queue.submit([words(5)], GREEDY, deadline=time.monotonic() + 1_000)
        for future in futures[20:40]:
            future.cancel()
        put_forward(monkeypatch, 2_000)
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
    await asyncio.wait_for(closing, 60)
    assert (await running).hypothesis.text == "running"
    assert engine.decoded == ["running"]
    assert queue.waiting_sentences == 0


async def test_a_closed_queue_fails_instead_of_hanging() -> None:
    """Whoever comes too late learns it."""
    queue = BatchingQueue(NaughtyEngine(), workers=1, metrics=Metrics())
    await queue.close()
    (future,) = queue.submit([sentence("late")], GREEDY)
    with pytest.raises(EngineFailure):
        await asyncio.wait_for(future, 60)
