"""A sentence of a text in a format: what a reader sees of it, the marks inside it, and how to reassemble it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from talmach.text.markup.reading import MarkKind, TextFormat
from talmach.text.span import Span

_REFERENCE = re.compile(r"&(?=#?\w{1,32};)")  # in a text that is read, none of them is one


@dataclass(frozen=True, slots=True)
class InnerMark:
    """A mark inside a sentence; `at` and `until` count in what a reader sees of the sentence."""

    kind: MarkKind
    at: int
    until: int
    raw: str  # as it stands in the source
    partner: int | None = None  # number of the other mark of the pair, if that is in the sentence, too
    texts: "tuple[tuple[Span, Marked], ...]" = ()  # sentences in attributes, with their places in `raw`
    is_before_blank: bool = False  # of which `text` has nothing


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a mark goes in a translation: it replaces ``[start, end)``, which is empty for most."""

    mark: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence as it is read, and what else its source has."""

    text: str
    marks: tuple[InnerMark, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)  # characters that the source writes in another way
    written: TextFormat = TextFormat.HTML
    is_behind_tilde: bool = False  # another two would make a fence of it

    @property
    def prose(self) -> str:
        """The text with blanks in place of what must not be touched."""
        parts, position = [], 0
        for atom in self.atoms:
            parts += [self.text[position : atom.at], " " * (atom.until - atom.at)]
            position = atom.until
        return "".join([*parts, self.text[position:]])

    @property
    def atoms(self) -> list[InnerMark]:
        """What must not be touched."""
        return [mark for mark in self.marks if mark.kind is MarkKind.ATOM]

    def render(self, target: str, places: Iterable[Placed]) -> str:
        """Return a translation with the marks at their places, which are in order, and written like the source."""
        parts, position, previous = [], 0, None
        for place in places:
            text, mark = target[position : place.start], self.marks[place.mark]
            parts += [_blank(previous, text, mark), self._spell(text), mark.raw]
            position, previous = place.end, mark
        text = target[position:]
        return "".join([*parts, _blank(previous, text, None), self._spell(text)])

    def bare(self) -> str:
        """Return the marks without the text between them; what must not be touched is text."""
        return "".join(mark.raw for mark in self.marks if mark.kind is not MarkKind.ATOM)

    def _spell(self, text: str) -> str:
        parts = _REFERENCE.split(text) if self.written is TextFormat.MARKDOWN else [text]
        if self.spellings:
            parts = ["".join(self.spellings.get(char, char) for char in part) for part in parts]
        return self.spellings.get("&", "&amp;").join(parts)


def _blank(mark: InnerMark | None, text: str, following: InnerMark | None) -> str:
    """The blank behind a mark, where it parts that from a text, or from the mark behind it."""
    if mark is None or not mark.is_before_blank:
        return ""
    if following is not None and not text:
        # In front of the end of an element, only where it was in the source as well.
        is_in_place = following.kind is not MarkKind.CLOSE or following.at == mark.until
        text = following.raw if is_in_place else ""
    return " " if text and not text[0].isspace() else ""
