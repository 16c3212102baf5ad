"""Directions that no model has, through a language that two models share."""

import re

import pytest

from talmach.engine.base import Direction
from talmach.errors import UnsupportedLanguagePair
from talmach.quality import Flag
from talmach.text.article import Field
from talmach.text.markup import TextFormat
from talmach.translation.pivot import routes
from talmach.translation.values import SegmentStatus, TranslationOptions
from tests.fakes import NaughtyEngine
from tests.unit.translation.harness import running

RU_EN, EN_BE, RU_BE, BE_RU = (Direction.parse(each) for each in ("ru-en", "en-be", "ru-be", "be-ru"))
TO_BELARUSIAN = TranslationOptions("be", source_language="ru")


def chain() -> tuple[NaughtyEngine, NaughtyEngine]:
    """Return a model for each half, and none for the whole."""
    return (
        NaughtyEngine(model_id="first", directions=frozenset({RU_EN})),
        NaughtyEngine(model_id="second", directions=frozenset({EN_BE})),
    )


def test_routes_join_what_no_model_has() -> None:
    """Nothing that is direct already, nothing back to where it began, and the same one every time."""
    assert routes([RU_EN, EN_BE]) == {RU_BE: "en"}
    assert routes([RU_EN, EN_BE, RU_BE]) == {}
    assert routes([RU_EN, Direction("en", "ru")]) == {}
    assert routes(map(Direction.parse, ("ru-en", "en-ru", "be-en", "en-be"))) == {RU_BE: "en", BE_RU: "en"}


async def test_a_sentence_goes_through_both_models_and_says_so() -> None:
    """Each half once; what is checked is the end against the source."""
    first, second = chain()
    async with running(first, second) as service:
        assert service.translator.directions == {RU_EN, EN_BE, RU_BE}
        assert (service.translator.pivot(RU_BE), service.translator.pivot(RU_EN)) == ("en", None)
        assert service.translator.default_model(RU_BE) == "first"
        translation = await service.translate("Город открыл школу.", TO_BELARUSIAN)
    (segment,) = translation.segments
    assert segment.status is SegmentStatus.TRANSLATED
    assert segment.pivot == "en"
    assert translation.totals.model_ids == ("first", "second")
    assert [len(engine.batches) for engine in (first, second)] == [1, 1]
    # Reversed and written in the other script, twice.
    assert segment.translated_text.split()[0].lower().startswith("город")


@pytest.mark.parametrize("word", ["школу", "муте"])
async def test_a_sentence_may_be_too_long_for_the_second_model_alone(word: str) -> None:
    """It is cut once more; and where the model gives nothing for a part, the sentence stays as it is and says so."""
    first, second = chain()
    second.max_source_tokens = 12
    text = f"Город открыл новую {word} сразу, и это слова о городе, и ещё слова о школе, и ещё слова о людях города."
    async with running(first, second) as service:
        segment = await service.segment(text, TO_BELARUSIAN)
    assert set(first.decoded) == {text}
    assert len(second.decoded) > len(first.decoded)
    if word == "муте":  # "mute" to the second model
        assert (segment.status, segment.translated_text) == (SegmentStatus.COPIED, text)
        assert Flag.UNTRANSLATED in segment.flags
    else:
        assert (segment.status, segment.pivot) == (SegmentStatus.TRANSLATED, "en")
        assert len(segment.translated_text.split()) == len(text.split())


async def test_a_direct_direction_says_nothing_of_a_pivot() -> None:
    """Even where others have one."""
    async with running(*chain()) as service:
        segment = await service.segment("Город открыл школу.", TranslationOptions("en", source_language="ru"))
    assert segment.pivot is None


async def test_what_is_kept_from_the_models_is_kept_from_both() -> None:
    """Links come out as they went in, and a loop of either half is tried again in both."""
    first, second = chain()
    async with running(first, second) as service:
        segment = await service.segment("Смотрите https://example.org сегодня утром.", TO_BELARUSIAN)
        looped = await service.segment("Город loop открыл школу.", TO_BELARUSIAN)
    assert "https://example.org" in segment.translated_text
    assert Flag.PROTECTED_TOKEN_MISMATCH not in segment.flags
    assert Flag.REPETITION not in looped.flags


async def test_a_failure_of_the_second_half_is_the_segments() -> None:
    """As one of the first is."""
    first, second = chain()
    async with running(first, second) as service:
        second.raises = RuntimeError("broken")
        translation = await service.translate("Город открыл школу. Раз. Два.", TO_BELARUSIAN)
    assert SegmentStatus.TRANSLATED in {each.status for each in translation.segments}


async def test_one_model_alone_is_no_chain() -> None:
    """A model that is named translates what it translates."""
    async with running(*chain()) as service:
        with pytest.raises(UnsupportedLanguagePair):
            await service.translate(
                "Город открыл школу.", TranslationOptions("be", source_language="ru", model="first")
            )


@pytest.mark.parametrize("back", [False, True])
async def test_tags_find_their_words_through_both_halves(back: bool) -> None:
    """Reversed twice, the words stand where they stood, and so do their tags; with models back as well, too."""
    first, second = chain()
    if back:
        first.directions |= {Direction("en", "ru")}
        second.directions |= {Direction("be", "en")}
    async with running(first, second) as service:
        options = TranslationOptions("be", source_language="ru", format=TextFormat.HTML)
        translation = await service.translate("<p>Город <b>открыл</b> новую <i>школу</i> там</p>", options)
    words = re.sub(r"<[^>]+>", "", translation.texts[Field.TEXT]).split()
    expected = f"<p>{words[0]} <b>{words[1]}</b> {words[2]} <i>{words[3]}</i> {words[4]}</p>"
    assert translation.texts[Field.TEXT] == expected
    assert [bool(engine.aligned) for engine in (first, second)] == [True, True]
