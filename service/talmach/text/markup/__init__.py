"""Texts that are written in a format: which of their characters are words to read, and how the rest is kept.

format       the formats that a text may be written in
reading      what a reader sees of a text, and the marks in it
html         HTML -> reading
html_tokens  the tags, comments and texts of HTML, with their places
markdown     Markdown -> reading
cutting      sentences of a reading -> their places in the source, with the marks inside them
marked       such a sentence, put together again
"""

from talmach.text.markup.cutting import Cut, Cutter
from talmach.text.markup.format import TextFormat
from talmach.text.markup.html import HtmlReader
from talmach.text.markup.marked import InnerMark, Marked, Placed
from talmach.text.markup.reading import MarkKind, Reading

__all__ = ["Cut", "Cutter", "InnerMark", "MarkKind", "Marked", "Placed", "Reading", "TextFormat", "read"]


def read(text: str, written: TextFormat, *, translate_attributes: bool) -> Reading:
    """Return what a reader sees of a text in a format."""
    assert written is TextFormat.HTML
    return HtmlReader(text, translate_attributes=translate_attributes).read()
