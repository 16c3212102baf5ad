"""What the queue refuses: more than it holds, and what cannot be done in time."""

import asyncio
import time

import pytest

from talmach.batching.lane import Lane
from talmach.errors import DeadlineExceeded, QueueFull
from talmach.metrics import Metrics
from tests.fakes import NaughtyEngine
from tests.unit.batching.queues import BEAM, GREEDY, blocked, opened, put_forward, sentence, texts, words


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
    async with blocked(engine, max_queue_tokens=1_000_000) as queue:
        book = queue.submit([words(50) for _ in range(4_000)], GREEDY)  # 100 s at the assumed 2,000 tokens/s
        (headline,) = queue.submit([sentence("headline")], GREEDY, deadline=time.monotonic() + 60)
        engine.gate.set()
        assert (await headline).hypothesis.text == "headline"
        await asyncio.gather(*book)


async def test_a_deadline_is_judged_without_a_look_at_all_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a book in the queue and hundreds of calls, looking would take the loop's time; the judgement is the same."""
    engine = NaughtyEngine()
    async with blocked(engine, max_queue_tokens=1_000_000) as queue:
        waiting = queue.submit([words(50) for _ in range(4_000)], GREEDY)  # 100 s at the assumed 2,000 tokens/s
        put_forward(monkeypatch, 20)  # 1,000 of them are due by now, 25 s
        now = time.monotonic() + 20
        with monkeypatch.context() as patched:
            patched.setattr(Lane, "entries", None)
            with pytest.raises(DeadlineExceeded):
                queue.submit([sentence("late")], GREEDY, deadline=now + 15)
            in_time = queue.submit([sentence("patient")], GREEDY, deadline=now + 80)
        engine.gate.set()
        await asyncio.gather(*in_time, *waiting)


async def test_a_deadline_that_passes_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The future fails and the engine never sees the sentence; its neighbours are decoded."""
    engine, metrics = NaughtyEngine(), Metrics()
    async with blocked(engine, metrics=metrics) as queue:
        (late,) = queue.submit([sentence("late")], GREEDY, deadline=time.monotonic() + 1_000)
        (patient,) = queue.submit([sentence("patient")], GREEDY)
        put_forward(monkeypatch, 2_000)
        engine.gate.set()
        with pytest.raises(DeadlineExceeded):
            await late
        await patient
    assert engine.decoded == ["patient"]
    assert metrics.registry.get_sample_value("talmach_dropped_sentences_total", {"reason": "expired"}) == 1


async def test_what_is_queued_is_counted_once() -> None:
    """While a long request is being queued, its first sentences are not promised any more: others have the rest."""
    async with blocked(NaughtyEngine(), max_queue_tokens=100) as queue:
        with queue.admitted(60, GREEDY, None) as add:
            futures = [add(words(10), number) for number in range(5)]
            futures += queue.submit([words(20)], GREEDY)
            with pytest.raises(QueueFull):
                queue.submit([words(30)], GREEDY)
        futures += queue.submit([words(30)], GREEDY)  # the promise that was not kept
        assert len(futures) == 7
