"""What the models cannot give back: quotation marks, apostrophes, ellipses, the missing stop of headlines, capitals."""

import pytest

from talmach.translation.restoration import Manner


def restored(source: str, target: str, language: str = "en", *, all_caps: bool = False, before: str = "") -> str:
    """A translation in the manner of its source, which is one part."""
    return Manner.of(source, language, all_caps=all_caps).restore(source, target, before)


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("Він «Нёман» тут.", 'The "Neman" is here.', "en", "The “Neman” is here."),
        ("The “Neman” won.", '"Нёман" перамог.', "be", "«Нёман» перамог."),
        ("The “Neman” won.", '("Нёман" — "Днепр")', "ru", "(«Нёман» — «Днепр»)"),
        ("„Нёман“ тут.", '"Neman" here.', "en", "“Neman” here."),
        ("«Мы рады», — сказаў ён.", '"We are glad," he said.', "en", "“We are glad,” he said."),
        ("Ён сказаў: «Мы рады.", 'He said: "We are glad.', "en", "He said: “We are glad."),
        ("Мы рады», — сказаў ён.", 'We are glad," he said.', "en", "We are glad,” he said."),
    ],
)
def test_quotation_marks_are_those_of_the_target_language(
    source: str, target: str, language: str, expected: str
) -> None:
    """Also where a quotation begins or ends in another sentence."""
    assert restored(source, target, language) == expected


def test_a_part_knows_what_stands_before_it() -> None:
    """A mark right behind a kept word closes."""
    manner = Manner.of("Сайт «example.by» тут.", "en", all_caps=False)
    assert manner.restore("тут", '" is here', "y") == "” is here"
    assert manner.restore("тут", '"here', " ") == "“here"


def test_straight_marks_stay_straight() -> None:
    """Where the source writes them so, and where it writes nothing typographic at all."""
    assert restored('Он сказал "да".', 'He said "yes".') == 'He said "yes".'
    assert restored('У сям’і ёсць "так".', 'A family\'s "yes".') == 'A family’s "yes".'
    assert restored("У сям'і «так».", 'A family\'s "yes".') == "A family's “yes”."
    assert restored("Сям'я тут.", "It's here.") == "It's here."


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("«Нёман»", "Neman's players' bus", "en", "Neman’s players’ bus"),
        ("It’s here.", "Сям'я тут.", "be", "Сям’я тут."),
        ("It’s here.", "Жанна д'Арк тут.", "ru", "Жанна д'Арк тут."),
    ],
)
def test_apostrophes_are_those_of_the_target_language(source: str, target: str, language: str, expected: str) -> None:
    """Russian has none of its own."""
    assert restored(source, target, language) == expected


def test_ellipses_are_as_in_the_source() -> None:
    """One character or three, as the source has it."""
    assert restored("Так…", "Yes...") == "Yes…"
    assert restored("Так...", "Yes...") == "Yes..."


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Адкрылі школу", "A school has opened.", "A school has opened"),
        ("Адкрылі школу.", "A school has opened.", "A school has opened."),
        ("«Адкрылі школу.»", "A school has opened.", "A school has opened."),
        ("Адкрылі школу!", "A school has opened.", "A school has opened."),
        ("Прэзідэнт ЗША", "President of the U.S.", "President of the U.S."),
        ("Адкрылі школу", "A school has opened...", "A school has opened..."),
        ("Адкрылі школу", ".", ""),
        ("Адкрылі школу", "", ""),
    ],
)
def test_headlines_get_no_full_stop(source: str, target: str, expected: str) -> None:
    """The model's habit is undone; the dot of an abbreviation is none of it."""
    assert restored(source, target) == expected


def test_capitals_are_given_back_but_for_protected_tokens() -> None:
    """As in the source."""
    assert restored("АДКРЫЛІ", "Opened at example.by today", all_caps=True) == "OPENED AT example.by TODAY"


def test_belarusian_is_spelled_officially() -> None:
    """A letter that only the other orthography has is written as the official one does; in other languages it stays."""
    assert restored("Greenland is Denmark's.", "Ґрэнландыя і ґанак.", "be") == "Грэнландыя і ганак."
    assert restored("Ґанак тут.", "The letter ґ is here.") == "The letter ґ is here."
    # What a glossary puts into the source is wanted as it is.
    assert restored("Ґмах is here.", "Ґмах тут.", "be") == "Ґмах тут."
