"""Callers in a loop: a worker that gets free waits a little for those it has just served, and for nothing else."""

import asyncio
from collections.abc import Callable

import pytest

from talmach.batching import returning
from tests.fakes import NaughtyEngine, until
from tests.unit.batching.queues import GREEDY, blocked, opened, texts, words


@pytest.fixture
def long_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer than any test lasts, so that no machine is too slow for one."""
    monkeypatch.setattr(returning, "_LONGEST_WAIT", 1_000_000_000.0)


@pytest.mark.usefixtures("long_wait")
async def test_callers_who_come_again_share_a_batch_with_those_who_wait() -> None:
    """One of three is waiting when the others are answered: it is not decoded alone."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        first = [queue.submit([words(5, name)], GREEDY)[0] for name in ("one", "two")]
        engine.gate.set()
        await until(lambda: len(engine.batches) == 1)
        late = queue.submit([words(5, "three")], GREEDY)
        await asyncio.gather(*first)
        await asyncio.sleep(0.01)  # they read their answers
        again = [queue.submit([words(5, name)], GREEDY)[0] for name in ("one", "two")]
        await texts([*late, *again])
    assert [len(batch) for batch in engine.batches] == [2, 3]


async def test_callers_who_do_not_come_again_are_waited_for_a_share_of_their_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who waits meanwhile is decoded when that is over."""
    loop, waits = asyncio.get_running_loop(), []
    call_later = loop.call_later

    def noting(delay_s: float, callback: Callable[..., object], *arguments: object) -> asyncio.TimerHandle:
        if getattr(callback, "__func__", None) is returning.Returning._give_up:
            waits.append(delay_s)
        return call_later(delay_s, callback, *arguments)

    monkeypatch.setattr(loop, "call_later", noting)
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        first = [queue.submit([words(5, name)], GREEDY)[0] for name in ("one", "two")]
        engine.seconds_per_batch = 0.2
        engine.gate.set()
        await until(lambda: len(engine.batches) == 1)
        late = queue.submit([words(5, "three")], GREEDY)
        answered, _ = await asyncio.gather(*first)
        engine.seconds_per_batch = 0.0
        (decoded,) = await asyncio.gather(*late)
    assert waits == [pytest.approx(0.08 * (answered.done_at - answered.taken_at))]
    assert decoded.taken_at - answered.done_at > 0.99 * waits[0]


@pytest.mark.usefixtures("long_wait")
async def test_a_lone_caller_waits_for_nobody() -> None:
    """The worker has served one, and one is there."""
    async with opened(NaughtyEngine()) as queue, asyncio.timeout(60.0):
        for _ in range(3):
            await asyncio.gather(*queue.submit([words(5)], GREEDY))


@pytest.mark.usefixtures("long_wait")
async def test_the_end_of_an_article_waits_for_nobody() -> None:
    """Its sentences are of one caller, who comes again when all of them are done."""
    engine = NaughtyEngine()
    async with opened(engine, max_batch_size=3) as queue, asyncio.timeout(60.0):
        await asyncio.gather(*queue.submit([words(5)] * 6, GREEDY))
    assert [len(batch) for batch in engine.batches] == [1, 3, 2]
