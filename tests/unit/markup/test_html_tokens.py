"""The tokens of HTML: all of the source, none worse than linear, and what a real HTML5 parser reads is what we read."""

import html
import re
import time

import justhtml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talmach.text.markup.html_tokens import TokenKind, tokens

PIECES = (
    "<code>", "</code>", "<code>x</code>", "<span class='a notranslate'>", "</span>", "<pre>", "</pre>",
    "<kbd>", "новая ",
    "<p>", "</p>", "<b>", "</b>", "<i class='x'>", "</i>", "<a href=\"x>y\" title='it&quot;s'>", "</a>", "<br>",
    "<br/>", "<img src=a alt='b'>", "<!-- c -->", "<!-->", "<!--->", "<!--", "-->", "--!>", "<!x>",
    "<?php x ?>", "</>", "</ x>", "<![CDATA[ y ]]>", "<", ">", "&", "&amp;", "&nbsp;", "&#8212;", "&#x41;",
    "&notit;", "&copy", "&bogus;", "слово", " ", "\n", "\t", "x", "'", '"', "=", "/", "<script>", "</script>",
    "<SCRIPT >", "</script x>", "<style>", "</style>", "<textarea>", "</textarea>", "<title>", "</title>",
    "<b a=1 b = '2' c=\"3\" d>", "<b a='", "<b / a>", "<b =x>", "<svg>", "</svg>", "<td>", "<li>", "<ul>",
    "</ul>", "<div>", "</div>", "<p translate=no>", "<li class=notranslate>", "<svg/>", "<math>", "</math>",
)  # fmt: skip
# Where tables and foreign elements are, a tree moves text or drops it; the text of raw elements is none to that parser.
READ_IN_PLACE = [
    each for each in PIECES if not re.search(r"</?(?:td|svg|math|script|style|textarea|title)", each, re.IGNORECASE)
]
in_place = st.lists(st.sampled_from(READ_IN_PLACE), max_size=25).map("".join)
markup = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def joined(source: str) -> str:
    """What the tokens say is text, without blanks, and with characters for references."""
    texts = []
    for token in tokens(source):
        if token.kind is TokenKind.TEXT:
            texts.append(html.unescape(token.span.slice(source)))
        elif token.kind is TokenKind.RAW:
            raw = token.span.slice(source)
            texts.append(html.unescape(raw) if token.name in ("title", "textarea") else raw)
    return re.sub(r"\s+", "", "".join(texts))


@given(markup)
def test_tokens_are_the_source(source: str) -> None:
    """Put together they are the text, and none is empty."""
    found = list(tokens(source))
    assert "".join(token.span.slice(source) for token in found) == source
    assert all(token.span.start < token.span.end for token in found)


@settings(max_examples=500)
@given(in_place)
def test_a_real_parser_reads_the_same(source: str) -> None:
    """The tree of an HTML5 parser has the same characters."""
    whole = f"<div>{source}"
    tree = justhtml.JustHTML(whole, fragment=True, sanitize=False)
    theirs = re.sub(r"\s+", "", tree.root.to_text(separator="", strip=False))
    assert joined(whole) == theirs


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("<script>if (a<b) '</p>'</script>x", "START RAW END TEXT"),
        ("<script><!-- <script> </script> --> </script>x", "START RAW END TEXT"),
        ("<script><!-- </script>x", "START RAW END TEXT"),
        ("<SCRIPT>a</sCript >x", "START RAW END TEXT"),
        ("<style>a<b</stylex></style>x", "START RAW END TEXT"),
        ("<textarea><b></textarea>x", "START RAW END TEXT"),
        ("<script></script>x", "START END TEXT"),
        ("<svg><![CDATA[ <b> ]]></svg>", "START OTHER END"),
        ("<![CDATA[ <b> ]]>", "OTHER TEXT"),
        ("<svg/>a<b>", "START TEXT START"),
        ("a<b", "TEXT OTHER"),
        ("a < b", "TEXT TEXT TEXT"),
        ("<plaintext><b>", "START RAW"),
    ],
)
def test_kinds_of_tokens(source: str, kinds: str) -> None:
    """Raw elements end where browsers say."""
    assert " ".join(token.kind.name for token in tokens(source)) == kinds


def test_attributes_have_their_places() -> None:
    """With and without quotes, names in small letters; a value that never ends ends the text."""
    source = """<A Href=x TITLE = 'a>b' alt="" disabled data-x="1"y=2/>"""
    (token,) = tokens(source)
    assert [(name, span.slice(source)) for name, span in token.attributes] == [
        ("href", "x"),
        ("title", "a>b"),
        ("alt", ""),
        ("disabled", ""),
        ("data-x", "1"),
        ("y", "2/"),
    ]


HOSTILE = [
    "<b>", "<p>", "&", "<", "<!--", "</b>", "<b a=", "<b a='", "<b><p>", "<svg><![CDATA[",
    "<script><!--<script>", "<a ", "&#", "<title>", "<p><button><b><td>", "<i title='x'>", "<code>x</code>",
    "<b/", "</", "<!", "--", "<li>", "<textarea ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_tokens_take_linear_time(unit: str) -> None:
    """Eight times the text takes about eight times the time."""

    def seconds(length: int) -> float:
        source = unit * (length // len(unit))
        began = time.thread_time()
        list(tokens(source))
        return time.thread_time() - began

    small = min(seconds(25_000) for _ in range(3))
    assert any(seconds(200_000) < 30 * small + 0.2 for _ in range(3))  # a busy machine gets more than one try
