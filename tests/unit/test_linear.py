"""Every function that looks at a caller's text takes time linear in it, whatever the text."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from talmach.engine.base import Direction
from talmach.engine.normalization import normalize
from talmach.quality import check, localize_numbers, sign_spans
from talmach.text import boilerplate, casing, language, protected
from talmach.text.clauses import split_clauses
from talmach.text.document import Document
from talmach.text.markup import TextFormat
from talmach.translation.placement import place
from talmach.translation.plan import parts
from talmach.translation.restoration import Manner

SHORT, LONG = 3_000, 12_000  # code points
_TRIES = 3
UNITS = (
    "а", "a.", "a@", "a-", "www.", "слово ", "\ud800", "@" + "y-" * 31 + ".", "y-" * 31 + ".", "1", "1.", "1 ", "1 0 ",
    ".", "…", "» ", '." ', "- ", " ", "\t", "\r\n", "- \n", "А-\n", "a\n", "Аб вг\n", "а" * 50 + "\n", "«", "''", "<a ",
    "`a", "```\n", "| ", "&a", "<!--", "👩\u200d", "👍🏽", "1€", "5 €", "² ", "А. ", "A.B. ", "5 тыс. ", "а\u0301", "ﬁ",
    "aа", "c ", "АА ", "ABC-1 ", "XIX ", "#a", "http://(", "12:30 ", "да да ", "ха", "план Б.", "([1]", "Фото: ", "a,",
    "т.", "a" * 63 + ".", "00:00:01,000 --> ", "$1m ", "a’",
    " -5", "5 %, ", "hundred ", "1 млн ", "1,234 ", ",234",
)  # fmt: skip


def _detect(text: str) -> None:
    language._shares.cache_clear()
    language._word_evidence.cache_clear()
    language.detect(text)


def _write(text: str) -> None:
    if casing.is_all_caps(text):
        casing.to_sentence_case(text)
    Manner.of(text, "en", all_caps=False).restore(text, text, "")


MARKS = (
    *(
        "<b>",
        "слова <b>",
        "<b>слова</b> ",
        "<p>",
        "</b>",
        "&",
        "<",
        "<!--",
        "<a b='",
        "<i title='x'>",
        "<code>x</code>",
    ),
    *("слова<br>", "&nbsp;a", "<p><button><b><td>", "<b a=1><p>", "<svg><![CDATA[", "<script><!--<script>"),
    *("*a ", "[a", "**a** ", "[x](y) ", "`a ", "![a", "> ", "- a\n", "|a", "_a_*b*", "\\*", "[^1]", "a  \n", "~~a"),
    *("| a |\n|-|\n", "***a", '[a](b "c" ', "<a@b.c>", "---\n"),
)


def _mark(text: str, written: TextFormat) -> None:
    """Read a text and put the marks of its sentences into sentences as long."""
    for piece in Document.of_markup(text, None, written, translate_attributes=True).sentences:
        assert piece.marked is not None
        place(piece.marked, piece.marked.text, None)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "document": Document.parse,
    "boilerplate": lambda text: boilerplate.find(Document.parse(text)),
    "language": _detect,
    "protected": protected.find,
    "normalisation": normalize,
    "writing": _write,
    "checks": lambda text: check(text, text[::-1], Direction("ru", "en"), score=-0.1),
    "signs": sign_spans,
    "notation": lambda text: localize_numbers(text, text, Direction("en", "ru")),
    "clauses": lambda text: split_clauses(text, lambda part: len(part) < 400),
    "parts": lambda text: parts(text, (), lambda part: len(part) < 400),
}


def _seconds(function: Callable[[str], object], text: str) -> float:
    started = time.thread_time()  # threads of other tests do not count
    function(text)
    return time.thread_time() - started


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_text_takes_worse_than_linear_time(name: str) -> None:
    """Four times the text takes about four times as long, not sixteen; a busy machine gets more than one try."""
    function = FUNCTIONS[name]
    assert not [unit for unit in UNITS if all(_is_slow(function, unit) for _ in range(_TRIES))]


def _is_slow(function: Callable[[str], object], unit: str) -> bool:
    short, long = (_seconds(function, (unit * size)[:size]) for size in (SHORT, LONG))
    return long > 8 * short + 0.1


@pytest.mark.parametrize("written", [TextFormat.HTML, TextFormat.MARKDOWN])
def test_no_marks_take_worse_than_linear_time(written: TextFormat) -> None:
    """The same for what is written in a format: its marks are read, cut out and placed again."""
    function = partial(_mark, written=written)
    assert not [unit for unit in MARKS if all(_is_slow(function, unit) for _ in range(_TRIES))]
