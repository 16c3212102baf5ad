"""BatchTranslate: every item its own answer."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from talmach.rpc.concurrency import in_completion_order
from tests.fakes import until
from tests.rpc.harness import LIMITS, Running, running, to


def item(name: str, text: str = "Сёння ідзе моцны дождж.", target: str = "en") -> pb.BatchTranslateRequest:
    """Return a text to translate from Belarusian."""
    return pb.BatchTranslateRequest(id=name, text=text, options=to(target, "be"))


async def test_texts_and_articles_are_answered_by_id(served: Running) -> None:
    """Exactly one answer for each of many items, of its own kind, with its own text."""
    items = [item(f"t{number}", f"Гэта тэкст нумар {number}.") for number in range(40)]
    article = Article(headline="Новае возера", body="Рыбакі знайшлі возера. Яно глыбокае.")
    items.append(pb.BatchTranslateRequest(id="article", article=article, options=to("ru", "be")))
    answers = [answer async for answer in served.translation.BatchTranslate(iter(items))]
    by_id = {answer.id: answer for answer in answers}
    assert len(answers) == len(by_id) == 41
    for number in range(40):
        (segment,) = by_id[f"t{number}"].text.segments
        assert segment.source_text == f"Гэта тэкст нумар {number}."
    assert len(by_id["article"].article.segments) == 3
    assert by_id["article"].model_ids == ["naughty"]
    assert by_id["article"].usage.source_tokens > 0
    assert by_id["article"].timings.total_ms > 0


async def test_a_bad_item_does_not_end_the_stream(served: Running) -> None:
    """Each kind of mistake is answered with its own error, and the good ones around it with translations."""
    items = [
        item("good"),
        item("raise", "Гэта raise тут."),
        item("empty", "  "),
        item("code", target="xx"),
        pb.BatchTranslateRequest(id="nothing", options=to("en")),
        item(""),
        item("x" * 129),
        item("last"),
    ]
    served.queue._max_batch_size = 1
    answers = {answer.id: answer async for answer in served.translation.BatchTranslate(iter(items))}
    errors = {
        name: (answer.error.code, answer.error.reason) for name, answer in answers.items() if answer.HasField("error")
    }
    invalid = grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert errors == {
        "raise": (grpc.StatusCode.INTERNAL.value[0], "ENGINE_FAILURE"),
        "empty": (invalid, "EMPTY_TEXT"),
        "code": (invalid, "INVALID_LANGUAGE_CODE"),
        "nothing": (invalid, "EMPTY_TEXT"),
        "": (invalid, "OUT_OF_RANGE"),
        "x" * 128: (invalid, "OUT_OF_RANGE"),  # never echoed beyond its limit
    }
    assert answers["good"].text.complete
    assert answers["last"].text.complete
    assert answers["code"].error.metadata["supported"] == "ru, be, en"


async def test_an_id_is_taken_while_its_item_is_in_flight() -> None:
    """The second item of that id fails, the first is not disturbed; afterwards the id is free again."""
    async with running() as served:
        stream = served.translation.BatchTranslate()
        await stream.write(item("a", "Гэта hang тут."))
        await until(lambda: served.engine.batches)
        await stream.write(item("a"))
        assert (await stream.read()).error.reason == "DUPLICATE_ID"
        served.engine.release.set()
        assert (await stream.read()).text.complete
        await stream.write(item("a"))
        assert (await stream.read()).text.complete
        await stream.done_writing()
        assert await stream.read() is grpc.aio.EOF


async def test_no_more_items_are_read_than_may_be_in_flight() -> None:
    """Of ten hanging items the server works on four; when they end, the rest follows."""
    async with running(max_batch_size=1) as served:
        items = [item(str(number), f"Гэта hang нумар {number}.") for number in range(10)]
        stream = served.translation.BatchTranslate(iter(items))
        answers = asyncio.ensure_future(_collect(stream))
        await until(lambda: served.queue.waiting_sentences == LIMITS.max_batch_items_in_flight - 1)
        await asyncio.sleep(0.1)
        assert served.queue.waiting_sentences == LIMITS.max_batch_items_in_flight - 1
        served.engine.release.set()
        assert len(await answers) == 10


async def test_a_cancelled_batch_empties_the_queue() -> None:
    """The caller goes away in the middle: its items are dropped, and the next caller is served."""
    async with running(max_batch_size=1) as served:
        stream = served.translation.BatchTranslate()
        for number in range(4):
            await stream.write(item(str(number), f"Гэта hang нумар {number}."))
        await until(lambda: served.queue.waiting_sentences == 3)
        stream.cancel()
        await until(lambda: not served.queue.waiting_sentences and not served.sample("talmach_rpc_in_flight"))
        method = "talmach.v1.TranslationService/BatchTranslate"
        assert served.sample("talmach_rpc_requests_total", method=method, code="CANCELLED") == 1
        served.engine.release.set()
        await served.translation.TranslateText(
            pb.TranslateTextRequest(texts=["Дождж ідзе."], options=to("en", "be")), timeout=60
        )


def never() -> asyncio.Future[None]:
    """Return what does not happen."""
    return asyncio.get_running_loop().create_future()


async def test_a_consumer_that_stops_stops_the_work() -> None:
    """Closing the generator cancels what runs and reads nothing more."""
    begun: list[int] = []
    cancelled: list[int] = []

    async def items() -> AsyncIterator[int]:
        for number in range(100):
            yield number

    async def work(number: int) -> int:
        begun.append(number)
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    results = in_completion_order(items(), work, limit=3, idle_s=60, is_over=never())
    assert await anext(results) == 0
    await results.aclose()
    assert len(begun) <= 3
    assert sorted([0, *cancelled]) == sorted(begun)


async def test_what_the_source_raises_ends_everything() -> None:
    """An error while reading comes out, after what runs was cancelled."""

    async def items() -> AsyncIterator[int]:
        yield 1
        raise OSError("the line is dead")

    async def work(number: int) -> int:
        await asyncio.sleep(60)
        return number

    with pytest.raises(OSError, match="the line is dead"):
        async for _ in in_completion_order(items(), work, limit=3, idle_s=60, is_over=never()):
            pass


async def _collect(stream: AsyncIterator[pb.BatchTranslateResponse]) -> list[pb.BatchTranslateResponse]:
    return [answer async for answer in stream]
