"""Glossary terms and do-not-translate phrases: found, put in, counted, and phrases guaranteed."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from talmach.quality import Flag
from talmach.text.known_words import KnownWords, stem_key
from talmach.text.span import Span
from talmach.translation.glossary import Glossary, Occurrence, UsageCounter, count_applied, substitute
from talmach.translation.values import GlossaryEntry, TranslationOptions
from tests.fakes import NaughtyEngine
from tests.unit.translation.harness import TO_ENGLISH, phrase, running

SCHOOL = GlossaryEntry("школа", "academy")


def found(text: str, *entries: GlossaryEntry) -> list[str]:
    """What is found in a text, as it stands there."""
    return [each.span.slice(text) for each in Glossary(entries).find(text)]


def test_terms_are_whole_words_without_regard_to_case() -> None:
    """«школа» is in «ШКОЛА» and "школа-сад", and not in «школах»."""
    assert found("Школа, школах, ШКОЛА; школа-сад, прашкола.", SCHOOL) == ["Школа", "ШКОЛА", "школа"]


def test_phrases_mind_their_case() -> None:
    """A do-not-translate phrase is a name."""
    assert found("Apple і apple, C++ і .NET", phrase("Apple"), phrase("C++"), phrase(".NET")) == [
        "Apple",
        "C++",
        ".NET",
    ]


def test_the_longer_of_two_terms_wins() -> None:
    """In any order of the request, and whatever white space stands between its words."""
    short, long = GlossaryEntry("школа", "a"), GlossaryEntry("школа мастацтваў", "b")
    assert found("Новая школа\nмастацтваў і школа", short, long) == ["школа\nмастацтваў", "школа"]
    assert found("Новая школа мастацтваў і школа", long, short) == ["школа мастацтваў", "школа"]


def test_special_characters_mean_themselves() -> None:
    """A term is no pattern."""
    assert found("a.c abc a+c", phrase("a.c"), phrase("a+c")) == ["a.c", "a+c"]


def test_nothing_is_found_inside_a_protected_token() -> None:
    """Or "minsk" in a link would be replaced."""
    assert found("Minsk: https://minsk.by/minsk і @minsk", GlossaryEntry("minsk", "Мінск")) == ["Minsk"]


def test_without_entries_nothing_is_found() -> None:
    """Not even the empty string."""
    assert found("Школа") == []
    assert found("Школа", GlossaryEntry(" ", "x")) == []


def test_a_long_glossary_finds_each_of_its_terms() -> None:
    """With more alternatives than one-letter group numbers."""
    entries = [GlossaryEntry(f"слова{number}", f"word{number}") for number in range(300)]
    occurrences = Glossary(entries).find("слова7 і слова299")
    assert [each.entry.target_term for each in occurrences] == ["word7", "word299"]


def test_case_and_white_space_do_not_part_a_term_from_its_text() -> None:
    """Also where a small letter has another length than its capital, and the first of two equal terms counts."""
    terms = [GlossaryEntry("İzmir \t straße", "a"), GlossaryEntry("i\u0307zmir  STRASSE", "b")]
    occurrences = Glossary(terms).find("(İZMIR\nSTRASSE)")
    assert [(each.span, each.entry.target_term) for each in occurrences] == [(Span(1, 14), "a")]


@pytest.mark.parametrize(
    ("entries", "unit"),
    [
        ([GlossaryEntry("а " * 90 + str(number), "x") for number in range(500)], "а "),
        ([GlossaryEntry("а", "b")], "#а а "),
        ([phrase("-" * 199 + str(number % 10)) for number in range(20)], "-"),
    ],
    ids=["terms that begin alike", "terms among tags", "phrases of marks"],
)
def test_hostile_glossaries_take_linear_time(entries: list[GlossaryEntry], unit: str) -> None:
    """Searching with one alternative for each entry, or comparing all terms with all tags, took a minute."""
    text = unit * (20_000 // len(unit))
    started = time.thread_time()
    Glossary(entries).find(text)
    assert time.thread_time() - started < 5


def test_substitution_tells_where_the_terms_stand() -> None:
    """The spans slice the new text."""
    occurrences = [Occurrence(Span(0, 5), SCHOOL), Occurrence(Span(8, 12), GlossaryEntry("мост", "a new bridge"))]
    text, spans = substitute("Школа і мост.", occurrences)
    assert text == "academy і a new bridge."
    assert [span.slice(text) for span in spans] == ["academy", "a new bridge"]


@pytest.mark.parametrize(
    ("target", "honoured"),
    [
        ("The academy and the Academy.", 2),
        ("The academies.", 0),
        ("Academy's walls", 1),
        ("Nonacademy", 0),
        ("academy academy academy", 2),
        ("", 0),
    ],
)
def test_terms_are_counted_from_the_start_of_words(target: str, honoured: int) -> None:
    """Terms may be declined at their end; no more are honoured than there are."""
    occurrences = [Occurrence(Span(0, 5), SCHOOL)] * 2
    assert count_applied(occurrences, target) == {SCHOOL: (2, honoured)}


@pytest.mark.parametrize(("target", "honoured"), [("IT and ITV", 1), ("ITV", 0), ("(IT)", 1), ("BRIT, it", 0)])
def test_phrases_are_counted_as_whole_words(target: str, honoured: int) -> None:
    """As they are found in the source; a word that happens to have their letters is another one."""
    assert count_applied([Occurrence(Span(0, 2), phrase("IT"))], target) == {phrase("IT"): (1, honoured)}


def test_usages_add_up_in_the_order_of_the_request() -> None:
    """An entry that never occurs is reported with zeros."""
    never = GlossaryEntry("ніколі", "never")
    counter = UsageCounter([never, SCHOOL])
    counter.add({SCHOOL: (2, 1)})
    counter.add({SCHOOL: (1, 1)})
    assert [(usage.entry, usage.applied, usage.not_applied) for usage in counter.usages()] == [
        (never, 0, 0),
        (SCHOOL, 2, 1),
    ]


class Forgetful(NaughtyEngine):
    """Loses the word "academy", and writes "Apple" in small letters."""

    def _hypothesis(self, tokens, options):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        kept = [token.replace("Apple", "apple") for token in tokens if token != "academy"]
        return super()._hypothesis(kept, options)


async def test_applied_terms_are_counted() -> None:
    """The model sees the target term and copies it."""
    async with running() as served:
        translation = await served.translate(
            "Новая школа адкрыта сёння. Наша школа.", replace(TO_ENGLISH, glossary=(SCHOOL,))
        )
    assert served.engine.decoded == ["Новая academy адкрыта сёння.", "Наша academy."]
    assert not any(segment.flags for segment in translation.segments)
    (usage,) = translation.totals.glossary_usages
    assert (usage.applied, usage.not_applied) == (2, 0)


async def test_terms_that_are_lost_are_counted_and_flagged() -> None:
    """A glossary term is a wish: what the model makes of it is reported."""
    async with running(Forgetful()) as served:
        translation = await served.translate(
            "Новая школа адкрыта сёння. Мост таксама гатовы.", replace(TO_ENGLISH, glossary=(SCHOOL,))
        )
    assert [segment.flags for segment in translation.segments] == [{Flag.GLOSSARY_NOT_APPLIED}, frozenset()]
    (usage,) = translation.totals.glossary_usages
    assert (usage.applied, usage.not_applied) == (0, 1)


async def test_phrases_come_through_whatever_the_model_does() -> None:
    """One that is changed is cut out and put back; glossary terms in the same sentence stay."""
    options = replace(TO_ENGLISH, glossary=(GlossaryEntry("мост", "bridge"), phrase("Apple"), phrase("Прыгожы дом")))
    async with running(Forgetful()) as served:
        translation = await served.translate("Кампанія Apple купіла мост і Прыгожы дом, сказала Apple учора.", options)
    (segment,) = translation.segments
    assert segment.flags == frozenset()
    assert segment.translated_text == "Kampania Apple i bridge kupila Прыгожы дом, skazala Apple ucora."
    assert [(usage.applied, usage.not_applied) for usage in translation.totals.glossary_usages] == [
        (1, 0),
        (2, 0),
        (1, 0),
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("КАМПАНІЯ iPhone КУПІЛА НОВЫ ДОМ", "iPhone"),
        ("КАМПАНІЯ «ПРЫГОЖЫ ДОМ» КУПІЛА МОСТ", "ПРЫГОЖЫ ДОМ"),
        ("Пётр O'Brien сказаў: «Добра, дзякуй вам»…", "O'Brien"),
        ('Кніга "Я... і ты" выйшла ўчора…', '"Я... і ты"'),
        ("Сайт minsk.by працуе добра сёння.", "Сайт minsk"),
    ],
)
async def test_restoration_does_not_touch_phrases(text: str, kept: str) -> None:
    """Neither capitals nor typography nor a link that overlaps it change a do-not-translate phrase."""
    options = TranslationOptions("en", source_language="be", glossary=(phrase(kept),))
    async with running() as served:
        segment = await served.segment(text, options)
    assert kept in segment.translated_text
    assert Flag.GLOSSARY_NOT_APPLIED not in segment.flags


async def test_a_failing_second_decode_leaves_the_phrase_flagged() -> None:
    """The first translation is better than none."""

    class Broken(Forgetful):
        def translate(self, batch, options):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            if self.batches:
                raise ZeroDivisionError
            return super().translate(batch, options)

    async with running(Broken()) as served:
        segment = await served.segment("Кампанія Apple купіла мост.", replace(TO_ENGLISH, glossary=(phrase("Apple"),)))
    assert segment.translated_text == "Most. kupila apple Kampania"
    assert segment.flags == {Flag.GLOSSARY_NOT_APPLIED}


async def test_a_large_glossary_does_not_hold_up_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer to get ready than the text that it is for."""
    threads = []

    class Watched(Glossary):
        def __init__(self, entries: Sequence[GlossaryEntry]) -> None:
            threads.append(threading.current_thread())
            super().__init__(entries)

    monkeypatch.setattr("talmach.translation.translator.Glossary", Watched)
    many = tuple(GlossaryEntry(f"тэрмін {number}", "term") for number in range(400))
    async with running() as served:
        for glossary in (many[:2], many):
            await served.translate("Новая школа.", TranslationOptions("en", "be", glossary=glossary))
    assert [each is threading.main_thread() for each in threads] == [True, False]


async def test_a_term_is_no_invention_of_the_model() -> None:
    """A word that the model has not met is flagged where the model wrote it, not where the glossary asked for it."""
    text = "Школа чакае сёння."
    engine = NaughtyEngine()
    async with running(engine) as served:
        words = (await served.segment(text)).translated_text.lower().split()
        engine.known_words = KnownWords.of_keys({stem_key(word.strip("."), "en") for word in words})
        assert Flag.UNKNOWN_WORD not in (await served.segment(text)).flags
        term = await served.segment(text, replace(TO_ENGLISH, glossary=(GlossaryEntry("школа", "zblorkhin"),)))
        assert "zblorkhin" in term.translated_text.casefold()
        assert Flag.UNKNOWN_WORD not in term.flags
        engine.known_words = KnownWords.of_keys({"nothing of it"})
        assert Flag.UNKNOWN_WORD in (await served.segment(text)).flags
