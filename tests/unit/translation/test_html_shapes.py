"""Shapes of HTML that pages have and textbooks do not: what surrounds the words comes through all of them."""

import re

import pytest
from hypothesis import given, settings

from tests.fakes import NaughtyEngine
from tests.unit.translation.test_html import OrderlyEngine, html_of, pages


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Горад <img src=a> новая рака", "Gorad <img src=a> novaa raka"),
        ("Горад <i class=icon></i> рака", "Gorad <i class=icon></i> raka"),
        ("Горад <svg><path/></svg> рака", "Gorad <svg><path/></svg> raka"),
        ("Горад <!-- тут --> рака", "Gorad <!-- тут --> raka"),
        ("Горад <img src=a> <img src=b> рака", "Gorad <img src=a> <img src=b> raka"),
        ("<b>Горад <img src=a> </b>рака", "<b>Gorad <img src=a> </b>raka"),
        ("Горад <a href=x> новая рака</a> тут", "Gorad <a href=x> novaa raka</a> tut"),
        ("Горад <img src=a>рака", "Gorad <img src=a>raka"),
        ("Горад<img src=a> рака", "Gorad<img src=a> raka"),
    ],
)
def test_both_blanks_around_a_tag_stay(source: str, expected: str) -> None:
    """A reader sees one blank or two, by what is between them; no tag that had one beside it touches a word."""
    assert html_of(source, OrderlyEngine()) == expected


@pytest.mark.parametrize("engine", [NaughtyEngine, OrderlyEngine])
@settings(max_examples=150)
@given(pages)
def test_no_picture_touches_the_word_behind_it(engine: type[NaughtyEngine], source: str) -> None:
    """None that has a blank behind it in the source."""
    touching = re.findall(r"<img src=a>\w", html_of(source, engine()))
    assert len(touching) <= len(re.findall(r"<img src=a>(?! )", source))
