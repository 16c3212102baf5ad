"""What the engine gets wrong: decoded once more, flagged, copied, or failed alone."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.errors import EngineFailure, QueueFull
from talmach.quality import Flag
from talmach.translation.decoding import strict
from talmach.translation.values import SegmentStatus, TranslationOptions
from tests.fakes import LOOP, NaughtyEngine, until
from tests.unit.translation.harness import running


async def test_a_loop_is_decoded_again_and_the_better_one_kept() -> None:
    """Greedy decoding loops, the strict one does not."""
    async with running() as served:
        segment = await served.segment("Гэты сказ loop паўтараецца.")
    assert served.engine.options == [DecodeOptions(), strict(DecodeOptions(), "en")]
    assert segment.translated_text == "Pautaraecca. loop skaz Gety"
    assert segment.flags == frozenset()


class _Signless(NaughtyEngine):
    """Loses a sign, and remembers which long texts were cut into tokens by the thread of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.blocking: list[str] = []

    def tokenize(self, text: str, direction: Direction) -> list[str]:
        if len(text) > 400 and threading.current_thread() is threading.main_thread():
            self.blocking.append(text)
        return super().tokenize(text, direction)

    def _hypothesis(self, tokens: Sequence[str], options: DecodeOptions) -> Hypothesis:
        came = super()._hypothesis(tokens, options)
        return replace(came, text=came.text.replace("€", ""))


async def test_a_long_sentence_is_cut_again_without_holding_up_the_loop() -> None:
    """Around its signs, which takes as long as it took to cut it the first time."""
    engine = _Signless()
    text = "слова за словам 5 € " + "і яшчэ слова, " * 400
    async with running(engine) as served:
        segment = await served.segment(text, TranslationOptions("en", "be"))
    assert segment.translated_text.count("€") == 1
    assert engine.blocking == []


async def test_a_second_try_is_never_narrower_than_the_first() -> None:
    """It keeps what the model wants, and adds to it."""
    async with running(NaughtyEngine(decoding=DecodeOptions(beam_size=8, length_penalty=0.6))) as served:
        await served.segment("Гэты сказ stuck паўтараецца.")
    _, second = served.engine.options
    assert (second.beam_size, second.length_penalty, second.repetition_penalty) == (8, 0.6, 1.2)


async def test_a_loop_that_stays_is_still_flagged() -> None:
    """The second decode is the last one."""
    async with running() as served:
        segment = await served.segment("Гэты сказ stuck паўтараецца.")
    assert len(served.engine.batches) == 2
    assert segment.status is SegmentStatus.TRANSLATED
    assert Flag.REPETITION in segment.flags
    assert segment.translated_text == LOOP.capitalize()


async def test_a_truncated_sentence_is_flagged() -> None:
    """A cut is never silent."""
    async with running() as served:
        assert Flag.TRUNCATED in (await served.segment("Гэты сказ cut скончыўся рана.")).flags


async def test_a_failed_second_decode_takes_nothing_away() -> None:
    """The first result stands, with its flags."""
    engine = NaughtyEngine()
    async with running(engine) as served:
        translate = engine.translate

        def fail_when_strict(batch: object, options: DecodeOptions) -> object:
            if options == strict(DecodeOptions(), "en"):
                raise EngineFailure
            return translate(batch, options)  # type: ignore[arg-type]

        engine.translate = fail_when_strict  # type: ignore[method-assign, assignment]
        segment = await served.segment("Гэты сказ loop паўтараецца.")
    assert (segment.status, segment.translated_text) == (SegmentStatus.TRANSLATED, LOOP.capitalize())
    assert Flag.REPETITION in segment.flags


async def test_second_decodes_need_no_room_in_a_full_queue() -> None:
    """An accepted article is not broken off because the queue has filled up since."""
    engine = NaughtyEngine()
    async with running(engine, max_queue_tokens=60) as served:
        engine.gate.clear()
        first = await served.start("Гэты сказ loop паўтараецца.")
        await until(engine.began.is_set)
        full = "\n".join(f"Сказ нумар {number} мае некалькі слоў." for number in range(10))
        other = await served.start(full)
        with pytest.raises(QueueFull):
            await served.start(full)
        engine.gate.set()
        (segment,) = [segment async for segment in first.segments()]
        other.cancel()
    assert segment.translated_text == "Pautaraecca. loop skaz Gety"


async def test_one_bad_sentence_fails_alone() -> None:
    """Its batch fails with all its neighbours, but only its own source stands in its place, and says so."""
    sentences = [f"Сказ нумар {number} зусім добры." for number in range(20)]
    sentences[7] = "Сказ raise нумар сем дрэнны."
    async with running() as served:
        translation = await served.translate("\n".join(sentences))
    statuses = [segment.status for segment in translation.segments]
    assert statuses[7] is SegmentStatus.FAILED
    assert statuses.count(SegmentStatus.TRANSLATED) == 19
    assert translation.segments[7].translated_text == sentences[7]
    assert translation.segments[7].error == "ENGINE_FAILURE"
    assert not translation.totals.complete
    assert served.metrics.registry.get_sample_value("talmach_segments_total", {"status": "FAILED"}) == 1


async def test_when_all_fail_the_call_fails() -> None:
    """Copied segments are no success of the engine."""
    async with running() as served:
        with pytest.raises(EngineFailure):
            await served.translate("Сказ raise адзін.\n\n42\n\nСказ raise два.")


async def test_nothing_is_not_a_translation() -> None:
    """A sentence that the model answers with nothing, twice, is copied, says so, and is no fault of the server."""
    async with running() as served:
        segments = (await served.translate("Гэты сказ mute знік. Школа адкрыта сёння.")).segments
    assert (segments[0].status, segments[0].translated_text) == (SegmentStatus.COPIED, "Гэты сказ mute знік.")
    assert Flag.UNTRANSLATED in segments[0].flags
    assert segments[1].status is SegmentStatus.TRANSLATED


async def test_a_word_that_vanishes_between_kept_tokens() -> None:
    """It is tried with the tokens in sight; when nothing comes of that either, it stands as it is and is flagged."""
    async with running() as served:
        segment = await served.segment("Пішыце mute на me@example.by mute або @school_by.")
        word = await served.segment("Гэты mute тут.")
    assert "mute" in segment.translated_text
    assert "me@example.by" in segment.translated_text
    assert Flag.UNTRANSLATED in segment.flags
    assert any("me@example.by" in text and "@school_by" in text for text in served.engine.decoded)
    assert (word.status, Flag.UNTRANSLATED in word.flags) == (SegmentStatus.COPIED, True)


async def test_what_the_model_leaves_unchanged_is_copied() -> None:
    """A translation that is the source is none, whoever made it."""
    async with running() as served:
        segment = await served.segment("Minsk", TranslationOptions("en", source_language="ru"))
    assert (segment.status, segment.translated_text) == (SegmentStatus.COPIED, "Minsk")
