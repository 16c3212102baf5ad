"""A text that has been read: its sentences, and the language that it is taken for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from talmach.text.article import Article, Field
from talmach.text.language import Candidate, detect, determine
from talmach.translation.plan import prevailing_language


@dataclass(frozen=True, slots=True)
class Detection:
    """What detection says of a text: nothing of a mixed one, whatever the caller named."""

    language: str | None  # None = undetermined
    candidates: tuple[Candidate, ...]  # the likeliest first

    @classmethod
    def of(cls, text: str) -> Self:
        """Look at a whole text."""
        return cls(determine(text), tuple(detect(text)))


@dataclass(frozen=True, slots=True)
class Source:
    """An article or a lone text, as it is translated from."""

    article: Article
    detection: Detection
    named_language: str | None  # the caller's word
    language: str | None  # as named, else as detected, else that of most sentences

    @classmethod
    def read(cls, fields: Mapping[Field, str], named_language: str | None) -> Self:
        """Split a text into sentences and find its language."""
        article = Article.of(fields, named_language)
        detection = Detection.of(article.text)
        language = named_language or detection.language or prevailing_language(article.sentences)
        return cls(article, detection, named_language, language)

    @property
    def chars(self) -> int:
        """Characters of all fields."""
        return sum(len(document.text) for _, document in self.article.documents)
