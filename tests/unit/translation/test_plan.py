"""The plan of one sentence, and how a sentence is cut into parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.text.article import Article, Field
from talmach.text.span import Span
from talmach.translation.plan import Action, Part, Plan, parts, plan, prevailing_language

ANY_LENGTH = 10_000


def planned(
    text: str, *, named: str | None = None, article: str | None = "be", target: str = "en", drop: bool = False
) -> Plan:
    """The plan of the first sentence of a text."""
    sentence = Article.of({Field.TEXT: text}).sentences[0]
    return plan(sentence, named_language=named, article_language=article, target_language=target, drop=drop)


def cut(text: str, limit: int = ANY_LENGTH, verbatim: tuple[Span, ...] = ()) -> list[tuple[str, bool]]:
    """The parts of a text, with a limit in code points."""
    return [(part.text, part.translate) for part in parts(text, verbatim, lambda part: len(part) <= limit)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Дзеці вельмі доўга чакалі гэтага дня.", (Action.TRANSLATE, "be", False)),
        ("Губернатор сообщил, что мост откроется.", (Action.TRANSLATE, "ru", False)),
        ("The school opened on Friday with a concert.", (Action.COPY, "en", False)),
        ("Мост.", (Action.TRANSLATE, "be", False)),
        ("42 % — 100", (Action.COPY, "be", False)),
    ],
)
def test_detected_sentence_by_sentence(text: str, expected: tuple[Action, str, bool]) -> None:
    """What a sentence does not tell by itself the article tells."""
    each = planned(text)
    assert (each.action, each.source_language, each.language_mismatch) == expected


def test_a_named_language_is_kept() -> None:
    """And doubted where the sentence looks like another."""
    text = "Губернатор сообщил, что мост откроется."
    assert planned(text, named="ru").language_mismatch is False
    doubted = planned(text, named="be")
    assert (doubted.action, doubted.source_language, doubted.language_mismatch) == (Action.TRANSLATE, "be", True)
    latin = planned("Učora ŭ Vilni raspačałosia śviata biełaruskaj knihi.", named="be")
    assert (latin.action, latin.source_language, latin.language_mismatch) == (Action.TRANSLATE, "be", True)
    english = planned("The school opened on Friday with a concert.", named="be")
    assert (english.action, english.source_language, english.language_mismatch) == (Action.COPY, "be", True)


def test_without_any_language_a_sentence_fails() -> None:
    """Nobody knows which way to translate it."""
    each = planned("Qwrt.", article=None)
    assert (each.action, each.source_language) == (Action.FAIL, None)


def test_boilerplate_is_dropped_when_asked() -> None:
    """Else it is a sentence like any other."""
    assert planned("Чытайце таксама: Мост", drop=True).action is Action.DROP
    assert planned("Чытайце таксама: Мост").action is Action.TRANSLATE


def test_capitals_are_lowered_for_the_model() -> None:
    """Only of a sentence that is written in them."""
    assert planned("АДКРЫЛІ НОВУЮ ШКОЛУ Ў ГОРАДЗЕ").text == "Адкрылі новую школу ў горадзе"
    assert planned("Адкрылі новую школу.").text == "Адкрылі новую школу."


def test_the_prevailing_language_is_that_of_most_text() -> None:
    """By length, not by number; and none where most of the text is in none."""
    belarusian, russian = "Дзеці вельмі доўга чакалі гэтага дня ў сваёй школе.", "Он сообщил это."
    assert prevailing_language(Article.of({Field.TEXT: f"{belarusian} {russian} {russian}"}).sentences) == "be"
    assert (
        prevailing_language(Article.of({Field.TEXT: f"{russian}\nQwrtz xcvbnm qwrtz xcvbnm qwrtz."}).sentences) is None
    )
    assert prevailing_language(()) is None


def test_protected_tokens_are_parts_that_are_kept() -> None:
    """The marks between them and the words stay where they are."""
    assert cut("Пішыце (на me@example.by), калі ласка.") == [
        ("Пішыце (на", True),
        (" ", False),
        ("me@example.by", False),
        ("), ", False),
        ("калі ласка.", True),
    ]


def test_quotes_around_a_kept_token_stay_with_it() -> None:
    """Straight or not; those of the words stay with the words."""
    assert cut('Сайт "example.by" і «Новы дом» на «example.by».') == [
        ("Сайт", True),
        (' "', False),
        ("example.by", False),
        ('" ', False),
        ("і «Новы дом» на", True),
        (" «", False),
        ("example.by", False),
        ("».", False),
    ]


def test_overlapping_spans_are_kept_once() -> None:
    """A phrase that overlaps a link keeps both whole."""
    text = "Сайт example.by ёсць"
    assert cut(text, verbatim=(Span(0, 8),)) == [("Сайт exa", False), ("mple.by", False), (" ", False), ("ёсць", True)]
    assert cut(text, verbatim=(Span(9, 20),)) == [("Сайт", True), (" ", False), ("example.by", False), (" ёсць", False)]


def test_a_long_sentence_is_cut_at_clauses() -> None:
    """With the white space between them kept."""
    assert cut("Школа стаіць у цэнтры горада, і дзеці ходзяць туды пешшу.", limit=35) == [
        ("Школа стаіць у цэнтры горада,", True),
        (" ", False),
        ("і дзеці ходзяць туды пешшу.", True),
    ]


@given(
    text=st.text(alphabet="аб яé «»\"'(),. \n\t\u200b\u00a0-—1@#/:.byhtps", max_size=80),
    limit=st.integers(1, 40),
    spans=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 20)), max_size=3),
)
def test_parts_are_the_text(text: str, limit: int, spans: list[tuple[int, int]]) -> None:
    """Joined they give the text, none is empty, what is translated fits and has no white space around it."""
    verbatim = [Span(start, start + size) for start, size in spans if start + size <= len(text)]
    result = parts(text, verbatim, lambda part: len(part) <= limit)
    assert "".join(part.text for part in result) == text
    assert all(part.text for part in result)
    translated: list[Part] = [part for part in result if part.translate]
    assert all(len(part.text) <= limit and part.text == part.text.strip() for part in translated)
    covered = {position for span in verbatim for position in range(span.start, span.end)}
    position = 0
    for part in result:
        if part.translate:
            assert covered.isdisjoint(range(position, position + len(part.text)))
        position += len(part.text)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Газета «Наша Ніва» закрыта.", Action.TRANSLATE),
        ("Суд над журналистами «Нашай Нівы» отложен.", Action.TRANSLATE),
        ("Горад адкрыў новую школу.", Action.COPY),
        ("«Белавія» адкрыла новы рэйс.", Action.COPY),
        ("«Сёння ідзе моцны дождж».", Action.COPY),
    ],
)
def test_a_quoted_name_does_not_tell_the_language_around_it(text: str, action: Action) -> None:
    """To Belarusian, in a Russian article: what is Belarusian stays, what has a Belarusian name does not."""
    assert planned(text, article="ru", target="be").action is action
