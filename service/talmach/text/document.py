"""The lossless document: sentences to translate and the gaps between them, the first and last step of the line.

A gap is white space, a line end, a list marker or a dash of direct speech: all that is kept verbatim. A sentence is
known by its position, never by its text, because repeated sentences are normal in news.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from talmach.text import layout, markup, sentences
from talmach.text.markup import Marked, Reading, TextFormat
from talmach.text.span import Span


class PieceKind(Enum):
    """Whether a piece is translated or kept."""

    SENTENCE = "sentence"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the document; `paragraph` counts from 0 and is -1 for a gap between paragraphs."""

    kind: PieceKind
    span: Span
    text: str
    paragraph: int
    marked: Marked | None = None  # of a sentence in HTML or Markdown: what a reader sees of it, and its marks
    is_attribute: bool = False  # a text inside a tag


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its pieces, in order: ``"".join(piece.text for piece in pieces) == text`` for every text."""

    text: str
    pieces: tuple[Piece, ...]
    read: "Document | None" = None  # of a text in a format: what a reader sees, with the same sentences in it

    @classmethod
    def parse(cls, text: str, language: str | None = None) -> "Document":
        """Cuts `text` into sentences and gaps; `language` chooses the abbreviations, all of them when None."""
        return cls(text, tuple(_pieces(text, _sentences(text, language))))

    @classmethod
    def of_markup(
        cls, text: str, language: str | None, written: TextFormat, *, translate_attributes: bool
    ) -> "Document":
        """Cuts HTML or Markdown in the same way; tags, and whatever else is not to be read, are in gaps and marks."""
        reading = markup.read(text, written, translate_attributes=translate_attributes)
        found = list(_sentences(reading.masked, language))
        read = Document(reading.text, tuple(_pieces(reading.text, found)))
        return cls(text, tuple(_with_gaps(text, _marked_sentences(text, reading, found))), read)

    @property
    def sentences(self) -> tuple[Piece, ...]:
        """The pieces to translate, in document order."""
        return tuple(piece for piece in self.pieces if piece.kind is PieceKind.SENTENCE)

    def assemble(self, replacements: Sequence[str]) -> str:
        """The text with sentence *i* replaced by `replacements[i]` and every gap kept verbatim.

        Raises:
            ValueError: there are not as many replacements as sentences.
        """
        expected = len(self.sentences)
        if len(replacements) != expected:
            raise ValueError(f"replacements: {len(replacements)} given ({expected} sentences)")
        remaining = iter(replacements)
        return "".join(next(remaining) if piece.kind is PieceKind.SENTENCE else piece.text for piece in self.pieces)


def _pieces(text: str, found: Iterable[tuple[int, Span]]) -> Iterator[Piece]:
    return _with_gaps(text, (Piece(PieceKind.SENTENCE, span, span.slice(text), number) for number, span in found))


def _with_gaps(text: str, found: Iterable[Piece]) -> Iterator[Piece]:
    """The sentences of a text and what lies between them, in order."""
    position, paragraph = 0, -1
    for sentence in found:
        if sentence.span.start > position:
            gap = Span(position, sentence.span.start)
            inside = sentence.paragraph if sentence.paragraph == paragraph else -1
            yield Piece(PieceKind.GAP, gap, gap.slice(text), inside)
        yield sentence
        position, paragraph = sentence.span.end, sentence.paragraph
    if position < len(text):
        gap = Span(position, len(text))
        yield Piece(PieceKind.GAP, gap, gap.slice(text), -1)


def _marked_sentences(text: str, reading: Reading, found: Sequence[tuple[int, Span]]) -> Iterator[Piece]:
    """The sentences of a text in a format, with the texts of its attributes among them."""
    cutter = markup.Cutter(text, reading)
    cuts = [
        (paragraph, cut) for (paragraph, _), cut in zip(found, cutter.cut([span for _, span in found]), strict=True)
    ]
    # A mark inside a sentence brings its attributes along; those of all others stand between the sentences.
    others = [
        (-1 - number, markup.Cut(sentence.span, sentence.marked, is_attribute=True))
        for number, attribute in enumerate(cutter.attributes_outside([cut.span for _, cut in cuts]))
        for sentence in attribute
    ]
    paragraph, previous = -1, None
    for key, cut in sorted([*cuts, *others], key=lambda item: item[1].span.start):
        paragraph += key != previous
        previous = key
        yield Piece(PieceKind.SENTENCE, cut.span, cut.span.slice(text), paragraph, cut.marked, cut.is_attribute)


def _sentences(text: str, language: str | None) -> Iterator[tuple[int, Span]]:
    for number, paragraph in enumerate(layout.paragraphs(text)):
        if layout.is_code(text, paragraph):
            yield number, paragraph
            continue
        start = _skip_marker(text, paragraph)
        for cell in layout.cells(text, Span(start, paragraph.end)):
            for sentence in sentences.split(cell.slice(text), language):
                yield number, sentence.shift(cell.start)


def _skip_marker(text: str, paragraph: Span) -> int:
    """Where the words of a paragraph start: behind list markers and the dash of direct speech."""
    marker = layout.MARKER.match(text, paragraph.start, paragraph.end)
    if not marker or not any(char.isalnum() for char in text[marker.end() : paragraph.end]):
        return paragraph.start
    return marker.end()
