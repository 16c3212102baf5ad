"""Texts that are written in a format: which of their characters are words to read, and how the rest is kept.

reading      what a reader sees of a text in a format, and the marks in it
html         HTML -> reading; html_tokens: its tags, comments and texts, with their places
markdown     Markdown -> reading; markdown_blocks, markdown_inline: its blocks and what is in them, with their places;
             markdown_lines: whether a line is read as it is meant
cutting      sentences of a reading -> their places in the source, with the marks inside them
marked       such a sentence, put together again
"""

from collections.abc import Callable
from dataclasses import replace

from talmach.text.markup.cutting import Cut, Cutter
from talmach.text.markup.html import HtmlReader
from talmach.text.markup.markdown import MarkdownReader
from talmach.text.markup.markdown_lines import ESCAPES, as_text, structure
from talmach.text.markup.marked import InnerMark, Marked, Placed
from talmach.text.markup.reading import MarkKind, Reading, TextFormat

__all__ = [
    "Cut",
    "Cutter",
    "InnerMark",
    "MarkKind",
    "Marked",
    "Placed",
    "Reading",
    "TextFormat",
    "keep_markdown",
    "read",
]


def read(text: str, written: TextFormat, *, translate_attributes: bool) -> Reading:
    """Return what a reader sees of a text in a format."""
    reader = HtmlReader if written is TextFormat.HTML else MarkdownReader
    return reader(text, translate_attributes=translate_attributes).read()


def keep_markdown(marked: Marked, source: str, write: Callable[[Marked], str]) -> str:
    """Return what `write` makes of a sentence in Markdown, so that it has the same marks as `source`.

    In Markdown any character may become a mark by its neighbours. Where escapes do not help, the source is kept.
    """
    before, behind = _completion(marked)
    wanted = structure(f"{before}{source}{behind}")
    for escapes in (marked.spellings, {**ESCAPES, **marked.spellings}):
        text = _as_text(write(replace(marked, spellings=escapes)), marked, source)
        is_fence = marked.is_behind_tilde and text.startswith("~") and not source.startswith("~")
        if not is_fence and structure(f"{before}{text}{behind}") == wanted:
            return text
    return source


def _as_text(text: str, marked: Marked, source: str) -> str:
    """Return a translation none of whose lines begins a list or the like: not the first, nor one behind a break."""
    breaks = [mark.raw for mark in marked.marks if mark.kind is MarkKind.BLANK and "\n" in mark.raw]
    first, *others = text.split("\n")
    if len(others) != len(breaks):  # a mark of another kind has several lines
        return as_text(text, source)
    # A line in a quotation begins with its marks.
    begins = [each.rpartition("\n")[2] for each in breaks]
    lines = (begin + as_text(line.removeprefix(begin), "") for begin, line in zip(begins, others, strict=True))
    return "\n".join([as_text(first, source), *lines])


def _completion(marked: Marked) -> tuple[str, str]:
    """What a sentence needs in front of it and behind, where its emphasis or a link begins or ends in another one."""
    lone = [mark for mark in marked.marks if mark.partner is None]
    closing = [mark.raw for mark in lone if mark.kind is MarkKind.CLOSE]
    opening = [mark.raw for mark in lone if mark.kind is MarkKind.OPEN]
    before = "".join("[" if raw[0] == "]" else raw for raw in reversed(closing))
    behind = "".join("](x)" if raw == "[" else raw for raw in reversed(opening))
    return before and f"{before}x ", behind and f" x{behind}"
