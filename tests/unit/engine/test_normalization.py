"""The folding of typography that training corpus and served sentences share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.engine.normalization import normalize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("сям’я сямʼя сям`я", "сям'я сям'я сям'я"),
        ("«Нёман» “Neman” „Нёман“ ,,Нёман''", '"Нёман" "Neman" "Нёман" "Нёман"'),
        ("2020–2025 — гады", "2020-2025 — гады"),
        ("так… не", "так... не"),
        ("е\u0308лка у\u0306", "ёлка ў"),
        (" a\u00a0b\n\tc ", "a b c"),
        ("не\u00adпе\u200bра\ufeffнос", "неперанос"),
        ("всту-\nпят в силу", "вступят в силу"),
        ("будаўніц-\r\n  тва", "будаўніцтва"),
        ("construc\u00ad\ntion", "construction"),
        ("юго-\nзапад", "юго-запад"),
        ("кто-\nто well-\nknown Минск-\nБрест", "кто-то well-known Минск-Брест"),
        ("", ""),
    ],
)
def test_typography_is_folded(text: str, expected: str) -> None:
    """To one form of each apostrophe, quotation mark, dash, ellipsis and white space; a parted word is whole again."""
    assert normalize(text) == expected


@given(
    st.text(alphabet=st.one_of(st.characters(), st.sampled_from("«»“”„’ʼ`'\",–—-…. \n12aосi\u200b\u0301")), max_size=60)
)
def test_folding_is_stable_and_one_line(text: str) -> None:
    """What a model is given has no line break and no space at its edges, whatever the text; folded, it stays so."""
    folded = normalize(text)
    assert normalize(folded) == folded
    assert folded == " ".join(folded.split())
    assert not set("«»“”„’ʼ–…") & set(folded)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("по  a реформе", "по а реформе"),
        ("он\u200b a она", "он а она"),
        ("\uff40слова\uff40", "'слова'"),
        ("e\u200d\u0301te", "éte"),
    ],
)
def test_what_is_normal_stays_as_it_is(text: str, expected: str) -> None:
    """Blanks and invisible characters hide nothing from the folding of letters."""
    assert normalize(text) == expected
    assert normalize(expected) == expected
