"""A sentence of a text in a format: what a reader sees of it, the marks inside it, and how to reassemble it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from talmach.text.markup.reading import MarkKind, TextFormat
from talmach.text.span import Span


@dataclass(frozen=True, slots=True)
class InnerMark:
    """A mark inside a sentence; `at` and `until` count in what a reader sees of the sentence."""

    kind: MarkKind
    at: int
    until: int
    raw: str  # as it stands in the source
    partner: int | None = None  # number of the other mark of the pair, if that is in the sentence, too
    texts: "tuple[tuple[Span, Marked], ...]" = ()  # sentences in attributes, with their places in `raw`


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
        parts, position = [], 0
        for place in places:
            parts += [self._spell(target[position : place.start]), self.marks[place.mark].raw]
            position = place.end
        return "".join([*parts, self._spell(target[position:])])

    def bare(self) -> str:
        """Return the marks without the text between them; what must not be touched is text."""
        return "".join(mark.raw for mark in self.marks if mark.kind is not MarkKind.ATOM)

    def _spell(self, text: str) -> str:
        return "".join(self.spellings.get(char, char) for char in text) if self.spellings else text
