"""A job's segments come in order and early; a job that is given up leaves nothing in the queue, the loop or the log."""

import asyncio
import gc
import time

import pytest

from talmach.engine.base import AlignedSentence, DecodeOptions, Direction
from talmach.errors import DeadlineExceeded, QueueFull
from talmach.quality import Flag
from talmach.text.article import Field
from talmach.text.markup import TextFormat
from talmach.translation.source import Source
from tests.fakes import NaughtyEngine, until
from tests.unit.translation.harness import TO_ENGLISH, Running, running

BOOK = "\n".join(f"Сказ нумар {number} гэтай кнігі." for number in range(100))
LONG = "Гэты доўгі сказ " + ", ".join(f"мае слова {number}" for number in range(60)) + "."


def tasks() -> int:
    """Tasks of the loop, this one included."""
    return len(asyncio.all_tasks())


async def blocked(served: Running) -> None:
    """Keep the only worker busy until the gate opens."""
    served.engine.gate.clear()
    served.queue.submit([["<2en>", "blocker"]], DecodeOptions())
    await until(served.engine.began.is_set)
    served.engine.batches.clear()


async def test_segments_come_in_document_order_before_the_last_is_decoded() -> None:
    """The first segment is there when most of the book has not been seen by the engine."""
    async with running(max_batch_size=4) as served:
        job = await served.start(BOOK)
        indices, seen_at_first = [], 0
        async for segment in job.segments():
            seen_at_first = seen_at_first or len(served.engine.decoded)
            indices.append(segment.index)
    assert indices == list(range(100))
    assert seen_at_first < 20
    assert job.segment_count == 100


async def test_leaving_the_block_empties_the_queue() -> None:
    """A caller that goes after the first segment frees everything that has not been decoded."""
    async with running(max_batch_size=4) as served:
        async with served.job(BOOK) as job:
            await anext(job.segments())
        await asyncio.sleep(0)
        assert served.queue.waiting_sentences == 0
        await until(lambda: tasks() <= 2)
    assert len(served.engine.decoded) < 20


async def test_cancelling_the_caller_empties_the_queue() -> None:
    """So does a cancelled task that waits for a whole article."""
    async with running() as served:
        await blocked(served)
        task = asyncio.ensure_future(served.translate(BOOK))
        await until(lambda: served.queue.waiting_sentences == 100)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert served.queue.waiting_sentences == 0
        assert served.engine.batches == []


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_a_job_that_nobody_listens_to_can_be_cancelled(turns: int) -> None:
    """Whether its tasks have begun or not, sentences and parts of sentences leave the queue, and no task is left."""
    async with running(NaughtyEngine(max_source_tokens=20)) as served:
        await blocked(served)
        before = tasks()
        job = await served.start(f"{BOOK}\n{LONG}")
        assert served.queue.waiting_sentences > 105
        for _ in range(turns):
            await asyncio.sleep(0)
        job.cancel()
        await asyncio.sleep(0)
        assert served.queue.waiting_sentences == 0
        await until(lambda: tasks() == before)
        job.cancel()
    assert served.metrics.registry.get_sample_value("talmach_queue_tokens") == 0


async def test_jobs_with_the_same_sentences_do_not_disturb_each_other() -> None:
    """Futures belong to one job: one that is cancelled takes nothing from another."""
    async with running() as served:
        await blocked(served)
        first, second = await served.start(BOOK), await served.start(BOOK)
        await asyncio.sleep(0)
        first.cancel()
        served.engine.gate.set()
        assert len([segment async for segment in second.segments()]) == 100


async def test_all_or_nothing_over_several_queues() -> None:
    """When the second queue is full, what the first has taken leaves it again."""
    engines = [
        NaughtyEngine(model_id=f"{each}-en", directions=frozenset({Direction(each, "en")})) for each in ("be", "ru")
    ]
    async with running(*engines, max_queue_tokens=10) as served:
        for engine in engines:
            engine.gate.clear()
        russian = served.translator._queues["ru-en"]
        russian.submit([["<2en>", "a"]], DecodeOptions())
        await until(engines[1].began.is_set)
        russian.submit([["<2en>", *"bcdefghi"]], DecodeOptions())
        with pytest.raises(QueueFull):
            await served.start("Дзеці вельмі доўга чакалі гэтага дня ў школе. Губернатор сообщил, что мост откроется.")
        await asyncio.sleep(0)
        assert served.queue.waiting_sentences == 0


async def test_a_deadline_that_passes_ends_the_call_quietly(caplog: pytest.LogCaptureFixture) -> None:
    """One DeadlineExceeded for the caller, and none of the hundred others is logged as never retrieved."""
    gc.collect()  # what other tests left is not looked at
    caplog.clear()
    async with running() as served:
        await blocked(served)
        job = await served.start(BOOK, deadline=time.monotonic() + 1_000)
        for lane in served.queue._lanes.values():
            for entry in lane.entries():
                entry.deadline = time.monotonic()
        served.engine.gate.set()
        with pytest.raises(DeadlineExceeded):
            _ = [segment async for segment in job.segments()]
        await until(lambda: tasks() <= 2)
        del job
        gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []
    assert served.engine.batches == []


async def test_failures_of_a_job_nobody_listens_to_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Tasks that failed before the job was given up are no news for the log."""
    gc.collect()  # what other tests left is not looked at
    caplog.clear()
    async with running() as served:
        job = await served.start("Сказ raise адзін тут.\nСказ raise два тут.")
        await until(lambda: len(served.engine.batches) == 4)
        await until(lambda: tasks() <= 2)
        job.cancel()
        del job
        gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_an_error_that_nobody_expected_ends_the_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the sentence hears of it, instead of waiting for ever."""

    def fail(*_arguments: object) -> AlignedSentence:
        raise ValueError("boom")

    async with running() as served, asyncio.timeout(60):
        monkeypatch.setattr(served.engine, "tokenize_pair", fail)
        source = Source.read({Field.TEXT: "<p>Гэты <b>сказ</b> пра школу.</p>"}, "be", TextFormat.HTML)
        async with served.translator.prepare(source, TO_ENGLISH) as job:
            with pytest.raises(ValueError, match="boom"):
                [segment async for segment in job.segments()]


async def test_timings_and_usage_are_those_of_the_job() -> None:
    """Queue and inference are parts of the whole; tokens are those of the engine."""
    async with running(NaughtyEngine(seconds_per_batch=0.2)) as served:
        began = time.monotonic()
        totals = (await served.translate("Школа адкрыта сёння.\nДзеці рады.", TO_ENGLISH)).totals
        total_ms = 1_000 * (time.monotonic() - began)
    assert totals.timings.inference_ms >= 200
    assert total_ms >= totals.timings.queue_ms + totals.timings.inference_ms
    assert (totals.usage.source_tokens, totals.usage.target_tokens, totals.usage.cache_hits) == (7, 7, 0)


async def test_equal_sentences_of_a_call_are_one_task() -> None:
    """A thousand occurrences cost the loop no more than one, and every one of them has its segment."""
    async with running() as served:
        await blocked(served)
        before = tasks()
        async with served.job("Дзеці рады. " * 1_000) as job:
            assert tasks() - before == 1
            served.engine.gate.set()
            segments = [segment async for segment in job.segments()]
    assert {segment.translated_text for segment in segments} == {"Rady. Dzeci"}
    assert [segment.index for segment in segments] == list(range(1_000))
    assert served.metrics.registry.get_sample_value("talmach_segments_total", {"status": "TRANSLATED"}) == 1_000


async def test_many_sentences_let_the_loop_turn() -> None:
    """They are neither queued nor put together in one turn of it."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    text = "\n".join(f"Сказ нумар {number} зусім добры." for number in range(1_000))
    async with running() as served:
        await blocked(served)
        counting = asyncio.ensure_future(count())
        async with served.job(text) as job:
            assert turns >= 1_000 // 256
            served.engine.gate.set()
            await until(lambda: all(worker.done() for worker in job._workers))
            turns = 0
            await job.finish()
            assert turns >= 1_000 // 128
        counting.cancel()


async def test_a_name_in_two_spellings_is_flagged() -> None:
    """In an answer that comes as a whole both sentences say so, in a stream the later one."""
    text = "У Вербне новы мост.\nГэта слухаюць усе.\nГорад Вербна вельмі рады."
    async with running() as served:
        whole = await served.translate(text)
        async with served.job(text) as job:
            streamed = [segment async for segment in job.segments()]
    assert ["Verbne" in each.translated_text for each in whole.segments] == [True, False, False]
    assert [Flag.NAME_MISMATCH in each.flags for each in whole.segments] == [True, False, True]
    assert [Flag.NAME_MISMATCH in each.flags for each in streamed] == [False, False, True]


async def test_texts_of_one_call_are_no_article() -> None:
    """A name may be spelled otherwise in another text."""
    async with running() as served:
        answer = await served.translate_texts("У Вербне новы мост.", "Горад Вербна вельмі рады.")
    assert not any(Flag.NAME_MISMATCH in each.flags for text in answer.translations for each in text.segments)
