"""Threads that may get stuck: given up, counted, and taken back when they return."""

import asyncio
import gc
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from talmach import threads
from talmach.catalog import default_models_dir
from talmach.engine.tokenizers import SentencePieces
from talmach.errors import EngineFailure, EngineStuck, EngineTimeout
from talmach.metrics import Metrics
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import SummaryOptions
from talmach.threads import Workers, in_thread
from tests.articles import an_article
from tests.fakes import WordEncoder, until

PATIENT_S = 60.0  # no machine is slower
call: ContextVar[str] = ContextVar("call")


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
    workers._timeout_s = PATIENT_S
    assert await workers.run(lambda: 7) == 7
    workers.close()
    assert not any(thread.is_alive() for thread in workers._threads)


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


async def test_waiting_for_a_thread_takes_no_time_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece whose timeout is over when a thread gets free is not given up."""
    workers, release, looks = Workers(1, name="m", timeout_s=PATIENT_S, metrics=Metrics()), threading.Event(), []
    look_after = workers._look_after

    def look(piece: Any) -> None:
        looks.append(piece)
        look_after(piece)

    monkeypatch.setattr(workers, "_look_after", look)
    running: asyncio.Future[Any] = workers.run(release.wait)
    monkeypatch.setattr(workers, "_timeout_s", 0.05)
    waiting: asyncio.Future[Any] = workers.run(lambda: 7)
    await until(lambda: len(looks) > 1 or waiting.done())
    monkeypatch.setattr(workers, "_timeout_s", PATIENT_S)
    release.set()
    assert (await running, await waiting) == (True, 7)
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
    workers._timeout_s = PATIENT_S
    assert await workers.run(lambda: 7) == 7
    workers.close()


async def test_closing_waits_for_nobody() -> None:
    """Neither for what runs nor with what comes later."""
    workers, release, began = Workers(1, name="m", metrics=Metrics()), threading.Event(), threading.Event()

    def work() -> bool:
        began.set()
        return release.wait()

    running = workers.run(work)
    await until(began.is_set)
    rescue = threading.Timer(PATIENT_S, release.set)
    rescue.start()
    workers.close()
    rescue.cancel()
    assert not release.is_set()
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
    summarizer._workers._timeout_s = PATIENT_S
    assert (await summarizer.summarize(article, SummaryOptions())).chosen
    summarizer.close()


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """As in the server."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("quick_switches")
async def test_who_tokenises_in_a_thread_gives_way() -> None:
    """The tokenizer takes the interpreter's lock back before the loop has woken up: fifteen turns instead of hundreds.

    Half a second counts, of the thread's own processor time.
    """
    model = default_models_dir() / "embedded" / "translation" / "sentencepiece.model"
    tokenizer = SentencePieces(model, model, symbols=frozenset(), byte_fallback=True)

    def tokenise() -> None:
        end = time.thread_time() + 0.5
        while time.thread_time() < end:
            sum(range(3_000))
            tokenizer.pieces("Дом 12 у сада 5.")

    turns, working = 0, asyncio.create_task(in_thread(100_000, tokenise))
    while not working.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 60


async def test_texts_of_one_size_are_gone_through_one_by_one() -> None:
    """The interpreter runs one thread at a time; but a text of a page does not wait for a book."""
    release, running, most = threading.Event(), 0, 0

    def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        release.wait(PATIENT_S)
        running -= 1

    books = asyncio.gather(*(in_thread(500_000, work) for _ in range(5)))
    await in_thread(5_000, lambda: None)
    await asyncio.sleep(0.1)  # in which more than one would begin
    assert not books.done()
    release.set()
    await books
    assert most == 1


async def test_a_thread_knows_the_call_that_it_works_for() -> None:
    """Its log lines carry the request id."""
    call.set("a1")
    assert await in_thread(5_000, call.get) == "a1"


class _Text:
    """Something large that is gone when nobody holds it."""


async def test_what_nobody_waits_for_is_let_go_before_its_turn() -> None:
    """Its texts do not stay until the thread has done what came before."""
    release, text = threading.Event(), _Text()
    first = asyncio.create_task(in_thread(500_000, release.wait))
    try:
        second = asyncio.create_task(in_thread(500_000, repr, text))
        await asyncio.sleep(0)
        alive = weakref.ref(text)
        del text
        second.cancel()
        await asyncio.wait([second])
        del second
        gc.collect()
        assert alive() is None
    finally:
        release.set()
        await first
