"""Threads that may get stuck: given up, counted, and taken back when they return."""

import asyncio
import threading
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from talmach import threads
from talmach.errors import EngineFailure, EngineStuck, EngineTimeout
from talmach.metrics import Metrics
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import SummaryOptions
from talmach.threads import Workers
from tests.articles import an_article
from tests.fakes import WordEncoder, until


async def test_stuck_and_back_again() -> None:
    """The caller is told after the timeout, the gauge follows, and the thread works again when it returns."""
    metrics, changes, release = Metrics(), [], threading.Event()
    workers = Workers(1, name="m", timeout_s=0.1, metrics=metrics, on_change=lambda: changes.append(workers.stuck))
    with pytest.raises(EngineTimeout):
        await workers.run(release.wait)
    assert (workers.are_all_stuck, workers.free) == (True, 0)
    assert metrics.registry.get_sample_value("talmach_stuck_workers", {"model": "m"}) == 1
    release.set()
    await until(lambda: not workers.stuck)
    assert changes == [1, 0]
    assert await workers.run(lambda: 7) == 7
    workers.close()
    assert not threads.are_left()


async def test_work_that_nobody_waits_for_is_not_begun() -> None:
    """Cancelled while it waits for a thread."""
    workers, release, begun = Workers(1, name="m", metrics=Metrics()), threading.Event(), []
    first, second = workers.run(release.wait), workers.run(lambda: begun.append("second"))
    second.cancel()
    release.set()
    await first
    await workers.run(lambda: begun.append("third"))
    assert begun == ["third"]
    workers.close()


async def test_waiting_for_a_thread_takes_no_time_of_the_work() -> None:
    """Six pieces of 0.1 s for one thread: the last one waits longer than the timeout, and none is given up."""
    workers = Workers(1, name="m", timeout_s=0.3, metrics=Metrics())
    assert await asyncio.gather(*(workers.run(lambda: time.sleep(0.1)) for _ in range(6))) == [None] * 6
    assert not workers.stuck
    workers.close()


async def test_what_waits_for_stuck_threads_is_given_up() -> None:
    """With the last thread lost, nothing would ever begin it; nor what comes later."""
    workers, release = Workers(1, name="m", timeout_s=0.1, metrics=Metrics()), threading.Event()
    running, waiting = workers.run(release.wait), workers.run(lambda: 7)
    with pytest.raises(EngineTimeout):
        await running
    with pytest.raises(EngineStuck):
        await waiting
    with pytest.raises(EngineStuck):
        await workers.run(lambda: 7)
    release.set()
    await until(lambda: not workers.stuck)
    assert await workers.run(lambda: 7) == 7
    workers.close()


async def test_closing_waits_for_nobody() -> None:
    """Neither for what runs nor with what comes later."""
    workers, release = Workers(1, name="m", metrics=Metrics()), threading.Event()
    running = workers.run(release.wait)
    await asyncio.sleep(0.05)
    began = time.monotonic()
    workers.close()
    assert time.monotonic() - began < 2
    assert threads.are_left()
    with pytest.raises(EngineFailure):
        await workers.run(release.wait)
    release.set()
    assert await running


async def test_an_encoder_that_hangs() -> None:
    """The summary fails after the timeout, the next one at once, and both are over when it comes back."""
    release = threading.Event()

    class Hanging(WordEncoder):
        def encode(self, texts: Any) -> NDArray[np.float32]:
            release.wait()
            return super().encode(texts)

    summarizer = Summarizer(Hanging(), engine_timeout_s=0.1, metrics=Metrics())
    article = an_article("", "", "Рыбакі знайшлі на балоце новае возера. Яно вельмі глыбокае і чыстае.")
    with pytest.raises(EngineTimeout):
        await summarizer.summarize(article, SummaryOptions())
    with pytest.raises(EngineStuck):
        await summarizer.summarize(article, SummaryOptions())
    release.set()
    await until(lambda: not summarizer.is_stuck)
    assert (await summarizer.summarize(article, SummaryOptions())).chosen
    summarizer.close()
