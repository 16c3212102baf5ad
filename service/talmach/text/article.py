"""An article (or a lone text) as one numbered sequence of sentences over its fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from talmach.text import boilerplate
from talmach.text.boilerplate import BoilerplateKind
from talmach.text.document import Document
from talmach.text.span import Span


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
    text: str
    boilerplate: BoilerplateKind | None


@dataclass(frozen=True, slots=True)
class Article:
    """The documents of an article's fields, in reading order, and their sentences."""

    documents: tuple[tuple[Field, Document], ...]
    sentences: tuple[Sentence, ...]

    @classmethod
    def parse(cls, headline: str = "", lead: str = "", body: str = "", language: str | None = None) -> "Article":
        """Split an article; `language` None = the rules of all languages."""
        return cls.of({Field.HEADLINE: headline, Field.LEAD: lead, Field.BODY: body}, language)

    @classmethod
    def of_text(cls, text: str, language: str | None = None) -> "Article":
        """Split a lone text."""
        return cls.of({Field.TEXT: text}, language)

    @classmethod
    def of(cls, texts: Mapping[Field, str], language: str | None = None) -> "Article":
        """Split the fields of an article or of a lone text."""
        documents = tuple((field, Document.parse(text, language)) for field, text in texts.items())
        return cls(documents, tuple(_number(documents)))

    @property
    def text(self) -> str:
        """All fields, joined by line breaks: what language detection looks at."""
        return "\n".join(document.text for _, document in self.documents if document.text)


def _number(documents: tuple[tuple[Field, Document], ...]) -> Iterator[Sentence]:
    index = 0
    for field, document in documents:
        # A headline is short and has no full stop: what gives chrome away in a body would accuse every headline.
        found = {} if field is Field.HEADLINE else boilerplate.find(document)
        for position, piece in enumerate(document.sentences):
            yield Sentence(index, field, piece.paragraph, piece.span, piece.text, found.get(position))
            index += 1
