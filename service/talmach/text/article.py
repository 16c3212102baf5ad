"""An article (or a lone text) as one numbered sequence of sentences over its fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from talmach.text import boilerplate
from talmach.text.boilerplate import BoilerplateKind
from talmach.text.characters import DOUBLE_QUOTE
from talmach.text.document import Document, PieceKind
from talmach.text.markup import Marked, TextFormat
from talmach.text.span import Span

_DASHES = ("—", "–", "-")


class Field(Enum):
    """The parts that an article has, in reading order, and the one that a lone text has."""

    HEADLINE = "headline"
    LEAD = "lead"
    BODY = "body"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article; `index` counts over all fields and is its identity."""

    index: int
    field: Field
    paragraph: int  # within the field
    span: Span  # within the field
    text: str  # as a reader sees it
    boilerplate: BoilerplateKind | None
    marked: Marked | None = None  # in HTML or Markdown: what is inside it beyond its text
    written: str = ""  # the same: what its span cuts out
    resumes: str = ""  # mark of the quotation that goes on behind the words of who speaks: «А, — сказаў ён. — Б»

    @property
    def source(self) -> str:
        """The sentence as it stands in the source: exactly what its span cuts out."""
        return self.text if self.marked is None else self.written

    @property
    def tags(self) -> str:
        """What stays when the sentence is left out: its tags."""
        return "" if self.marked is None else self.marked.bare()

    @property
    def prose(self) -> str:
        """The text without what must not be translated."""
        return self.text if self.marked is None else self.marked.prose


@dataclass(frozen=True, slots=True)
class Article:
    """The documents of an article's fields, in reading order, and their sentences."""

    documents: tuple[tuple[Field, Document], ...]
    sentences: tuple[Sentence, ...]

    @classmethod
    def of(
        cls,
        texts: Mapping[Field, str],
        language: str | None = None,
        written: TextFormat = TextFormat.TEXT,
        *,
        translate_attributes: bool = False,
    ) -> "Article":
        """Split the fields of an article or of a lone text, all written in one format."""
        if written is TextFormat.TEXT:
            documents = tuple((field, Document.parse(text, language)) for field, text in texts.items())
        else:
            documents = tuple(
                (field, Document.of_markup(text, language, written, translate_attributes=translate_attributes))
                for field, text in texts.items()
            )
        return cls(documents, tuple(_number(documents)))

    @property
    def text(self) -> str:
        """What a reader sees of all fields, joined by line breaks: what language detection looks at."""
        texts = (document.text if document.read is None else document.read.text for _, document in self.documents)
        return "\n".join(text for text in texts if text)


def _resumptions(document: Document) -> Iterator[str]:
    """Tell for each sentence the mark of the quotation that it goes on with behind a reporting clause; empty = none."""
    mark, gap = "", ""
    for piece in document.pieces:
        if piece.kind is PieceKind.GAP:
            mark, gap = mark if piece.paragraph >= 0 else "", piece.text
            continue
        yield mark if gap.strip() in _DASHES else ""
        marks = DOUBLE_QUOTE.findall(piece.text if piece.marked is None else piece.marked.text)
        if len(marks) % 2:
            mark = "" if mark else marks[0]
        gap = ""


def _number(documents: tuple[tuple[Field, Document], ...]) -> Iterator[Sentence]:
    index = 0
    for field, document in documents:
        # A headline is short and has no full stop: the signs of boilerplate in a body would condemn every headline.
        found = {} if field is Field.HEADLINE else boilerplate.find(document.read or document)
        position = 0  # among the sentences that are read
        for piece, resumes in zip(document.sentences, _resumptions(document), strict=True):
            kind = None if piece.is_attribute else found.get(position)
            if piece.marked is None:
                text, written = piece.text, ""
            else:
                text, written = piece.marked.text, piece.text
            yield Sentence(index, field, piece.paragraph, piece.span, text, kind, piece.marked, written, resumes)
            position += not piece.is_attribute
            index += 1
