"""The cache in front of the queue, texts that share sentences, and planning off the event loop."""

import asyncio
import itertools
import threading
import time
from types import SimpleNamespace

import pytest

from talmach import threads as talmach_threads
from talmach.cache import HypothesisCache, LocalTier
from talmach.engine.base import DecodeOptions, Hypothesis
from talmach.errors import QueueFull, UntranslatableTexts
from talmach.metrics import Metrics
from talmach.translation import translator
from talmach.translation.plan import plan
from talmach.translation.values import TranslationOptions
from talmach.use_cases import ArticleTranslation
from tests.fakes import ALL_DIRECTIONS, until
from tests.unit.translation.harness import TO_ENGLISH, running

TEXT = (
    "Сёння ідзе моцны дождж. Гэты сказ loop паўтараецца. АДКРЫЛІ ШКОЛУ. Сёння ідзе моцны дождж.\nГл. https://a.by тут."
)
BOOK = "\n".join(f"Сказ нумар {number} гэтай кнігі." for number in range(200))


def remembering(fingerprint: str = "weights", tier: LocalTier | None = None) -> HypothesisCache:
    """Return a cache for the naughty engine."""
    return HypothesisCache([tier or LocalTier(1 << 20, Metrics())], {"naughty": fingerprint})


def answer(translation: ArticleTranslation) -> tuple[object, object]:
    """Return all of it but what it cost."""
    return translation.texts, translation.segments


async def test_the_second_time_no_model_is_asked() -> None:
    """The same answer, second decodes included; every part is a hit, and the model is named all the same."""
    async with running(cache=remembering()) as served:
        first = await served.translate(TEXT)
        decoded = list(served.engine.decoded)
        second = await served.translate(TEXT)
        assert served.engine.decoded == decoded
    assert answer(second) == answer(first)
    assert (first.totals.usage.cache_hits, second.totals.usage.cache_hits) == (0, len(set(decoded)))
    assert (second.totals.usage.source_tokens, second.totals.usage.target_tokens) == (0, 0)
    assert second.totals.model_ids == ("naughty",)
    assert second.totals.timings.queue_ms == second.totals.timings.inference_ms == 0


async def test_only_what_is_unknown_is_queued() -> None:
    """One new sentence between known ones is decoded, and nothing else."""
    async with running(cache=remembering()) as served:
        await served.translate("Школа адкрыта сёння. Дзеці вельмі рады.")
        served.engine.batches.clear()
        usage = (await served.translate("Школа адкрыта сёння. Новы мост тут. Дзеці вельмі рады.")).totals.usage
    assert served.engine.decoded == ["Новы мост тут."]
    assert (usage.source_tokens, usage.cache_hits) == (4, 2)


async def test_other_options_and_other_weights_are_not_answered() -> None:
    """A beam is no greedy search, and a model that was replaced under its name is another model."""
    tier = LocalTier(1 << 20, Metrics())
    for fingerprint in ("weights", "other weights"):
        async with running(cache=remembering(fingerprint, tier)) as served:
            for options in (TO_ENGLISH, TranslationOptions("en", beam_size=4), TranslationOptions("ru")):
                await served.translate("Школа адкрыта сёння.", options)
            assert len(served.engine.batches) == 3


async def test_a_cut_sentence_is_decoded_again() -> None:
    """What is truncated is not remembered."""
    async with running(cache=remembering()) as served:
        for _ in range(2):
            usage = (await served.translate("Гэты сказ cut скончыўся.")).totals.usage
    assert usage.cache_hits == 0
    assert len(served.engine.batches) == 4  # the flag asks for a second decode each time


async def test_a_cancelled_sentence_is_not_remembered() -> None:
    """A job that is given up while its sentence is in the engine leaves nothing in the cache."""
    tier = LocalTier(1 << 20, Metrics())
    async with running(cache=remembering(tier=tier)) as served:
        job = await served.start("Гэты сказ hang вісіць.")
        await until(served.engine.began.is_set)
        job.cancel()
        served.engine.release.set()
        await served.translate("Дзеці вельмі рады.")
        assert tier.bytes_held > 0
        text = "Гэты сказ hang вісіць."
        keys = [remembering().key("naughty", DecodeOptions(), direction, text) for direction in ALL_DIRECTIONS]
        found = await tier.get_many(keys)
    assert found == {}


async def test_a_sentence_of_several_texts_is_decoded_once() -> None:
    """Texts of one call share what is in the queue; each of them gets it, and the call pays once."""
    texts = ["Школа адкрыта сёння. Дзеці рады.", "Дзеці рады. Новы мост тут.", "Дзеці рады."]
    async with running() as served:
        done = await served.translate_texts(*texts)
    translated = [[segment.translated_text for segment in each.segments] for each in done.translations]
    usage = done.totals.usage
    assert sorted(served.engine.decoded) == ["Дзеці рады.", "Новы мост тут.", "Школа адкрыта сёння."]
    assert translated[2] == ["Rady. Dzeci"] == translated[0][1:] == translated[1][:1]
    assert (usage.source_tokens, usage.target_tokens, usage.cache_hits) == (11, 11, 0)


async def test_texts_are_queued_all_or_none() -> None:
    """What is wrong with each of them is told, and no sentence is queued; nor in a full queue."""
    async with running(max_queue_tokens=10) as served:
        with pytest.raises(UntranslatableTexts) as caught:
            await served.translate_texts("Qwrt zxcv", "Zxcv qwrt")
        assert list(caught.value.problems) == [0, 1]
        served.engine.gate.clear()
        served.queue.submit([["<2en>", "a"]], DecodeOptions())
        await until(served.engine.began.is_set)
        served.queue.submit([["<2en>", *"bcdefghi"]], DecodeOptions())
        with pytest.raises(QueueFull):
            await served.translate_texts("Дзеці рады.", "Дзеці рады.")
        assert served.queue.waiting_sentences == 1


async def test_a_long_article_is_planned_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop turns while it is planned; a caller that goes away meanwhile leaves nothing in the queue."""
    planning, going_on, threads = threading.Event(), threading.Event(), []

    def slow(*arguments: object, **options: object) -> object:
        threads.append(threading.current_thread())
        planning.set()
        assert going_on.wait(60)
        return plan(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(translator, "plan", slow)
    async with running() as served:
        task = asyncio.ensure_future(served.translate(BOOK))
        await until(planning.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        going_on.set()
        assert (await served.segment("Дзеці рады.")).translated_text == "Rady. Dzeci"
        await until(lambda: len(threads) == 201)
    assert served.engine.decoded == ["Дзеці рады."]
    assert threads.count(threading.main_thread()) == 1  # the short one's


class SlowTier(LocalTier):
    """A tier that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__(1 << 20, Metrics())
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def get_many(self, keys: object) -> dict[bytes, Hypothesis]:
        self.asked.set()
        await self.goes_on.wait()
        return {}


async def test_a_caller_that_goes_away_during_the_lookup_queues_nothing() -> None:
    """The lookup is awaited before anything is queued."""
    tier = SlowTier()
    async with running(cache=remembering(tier=tier)) as served:
        task = asyncio.ensure_future(served.start("Дзеці рады."))
        await asyncio.wait_for(tier.asked.wait(), 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        tier.goes_on.set()
        await asyncio.sleep(0)
        assert served.queue.waiting_sentences == 0
    assert served.engine.batches == []


async def test_known_sentences_let_the_loop_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sentences that are all known are not put together in one turn of the loop."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with running(cache=remembering()) as served:
        first = await served.translate(BOOK)
        ticks = itertools.count()  # each sentence takes a millisecond, on any machine
        clock = SimpleNamespace(monotonic=lambda: next(ticks) / 1_000, sleep=time.sleep)
        monkeypatch.setattr(talmach_threads, "time", clock)
        job = await served.start(BOOK)
        counting = asyncio.ensure_future(count())
        segments = tuple([segment async for segment in job.segments()])
        counting.cancel()
    assert segments == first.segments
    assert turns > 10  # one, when all are put together in one go
