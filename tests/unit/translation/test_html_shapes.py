"""Shapes of HTML that pages have and textbooks do not: what surrounds the words comes through all of them."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.fakes import NaughtyEngine
from tests.unit.translation.test_html import HTML, OrderlyEngine, html_of, pages, tags


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
        ("Горад &#1; новая&#x1f; рака", "Gorad &#1; novaa&#x1f; raka"),
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


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "<tr><td class=notranslate>Код<td>Новая школа<td>рака</tr>",
            "<tr><td class=notranslate>Код<td>Skola Novaa<td>raka</tr>",
        ),
        ("<li class=notranslate>Назва<li>Новая школа</ul>", "<li class=notranslate>Назва<li>Skola Novaa</ul>"),
        ("<p translate=no>Імя<p>Новая школа", "<p translate=no>Імя<p>Skola Novaa"),
        ("<p translate=no>Імя <b>тут<hr>Новая школа", "<p translate=no>Імя <b>тут<hr>Skola Novaa"),
        ("<p translate=no><i>Імя<p translate=no>Імя<p>рака", "<p translate=no><i>Імя<p translate=no>Імя<p>raka"),
        ("<p>рака <span translate=no>Імя<p>Новая школа", "<p>raka <span translate=no>Імя<p>Skola Novaa"),
        ("<select><option translate=no>рака<option>горад", "<select><option translate=no>рака<option>gorad"),
        ("<div translate=no><p>Імя<p>рака</div>горад", "<div translate=no><p>Імя<p>рака</div>gorad"),
        ("<li translate=no>Імя<ul><li>рака</ul>мост<li>горад", "<li translate=no>Імя<ul><li>рака</ul>мост<li>gorad"),
        ("<p translate=no>Імя<svg><desc><p>рака</desc></svg>мост<p>горад", None),
        ("<p><svg><desc><div>мост<p>сад</desc></svg> рака", "<p><svg><desc><div>мост<p>сад</desc></svg> raka"),
        ("<p>рака <a><svg></a> мост<p>горад", "<p><a><svg></a> most raka<p>gorad"),
        ("<p>рака <code>x<p>мост", "<p>raka <code>x<p>мост"),
    ],
)
def test_what_is_left_alone_ends_where_its_end_tag_may_be_left_out(source: str, expected: str | None) -> None:
    """What follows it is translated, as browsers read it; what is inside an image is part of that."""
    if expected is None:
        expected = source.removesuffix("горад") + "gorad"
    assert html_of(source) == expected


@pytest.mark.parametrize(
    "head",
    [
        '<?xml version="1.0"?>\n<html>',
        '<!DOCTYPE html>\n<html lang="be" xmlns="http://www.w3.org/1999/xhtml">',
        '\ufeff<?xml version="1.0"?><HTML>',
    ],
)
def test_in_xhtml_every_tag_may_be_its_own_end(head: str) -> None:
    """A script or a title that ends at once swallows nothing; elsewhere it is open, as in browsers."""
    empty = '<script src="a.js"/><title/><p class="notranslate"/><textarea/>'
    source = f'{head}{empty}<p>Новая <a id="p1"/>школа <code/>тут</p>'
    assert html_of(source, OrderlyEngine()) == f'{head}{empty}<p>Novaa <a id="p1"/>skola <code/>tut</p>'
    source = '<script src="a.js"/><p>Новая школа</p>'
    assert html_of(source) == source


def test_attributes_of_what_is_left_alone_are_left_alone() -> None:
    """Of an element that is to be left, of one inside of it, and of one without content."""
    source = (
        "<p translate=no title='школа'>рака <a title='мост'>тут</a></p><img class=notranslate alt='рака'>"
        "<textarea placeholder='Новая школа'>рака</textarea><p title='мост'></p>"
    )
    target = html_of(source, options=replace(HTML, translate_attributes=True))
    assert target == source.replace("Новая школа", "Skola Novaa").replace("<p title='мост'>", "<p title='most'>")


@pytest.mark.parametrize(
    "source",
    [
        "<p>{0} {0} {0} {0} {0} {0} {0} <b>{0} {0} <b><img src=a> <br> {0}</b></b></p>",
        "<p><b><b>{0}</b> <i></i></b> {0}</p>",
        "<p><b><b>{0}</b> <b><b></b></b></b> {0}</p>",
        "<p>{0} {0} {0} {0} {0} {0} {0} <b>{0} {0} <b><img src=a><!-- c --> <br> <img src=b> {0}</b></b></p>",
    ],
)
def test_tags_without_words_between_them_keep_their_order(source: str) -> None:
    """A line break takes a blank's place, an empty element opens nothing; what is beside them stays there."""
    assert tags(html_of(source.format("горад"), OrderlyEngine())) == tags(source)
