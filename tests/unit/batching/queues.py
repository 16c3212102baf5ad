"""Queues over a naughty engine, and sentences for them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from talmach.batching import BatchingQueue, Decoded
from talmach.batching import queue as batching_queue
from talmach.engine.base import DecodeOptions
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


def put_forward(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let so much time pass for the queues, at once: a deadline must be far off, or a slow machine misses it."""
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + seconds)
    monkeypatch.setattr(batching_queue, "time", clock)


def stop_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass for the queues, however long the test takes to submit."""
    now = time.monotonic()
    monkeypatch.setattr(batching_queue, "time", SimpleNamespace(monotonic=lambda: now))


async def texts(futures: "Sequence[asyncio.Future[Decoded]]") -> list[str]:
    """Wait for the answers."""
    return [decoded.hypothesis.text for decoded in await asyncio.gather(*futures)]
