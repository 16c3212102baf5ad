"""Which models' weights are in memory: as many as fit into a budget, loaded when a queue has work for them.

An idle model makes room, the least recently used first; one at work never does. Waiting for room is bounded. Lives on
one event loop, loads in a thread of its own.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from talmach.errors import EngineTimeout, ModelNotLoaded, ModelUnusable, TalmachError
from talmach.metrics import Metrics
from talmach.threads import Workers

LONGEST_WAIT_S = 30.0
_SHORTEST_LOAD_S = 0.001
_log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class Weights:
    """The weights of one model, in memory or not."""

    model_id: str
    size_bytes: int
    load: Callable[[], None]  # blocks; raises ModelUnusable
    unload: Callable[[], None]  # blocks
    is_loaded: bool
    has_failed: bool = False  # the last time that they were wanted
    load_s: float = _SHORTEST_LOAD_S  # what that took
    used_at: float = 0.0
    memory: "ModelMemory | None" = None
    # The queue's: whether nothing of it is at work or waits; and what to do when they have come, or why they do not.
    is_idle: Callable[[], bool] = lambda: True
    on_change: Callable[[Callable[[], TalmachError] | None], None] = lambda _: None

    def want(self) -> float:
        """Have them loaded unless they are; return about how many seconds that takes, 0 = they are loaded."""
        assert self.memory is not None
        return self.memory.want(self)

    def make_room(self) -> None:
        """Give their place to others that are wanted."""
        assert self.memory is not None
        self.memory.look()


class ModelMemory:
    """The weights of all models that share a budget."""

    def __init__(
        self,
        budget_bytes: int,
        *,
        metrics: Metrics,
        load_timeout_s: float | None = None,
        longest_wait_s: float = LONGEST_WAIT_S,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`longest_wait_s` is for room, `load_timeout_s` for what follows; None = for ever."""
        self._left_bytes = budget_bytes
        self._longest_wait_s = longest_wait_s
        self._metrics = metrics
        self._on_change = on_change
        self._loader = Workers(1, name="load", timeout_s=load_timeout_s, metrics=metrics, on_change=self.look)
        self._all: list[Weights] = []
        self._wanted: dict[Weights, asyncio.TimerHandle] = {}  # the longest wanted first
        self._coming: Weights | None = None
        self._loading: asyncio.Task[None] | None = None  # kept, or it might be collected before it is done

    def add(self, weights: Weights) -> None:
        """Add a model's weights."""
        weights.memory = self
        self._all.append(weights)
        self._left_bytes -= weights.size_bytes if weights.is_loaded else 0

    @property
    def loaded(self) -> frozenset[str]:
        """The models whose weights are in memory."""
        return frozenset(weights.model_id for weights in self._all if weights.is_loaded)

    def want(self, weights: Weights) -> float:
        """See `Weights.want`."""
        weights.used_at = time.monotonic()
        if weights.is_loaded:
            return 0.0
        if weights not in self._wanted and weights is not self._coming:
            self._wanted[weights] = asyncio.get_running_loop().call_later(self._longest_wait_s, self._give_up, weights)
            self.look()
        return weights.load_s

    def look(self) -> None:
        """Begin to load what has been wanted longest, if there is room or idle models can make some."""
        if self._coming is not None or not self._wanted or self._loader.are_all_stuck:
            return
        wanted = next(iter(self._wanted))
        idle = sorted((each for each in self._all if each.is_loaded and each.is_idle()), key=lambda each: each.used_at)
        leaving: list[Weights] = []
        while self._left_bytes + sum(each.size_bytes for each in leaving) < wanted.size_bytes:
            if not idle:
                return
            leaving.append(idle.pop(0))
        self._wanted.pop(wanted).cancel()
        for each in leaving:
            each.is_loaded = False
            self._left_bytes += each.size_bytes
        self._left_bytes -= wanted.size_bytes
        self._coming = wanted
        self._loading = asyncio.get_running_loop().create_task(self._exchange(leaving, wanted))

    def close(self) -> None:
        """Load no more."""
        for timer in self._wanted.values():
            timer.cancel()
        self._wanted.clear()
        if self._loading is not None:
            self._loading.cancel()
        self._loader.close()

    def _give_up(self, wanted: Weights) -> None:
        del self._wanted[wanted]
        self._metrics.refused.labels(ModelNotLoaded.reason).inc()
        wanted.on_change(partial(ModelNotLoaded, wanted.model_id, retry_after_s=self._longest_wait_s))

    async def _exchange(self, leaving: Sequence[Weights], wanted: Weights) -> None:
        began_at = time.monotonic()
        failure: Callable[[], TalmachError] | None = None
        try:
            await self._loader.run(lambda: _exchange(leaving, wanted))
        except Exception as error:  # noqa: BLE001 - whatever loading raises, those who wait must hear of it
            # Where it may still go on, nothing else gets its room.
            self._left_bytes += 0 if isinstance(error, EngineTimeout) else wanted.size_bytes
            problem = str(error) if isinstance(error, TalmachError) else type(error).__name__
            _log.error("model.not_loaded", model=wanted.model_id, problem=problem)
            failure = partial(ModelUnusable, wanted.model_id, "cannot be loaded; the server's log says why")
        else:
            wanted.load_s = max(time.monotonic() - began_at, _SHORTEST_LOAD_S)
            self._metrics.model_loads.labels(wanted.model_id).inc()
            unloaded = [each.model_id for each in leaving]
            _log.info("model.loaded", model=wanted.model_id, ms=round(1_000 * wanted.load_s, 1), unloaded=unloaded)
        wanted.is_loaded, wanted.has_failed, self._coming = failure is None, failure is not None, None
        for each in (*leaving, wanted):
            self._metrics.model_weights_bytes.labels(each.model_id).set(each.size_bytes if each.is_loaded else 0)
        wanted.on_change(failure)
        self._on_change()
        self.look()


def _exchange(leaving: Sequence[Weights], wanted: Weights) -> None:
    for each in leaving:
        each.unload()
    wanted.load()
