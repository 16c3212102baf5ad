"""What a batch is made of, and when: order, identity, budgets, fairness."""

import asyncio

import numpy as np
import pytest

from talmach.batching import Decoded
from talmach.engine.base import DecodeOptions
from tests.fakes import NaughtyEngine, until
from tests.unit.batching.queues import BEAM, GREEDY, blocked, opened, sentence, stop_clock, texts, words


async def test_results_come_in_the_order_of_the_request() -> None:
    """Whatever batches the lengths lead to, future *i* belongs to sentence *i*."""
    async with opened(NaughtyEngine(), workers=2) as queue:
        sentences = [sentence(*["x"] * (number % 13), str(number)) for number in range(200)]
        expected = [" ".join(reversed(each[1:])) for each in sentences]
        assert await texts(queue.submit(sentences, GREEDY)) == expected


async def test_every_answer_belongs_to_its_question() -> None:
    """A hundred concurrent requests with identifiable sentences, through four workers, mix nothing up."""
    rng = np.random.default_rng(1)
    async with opened(NaughtyEngine(), workers=4) as queue:

        async def request(caller: int) -> None:
            await asyncio.sleep(rng.random() / 100)
            names = [f"{caller}/{number}" for number in range(rng.integers(1, 12))]
            sentences = [sentence(name, *["x"] * int(rng.integers(30))) for name in names]
            answers = await texts(queue.submit(sentences, BEAM if rng.integers(2) else GREEDY))
            assert [answer.split()[-1] for answer in answers] == names

        await asyncio.gather(*map(request, range(100)))
        assert queue.waiting_sentences == 0


async def test_batches_keep_the_padded_token_budget_and_the_size() -> None:
    """Longest times number stays within the budget, and no batch is larger than allowed."""
    engine = NaughtyEngine()
    rng = np.random.default_rng(2)
    async with blocked(engine, max_batch_tokens=100, max_batch_size=7) as queue:
        futures = queue.submit([words(int(rng.integers(1, 60))) for _ in range(150)], GREEDY)
        engine.gate.set()
        await asyncio.gather(*futures)
    sizes = [[len(tokens) for tokens in batch] for batch in engine.tokens]
    assert max(max(batch) * len(batch) for batch in sizes) <= 100
    assert max(map(len, sizes)) == 7


async def test_a_sentence_above_the_budget_is_decoded_alone() -> None:
    """The budget may not keep a sentence waiting for ever."""
    engine = NaughtyEngine()
    async with blocked(engine, max_batch_tokens=20) as queue:
        futures = queue.submit([words(30), words(30), words(3)], GREEDY)
        engine.gate.set()
        await asyncio.gather(*futures)
    assert [list(map(len, batch)) for batch in engine.tokens] == [[30], [30], [3]]


async def test_a_batch_is_filled_with_the_nearest_lengths() -> None:
    """The sentence that is due first brings its neighbours in length, not in order."""
    engine = NaughtyEngine()
    async with blocked(engine, max_batch_size=3) as queue:
        futures = queue.submit([words(size) for size in (10, 50, 2, 11, 48, 9, 51)], GREEDY)
        engine.gate.set()
        await asyncio.gather(*futures)
    assert [sorted(map(len, batch)) for batch in engine.tokens] == [[9, 10, 11], [48, 50, 51], [2]]


async def test_a_lone_sentence_does_not_wait() -> None:
    """There is no timer: with a free worker it is in the engine after one turn of the loop."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        (future,) = queue.submit([sentence("alone")], GREEDY)
        await asyncio.sleep(0)
        assert queue.waiting_sentences == 0
        decoded = await future
    assert engine.batches == [["alone"]]
    assert decoded.queued_at <= decoded.taken_at <= decoded.done_at


async def test_callers_of_one_turn_share_batches() -> None:
    """Sentences that several callers submit before the loop turns: one for a quick beginning, then the others."""
    engine = NaughtyEngine()
    async with opened(engine) as queue:
        futures = [queue.submit([sentence(f"caller{number}")], GREEDY)[0] for number in range(10)]
        await asyncio.gather(*futures)
    assert list(map(len, engine.batches)) == [1, 9]


async def test_an_idle_engine_begins_with_the_first_sentence() -> None:
    """It is soon there; what follows is batched."""
    engine = NaughtyEngine()
    async with opened(engine, max_batch_size=3) as queue:
        await asyncio.gather(*queue.submit([words(size) for size in (10, 50, 3, 11, 2)], GREEDY))
    assert [sorted(map(len, batch)) for batch in engine.tokens] == [[10], [3, 11, 50], [2]]


async def test_idle_workers_share_one_article() -> None:
    """Of two free workers the second gets half of the sentences, and whoever is free first what is left."""
    engine = NaughtyEngine()
    engine.gate.clear()
    async with opened(engine, workers=2) as queue:
        futures = queue.submit([words(5) for _ in range(8)], GREEDY)
        await until(lambda: len(engine.batches) == 2)
        assert sorted(map(len, engine.batches)) == [1, 4]
        engine.gate.set()
        await asyncio.gather(*futures)
    assert sum(map(len, engine.batches)) == 8


async def test_a_headline_overtakes_a_book(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that comes after a book of 500 is done when little of the book is."""
    engine = NaughtyEngine()
    async with blocked(engine, max_batch_size=8) as queue:
        with monkeypatch.context() as patched:
            stop_clock(patched)
            book = queue.submit([sentence("book", str(number)) for number in range(500)], GREEDY)
            (headline,) = queue.submit([sentence("a", "headline")], GREEDY)
        engine.gate.set()
        await headline
        assert sum(future.done() for future in book) <= 16
        await asyncio.gather(*book)


async def test_a_book_advances_under_a_stream_of_headlines() -> None:
    """Due times never change: what came early is due before what comes late, however much comes."""
    engine = NaughtyEngine(seconds_per_batch=0.001)
    async with opened(engine, max_batch_size=2) as queue:
        book = queue.submit([sentence("book", str(number)) for number in range(10)], GREEDY)

        def bring_two(answered: asyncio.Future[Decoded]) -> None:
            if not all(future.done() for future in book) and not answered.cancelled():
                for number in range(2):
                    (headline,) = queue.submit([sentence("headline", str(number))], GREEDY)
                    headline.add_done_callback(bring_two)

        (first,) = queue.submit([sentence("headline")], GREEDY)
        first.add_done_callback(bring_two)  # more than are decoded, on any machine
        await asyncio.wait_for(asyncio.gather(*book), 60)
        assert queue.waiting_sentences > 0


async def test_sentences_that_must_be_alone_are() -> None:
    """Each is a batch of its own, even with others of the same options waiting."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        together = queue.submit([sentence("x", str(number)) for number in range(3)], GREEDY)
        alone = [queue.resubmit(sentence("alone", str(number)), GREEDY, alone=True) for number in range(3)]
        engine.gate.set()
        await asyncio.gather(*together, *alone)
    assert sorted(map(len, engine.batches)) == [1, 1, 1, 3]


async def test_options_are_never_mixed() -> None:
    """A batch is decoded with the options that its sentences asked for."""
    engine = NaughtyEngine()
    async with blocked(engine) as queue:
        futures = [
            queue.submit([sentence(f"beam{options.beam_size}", str(number))], options)[0]
            for number in range(20)
            for options in (GREEDY, BEAM, DecodeOptions(beam_size=2))
        ]
        engine.gate.set()
        await asyncio.gather(*futures)
    for batch, options in zip(engine.batches, engine.options, strict=True):
        assert {text.split()[0] for text in batch} == {f"beam{options.beam_size}"}
    assert len(engine.batches) == 3
