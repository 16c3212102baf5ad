"""Several models within one budget of memory: who stays, who goes, who waits, and what callers are told."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from talmach.batching import BatchingQueue, ModelMemory, Weights
from talmach.engine.base import DecodeOptions
from talmach.errors import DeadlineExceeded, ModelNotLoaded, ModelUnusable
from talmach.metrics import Metrics
from tests.fakes import NaughtyEngine, until

GREEDY = DecodeOptions()


class Large(NaughtyEngine):
    """An engine that notes whether it is loaded; a batch of one that is not fails."""

    def __init__(self, house: "House", model_id: str) -> None:
        super().__init__(model_id=model_id)
        self.house = house
        self.load_s = 0.0
        self.is_loading = threading.Event()
        self.may_load = threading.Event()  # cleared, loading does not end
        self.may_load.set()
        self.problem: Exception | None = None

    def load(self) -> None:
        self.is_loading.set()
        time.sleep(self.load_s)
        self.may_load.wait()
        if self.problem is not None:
            raise self.problem
        self.house.loaded.append(self.model_id)
        self.house.loads.append(self.model_id)
        self.house.most = max(self.house.most, len(self.house.loaded))

    def unload(self) -> None:
        self.house.loaded.remove(self.model_id)

    def translate(self, batch: Any, options: DecodeOptions) -> Any:
        assert self.model_id in self.house.loaded
        return super().translate(batch, options)


class House:
    """Four models of 10 bytes each, of which so many fit as the budget says."""

    def __init__(self, budget_bytes: int, **options: Any) -> None:
        self.loaded: list[str] = []
        self.loads: list[str] = []
        self.most = 0  # at any time
        self.metrics = Metrics()
        self.memory = ModelMemory(budget_bytes, metrics=self.metrics, **options)
        self.engines = {name: Large(self, name) for name in "abcd"}
        self.weights = {
            name: Weights(name, 10, engine.load, engine.unload, is_loaded=False)
            for name, engine in self.engines.items()
        }
        for each in self.weights.values():
            self.memory.add(each)
        self.queues = {
            name: BatchingQueue(engine, workers=1, metrics=self.metrics, weights=self.weights[name])
            for name, engine in self.engines.items()
        }

    async def ask(self, name: str, *, deadline: float | None = None) -> str:
        (future,) = self.queues[name].submit([["<2en>", "one", name]], GREEDY, deadline=deadline)
        return (await future).hypothesis.text


@asynccontextmanager
async def opened(budget_bytes: int, **options: Any) -> AsyncIterator[House]:
    """A house that is closed at the end."""
    house = House(budget_bytes, **options)
    try:
        yield house
    finally:
        for engine in house.engines.values():
            engine.gate.set()
            engine.may_load.set()
        for queue in house.queues.values():
            await queue.close()
        house.memory.close()


async def test_a_model_is_loaded_when_it_is_needed() -> None:
    """And stays; the next call waits for nothing."""
    async with opened(20) as house:
        assert await house.ask("a") == "a one"
        assert await house.ask("a") == "a one"
        assert house.loads == ["a"]
        assert house.memory.loaded == {"a"}
        assert house.metrics.registry.get_sample_value("talmach_model_loads_total", {"model": "a"}) == 1
        assert house.metrics.registry.get_sample_value("talmach_model_weights_bytes", {"model": "a"}) == 10


async def test_the_one_that_was_used_longest_ago_makes_room() -> None:
    """Never are more loaded than the budget allows."""
    async with opened(20) as house:
        for name in "abac":
            await house.ask(name)
        assert house.memory.loaded == {"a", "c"}
        assert sorted(house.loaded) == ["a", "c"]
        await house.ask("b")
        assert house.memory.loaded == {"b", "c"}
        assert house.most == 2
        assert house.metrics.registry.get_sample_value("talmach_model_weights_bytes", {"model": "a"}) == 0


async def test_callers_of_four_models_share_the_room_of_two() -> None:
    """Whatever order they come in, everybody gets an answer, and no batch meets a model that is not there."""
    async with opened(20) as house:
        for engine in house.engines.values():
            engine.load_s = engine.seconds_per_batch = 0.002

        async def call(number: int) -> str:
            await asyncio.sleep(0.003 * (number % 7))
            return await house.ask("abcd"[number % 4])

        answers = await asyncio.gather(*map(call, range(60)))
        assert answers == [f"{'abcd'[number % 4]} one" for number in range(60)]
        assert house.most <= 2
        assert all(set(batch) == {f"one {name}"} for name in "abcd" for batch in house.engines[name].batches)


async def test_a_model_at_work_stays_and_who_waits_is_told_so_in_time() -> None:
    """The wait is bounded and leaves nothing in the queue; whoever comes again gets the model when there is room."""
    async with opened(10, longest_wait_s=0.6) as house:
        await house.ask("a")
        house.engines["a"].gate.clear()
        busy = asyncio.ensure_future(house.ask("a"))
        await until(lambda: len(house.engines["a"].batches) == 2)
        with pytest.raises(ModelNotLoaded, match=r"^b: is not in memory, and other models are at work; try again in"):
            await house.ask("b")
        assert house.queues["b"].waiting_sentences == 0
        assert house.metrics.registry.get_sample_value("talmach_refused_total", {"reason": "MODEL_NOT_LOADED"}) == 1
        assert house.memory.loaded == {"a"}
        house.memory._longest_wait_s = 60
        waiting = asyncio.ensure_future(house.ask("b"))
        await until(lambda: house.queues["b"].waiting_sentences)
        house.engines["a"].gate.set()
        assert await busy == "a one"
        assert await waiting == "b one"
        assert house.memory.loaded == {"b"}


async def test_who_goes_away_while_a_model_is_loaded_leaves_nothing() -> None:
    """The model comes all the same: it is there for the next one."""
    async with opened(10) as house:
        house.engines["a"].may_load.clear()
        call = asyncio.ensure_future(house.ask("a"))
        await until(house.engines["a"].is_loading.is_set)
        call.cancel()
        await asyncio.wait([call])
        house.engines["a"].may_load.set()
        await until(lambda: house.memory.loaded)
        assert house.queues["a"].waiting_sentences == 0
        assert house.engines["a"].batches == []


async def test_a_deadline_before_the_model_can_be_there_is_refused_at_once() -> None:
    """By what loading took before; but it is loaded, or nobody in a hurry would ever get it."""
    async with opened(10) as house:
        house.engines["a"].load_s = 1
        await house.ask("a")
        await house.ask("b")
        with pytest.raises(DeadlineExceeded):
            house.queues["a"].submit([["<2en>", "one", "a"]], GREEDY, deadline=time.monotonic() + 0.5)
        await until(lambda: house.memory.loaded == {"a"})
        assert await house.ask("a", deadline=time.monotonic() + 60) == "a one"


async def test_a_model_that_cannot_be_loaded_fails_its_callers_alone() -> None:
    """All of them get the reason, its room is free again, and when the file is mended the next call has it."""
    changes: list[None] = []
    async with opened(10, on_change=lambda: changes.append(None)) as house:
        house.engines["a"].problem = ModelUnusable("a", "model.bin is damaged")
        calls = await asyncio.gather(house.ask("a"), house.ask("a"), return_exceptions=True)
        assert [str(each) for each in calls] == ["a: cannot be loaded; the server's log says why"] * 2
        assert calls[0] is not calls[1]
        assert house.weights["a"].has_failed
        assert changes == [None]
        assert await house.ask("b") == "b one"
        house.engines["a"].problem = None
        assert await house.ask("a") == "a one"
        assert not house.weights["a"].has_failed


async def test_loading_that_does_not_end_fails_its_callers_and_takes_nothing_from_others() -> None:
    """Nothing else gets the room that it may still take, and nobody who is there has to go for it."""
    async with opened(20, load_timeout_s=60, longest_wait_s=0.3) as house:
        await house.ask("b")
        house.memory._loader._timeout_s = 0.2
        house.engines["a"].may_load.clear()
        with pytest.raises(ModelUnusable):
            await house.ask("a")
        with pytest.raises(ModelNotLoaded):
            await house.ask("c")
        assert await house.ask("b") == "b one"
        assert house.memory.loaded == {"b"}
        house.engines["a"].may_load.set()
        await until(lambda: "a" in house.loaded)
