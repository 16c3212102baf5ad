"""Which way each sentence goes, and by which model."""

from dataclasses import replace

import pytest

from talmach.engine.base import DecodeOptions, Direction
from talmach.errors import InvalidRequest, ModelNotFound
from talmach.metrics import Metrics
from talmach.quality import Flag
from talmach.translation.translator import Translator
from talmach.translation.values import SegmentStatus, TranslationOptions
from tests.fakes import ALL_DIRECTIONS, NaughtyEngine
from tests.unit.translation.harness import TO_ENGLISH, running


async def test_each_sentence_is_translated_from_its_own_language() -> None:
    """A Russian sentence in a Belarusian article goes the Russian way, an English one is copied."""
    belarusian, russian, english = (
        "Дзеці вельмі доўга чакалі гэтага дня ў школе.",
        "Губернатор сообщил, что новый мост откроется в субботу.",
        "The school opened on Friday with a concert.",
    )
    engines = [
        NaughtyEngine(model_id=f"{source}-model", directions=frozenset({Direction(source, "en")}))
        for source in ("be", "ru")
    ]
    async with running(*engines) as served:
        translation = await served.translate(f"{belarusian} {russian} {english} {belarusian}")
    assert [segment.source_language for segment in translation.segments] == ["be", "ru", "en", "be"]
    assert [segment.status for segment in translation.segments][2] is SegmentStatus.COPIED
    assert [engine.decoded for engine in engines] == [[belarusian], [russian]]
    assert translation.totals.model_ids == ("be-model", "ru-model")
    assert not any(segment.flags for segment in translation.segments)


async def test_a_language_without_a_model_is_taken_for_the_articles_own() -> None:
    """With a Belarusian model only, the Russian sentence is translated as if it were Belarusian, and flagged."""
    engine = NaughtyEngine(directions=frozenset({Direction("be", "en")}))
    text = "Дзеці вельмі доўга чакалі гэтага дня. Яны ўсе прыйшлі. Губернатор сообщил, что мост откроется. У іх свята."
    async with running(engine) as served:
        segments = (await served.translate(text)).segments
    assert [segment.source_language for segment in segments] == ["be"] * 4
    assert [Flag.SOURCE_LANGUAGE_MISMATCH in segment.flags for segment in segments] == [False, False, True, False]


async def test_a_named_language_is_believed_and_doubted() -> None:
    """The sentence goes the way that was named; that it looks like another language is flagged."""
    async with running() as served:
        segment = await served.segment(
            "Губернатор сообщил, что новый мост откроется.", TranslationOptions("en", source_language="be")
        )
    assert segment.source_language == "be"
    assert segment.flags == {Flag.SOURCE_LANGUAGE_MISMATCH}
    assert segment.status is SegmentStatus.TRANSLATED


async def test_a_sentence_in_the_target_language_is_copied() -> None:
    """Its status says that it is no translation."""
    async with running() as served:
        segments = (await served.translate("Школа адкрыта сёння ў горадзе. The school is open today.")).segments
    assert [segment.status for segment in segments] == [SegmentStatus.TRANSLATED, SegmentStatus.COPIED]
    assert segments[1].source_language == "en"


async def test_an_undetermined_language_is_refused() -> None:
    """Words of no known language are no reason to guess; the candidates are named."""
    async with running() as served:
        with pytest.raises(InvalidRequest) as caught:
            await served.translate("Qwrt zxcv")
        assert caught.value.reason == "LANGUAGE_UNDETERMINED"
        assert "candidates" in caught.value.metadata
        assert (
            await served.segment("Qwrt zxcv", TranslationOptions("en", source_language="ru"))
        ).source_language == "ru"
    assert served.metrics.registry.get_sample_value("talmach_queue_sentences") == 0


async def test_a_text_of_two_languages_is_called_by_the_larger() -> None:
    """Where the whole is too mixed to say, its sentences say it."""
    text = "Дети идут в школу. Они поют. " + "Дзеці ідуць у школу. Яны спяваюць разам. Усё добра."
    async with running() as served:
        job = await served.start(text)
        segments = [segment async for segment in job.segments()]
    assert job.source.language == "be"
    assert {segment.source_language for segment in segments} == {"ru", "be"}


async def test_an_unsupported_pair_is_refused() -> None:
    """The pairs that there are, are named."""
    async with running(NaughtyEngine(directions=frozenset({Direction("be", "en")}))) as served:
        with pytest.raises(InvalidRequest) as caught:
            await served.translate("Школа адкрыта сёння ў горадзе.", TranslationOptions("ru"))
    assert (caught.value.reason, caught.value.metadata["pairs"]) == ("UNSUPPORTED_LANGUAGE_PAIR", "be-en")


async def test_models_are_chosen_by_name() -> None:
    """The first model is the default; another one is taken when it is named; an unknown one is refused."""
    first, second = NaughtyEngine(), NaughtyEngine(model_id="second")
    async with running(first, second) as served:
        assert served.translator.default_model(Direction("be", "en")) == "naughty"
        assert served.translator.directions == ALL_DIRECTIONS
        await served.translate("Школа адкрыта сёння.")
        named = await served.translate(
            "Школа адкрыта сёння.", replace(TO_ENGLISH, source_language="be", model="second")
        )
        with pytest.raises(ModelNotFound, match="naughty, second"):
            await served.translate("Школа адкрыта сёння.", replace(TO_ENGLISH, model="third"))
    assert (len(first.batches), len(second.batches)) == (1, 1)
    assert named.totals.model_ids == ("second",)


async def test_each_direction_is_searched_as_its_model_wants() -> None:
    """What the models say holds in one text of two languages, and a beam that is asked for is no more than a beam."""
    from_belarusian, from_russian = (
        NaughtyEngine(model_id=model_id, directions=frozenset({Direction(source, "en")}), decoding=decoding)
        for model_id, source, decoding in (
            ("one", "be", DecodeOptions(beam_size=3, length_penalty=0.6)),
            ("two", "ru", DecodeOptions(beam_size=2, repetition_penalty=1.1)),
        )
    )
    async with running(from_belarusian, from_russian) as served:
        for beam_size in (None, 5):
            await served.translate(
                "Ён чытаў гэтую цікавую кнігу ўчора. Они уже закрыли этот мост.",
                TranslationOptions("en", beam_size=beam_size),
            )
    assert from_belarusian.options == [DecodeOptions(beam_size=size, length_penalty=0.6) for size in (3, 5)]
    assert from_russian.options == [DecodeOptions(beam_size=size, repetition_penalty=1.1) for size in (2, 5)]


@pytest.mark.parametrize(
    ("own", "setting", "is_flagged"), [(None, None, False), (-0.4, None, True), (-0.6, -0.4, True), (-0.4, -0.6, False)]
)
async def test_a_model_says_which_scores_are_doubtful(
    own: float | None, setting: float | None, is_flagged: bool
) -> None:
    """The engine's -0.5 is, where the model or, before it, the setting says so."""
    engine = NaughtyEngine()
    if own is not None:
        engine.low_confidence[Direction("be", "en")] = own
    async with running(engine) as served:
        translator = Translator({"naughty": served.queue}, low_confidence_score=setting, metrics=Metrics())
        segment = await replace(served, translator=translator).segment("Горад адкрыў школу.")
    assert (Flag.LOW_CONFIDENCE in segment.flags) == is_flagged


async def test_another_language_is_copied_and_says_so() -> None:
    """Ukrainian inside a Russian text is not translated as if it were Russian."""
    text = "Губернатор сообщил, что мост открыли. Новий міст через річку відкрили сьогодні вранці. Дети рады мосту."
    async with running() as served:
        segments = (await served.translate(text)).segments
    assert [segment.status for segment in segments] == [
        SegmentStatus.TRANSLATED,
        SegmentStatus.COPIED,
        SegmentStatus.TRANSLATED,
    ]
    assert segments[1].flags == {Flag.SOURCE_LANGUAGE_MISMATCH}
