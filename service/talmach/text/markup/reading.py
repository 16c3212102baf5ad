"""What a reader sees of a text in a format, where each of its characters is in the source, and the marks between.

The resulting plain text goes through the package like any other: segmentation, detection, boilerplate, checks,
summaries. Blank lines separate its paragraphs, whatever does so in the source.
"""

import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from talmach.text.span import Span

_SIGN = re.compile(r"[^\w ]")
BLANKS = "\t\n\f\r "  # what HTML folds to one blank


class TextFormat(Enum):
    """How a text is written; the names are those of the contract."""

    TEXT = "text"
    HTML = "html"
    MARKDOWN = "markdown"


class MarkKind(Enum):
    """What a mark does to the words around it."""

    OPEN = auto()  # the first of a pair
    CLOSE = auto()  # the second
    POINT = auto()  # stands between words: a picture, a comment
    ATOM = auto()  # words that must not be touched, with all that belongs to them
    BLANK = auto()  # a blank that is written as something else: an entity, a line break


@dataclass(slots=True)
class Mark:
    """A stretch of the source that is no text; `at` and `until` count in the plain text."""

    kind: MarkKind
    span: Span  # in the source
    at: int
    until: int  # of an atom or a blank; of all others the same as `at`
    partner: int | None = None  # the number of the other mark of the pair
    is_before_blank: bool = False  # one that is not in the text, because there is one in front of the mark already


@dataclass(frozen=True, slots=True)
class Attribute:
    """A text inside a mark."""

    span: Span  # in the source
    reading: "Reading"


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is read: character i of `text` stands at ``[starts[i], ends[i])`` of the source."""

    text: str
    starts: "array[int]"
    ends: "array[int]"
    marks: tuple[Mark, ...]  # in the order of the source, apart from each other and from the text
    # How characters that may have a meaning in the format are written; in sentences of Markdown they may also stand for
    # themselves, so this applies only to those in which they do not.
    escapes: Mapping[str, str]
    written: TextFormat
    attributes: tuple[Attribute, ...] = ()  # in the order of the source, each inside a mark

    @property
    def masked(self) -> str:
        """The text with the signs masked that might end a sentence inside what must not be touched."""
        parts, position = [], 0
        for mark in self.marks:
            if mark.kind is MarkKind.ATOM:
                parts += [self.text[position : mark.at], _SIGN.sub("_", self.text[mark.at : mark.until])]
                position = mark.until
        return "".join([*parts, self.text[position:]])


class Reader:
    """Puts a reading together, from the beginning of the source to its end."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._parts: list[str] = []
        self._starts = array("l")
        self._ends = array("l")
        self._attributes: list[Attribute] = []
        self._is_blank = True  # nothing but a blank, or nothing, stands before

    @property
    def length(self) -> int:
        """Characters read so far."""
        return len(self._starts)

    def word(self, text: str, start: int) -> None:
        """Read characters that stand for themselves."""
        self._parts.append(text)
        self._starts.extend(range(start, start + len(text)))
        self._ends.extend(range(start + 1, start + len(text) + 1))
        self._is_blank = False

    def spelled(self, text: str, start: int, end: int) -> None:
        """Read characters that are written in another way."""
        self._add(text, start, end)
        self._is_blank = False

    def blank(self, start: int, end: int) -> None:
        """Read blanks, of which the first counts."""
        if not self._is_blank:
            self._add(" ", start, end)
            self._is_blank = True
        elif self.marks and self.marks[-1].span.end == start:
            self.marks[-1].is_before_blank = True

    def spelled_blank(self, text: str, start: int, end: int) -> None:
        """Read a blank that is written in another way; a line end swallows the blanks behind it."""
        self.mark(MarkKind.BLANK, start, end, at=self.length, until=self.length + 1)
        self._add(text, start, end)
        self._is_blank = text == "\n"

    def block(self, at: int) -> None:
        """End the paragraph, if one has begun."""
        if self._parts and self._parts[-1] != "\n\n":
            self._add("\n\n", at, at)
        self._is_blank = True

    def mark(self, kind: MarkKind, start: int, end: int, *, at: int | None = None, until: int | None = None) -> int:
        """Add a mark and return its number; without `at`, between what was read and what comes."""
        at = self.length if at is None else at
        self.marks.append(Mark(kind, Span(start, end), at, at if until is None else until))
        return len(self.marks) - 1

    def pair(self, opening: int, closing: int) -> None:
        """Say that two marks belong together."""
        self.marks[opening].partner, self.marks[closing].partner = closing, opening

    def attribute(self, reading: Reading, span: Span) -> None:
        """Add a text inside a mark."""
        if reading.text.strip():
            self._attributes.append(Attribute(span, reading))

    def done(self, escapes: Mapping[str, str], written: TextFormat) -> Reading:
        """Return what was read."""
        return Reading(
            "".join(self._parts),
            self._starts,
            self._ends,
            tuple(self.marks),
            escapes,
            written,
            tuple(self._attributes),
        )

    def _add(self, text: str, start: int, end: int) -> None:
        """Characters that share one place in the source, which the first one gets."""
        self._parts.append(text)
        self._starts.extend([start, *[end] * (len(text) - 1)])
        self._ends.extend([end] * len(text))
