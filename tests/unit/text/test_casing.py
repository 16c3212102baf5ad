import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.text.casing import is_all_caps, to_all_caps, to_sentence_case


@pytest.mark.parametrize(
    "text",
    [
        "В МИНСКЕ ОТКРЫЛИ НОВУЮ СТАНЦИЮ МЕТРО",
        "У МІНСКУ АДКРЫЛІ НОВУЮ СТАНЦЫЮ МЕТРО",
        "PARLIAMENT PASSES BUDGET",
        "СРОЧНО",
        "BREAKING:",
        "США И КИТАЙ ДОГОВОРИЛИСЬ",
        "ЦЕНЫ ВЫРОСЛИ НА 5 млн РУБЛЕЙ",
        "ЧИТАЙТЕ НА news.by СЕГОДНЯ",
        "СЯМ’Я АТРЫМАЛА ДОМ",
    ],
)
def test_headlines_in_capitals(text: str) -> None:
    """Two words or one long word in capitals, few small letters; links do not count."""
    assert is_all_caps(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12:30",
        "США",
        "NATO",
        "ААН",
        "НАТО И ЕС",
        "МВД РФ",
        "Обычный заголовок",
        "Компания БЕЛАЗ",
        "Да",
        "Я",
        "国会",
    ],
)
def test_no_headlines_in_capitals(text: str) -> None:
    """Acronyms are written in capitals anyway, and a single letter says nothing."""
    assert not is_all_caps(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ПРЕЗИДЕНТ США ВЫСТУПИЛ В ООН", "Президент США выступил в ООН"),
        ("ЗША І ЕЗ ДАМОВІЛІСЯ З ААН", "ЗША і ЕЗ дамовіліся з ААН"),
        ("US AND UK SIGN NATO DEAL, I HEAR", "US and UK sign NATO deal, I hear"),
        ("US'S PLAN: THEY DON'T PAY", "US's plan: they don't pay"),
        ("ЧТО СТАЛО С COVID-19 И ТУ-154", "Что стало с COVID-19 и ТУ-154"),
        ("10-ЛЕТИЕ 21ST CENTURY И 2-Й ЭТАП", "10-летие 21st century и 2-й этап"),
        ("5G-СЕТЬ ОТКРЫТА", "5G-сеть открыта"),
        ("А. С. ПУШКИН В XIX ВЕКЕ", "А. С. пушкин в XIX веке"),
        ("ПОТРАТИЛИ 5 МЛН, ВВП РАСТЁТ", "Потратили 5 млн, ВВП растёт"),
        ("«ЗОЛОТАЯ МАСКА» НАЗВАЛА ИМЕНА", "«Золотая маска» назвала имена"),
        ("САЙТ Example.COM/ABC РАБОТАЕТ #ТОП", "Сайт Example.COM/ABC работает #ТОП"),
        ("news.by ПИШЕТ", "news.by пишет"),
        ("", ""),
    ],
)
def test_sentence_case(text: str, expected: str) -> None:
    """Acronyms, initials, names with digits and protected tokens keep their spelling."""
    assert to_sentence_case(text) == expected


def test_all_caps_spares_protected_tokens() -> None:
    """A link or an address in capitals may lead elsewhere."""
    text = "Read example.com/aBc, write to Info@example.by or @news"
    assert to_all_caps(text) == "READ example.com/aBc, WRITE TO Info@example.by OR @news"


@given(st.text(alphabet="АБВІЎ ЁABCI .,-’5", max_size=40))
def test_capitals_come_back(text: str) -> None:
    """Recasing a text in capitals loses nothing that `to_all_caps` does not restore."""
    assert to_all_caps(to_sentence_case(text)) == text
