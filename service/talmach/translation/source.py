"""A text that has been read: its sentences, and the language that it is taken for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from talmach.text import protected
from talmach.text.article import Article, Field
from talmach.text.language import Candidate, detect, determine
from talmach.text.markup import TextFormat
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
    is_uncertain: bool = False  # its language is that of the other texts, or the default one

    @classmethod
    def read(
        cls,
        fields: Mapping[Field, str],
        named_language: str | None,
        written: TextFormat = TextFormat.TEXT,
        *,
        translate_attributes: bool = False,
    ) -> Self:
        """Split a text into sentences and find its language."""
        article = Article.of(fields, named_language, written, translate_attributes=translate_attributes)
        detection = Detection.of(article.text)
        language = named_language or detection.language or prevailing_language(article.sentences)
        return cls(article, detection, named_language, language)

    @property
    def is_undetermined(self) -> bool:
        """Whether there is something to translate and nobody knows which way."""
        return self.language is None and protected.has_words(self.article.text)

    @property
    def chars(self) -> int:
        """Characters of all fields."""
        return sum(len(document.text) for _, document in self.article.documents)


def settle(sources: Sequence[Source], default_language: str | None) -> list[Source]:
    """Choose a language for texts of one call whose own evidence is divided: that of most of the call, or the default.

    It must be about as likely as any other; where it is not, the likeliest is taken. A text without evidence for any of
    our languages, or in a call that says nothing more, stays undetermined.
    """
    if not any(source.is_undetermined for source in sources):
        return list(sources)
    chars: Counter[str] = Counter()
    for source in sources:
        if source.language is not None:
            chars[source.language] += source.chars
    hints = [language for language, _ in chars.most_common(1)] + ([default_language] if default_language else [])
    return [_settled(source, hints) if source.is_undetermined else source for source in sources]


def _settled(source: Source, hints: Sequence[str]) -> Source:
    candidates = source.detection.candidates
    if not candidates or not hints:
        return source
    likely = {each.language for each in candidates if each.confidence >= candidates[0].confidence / 2}
    language = next((hint for hint in hints if hint in likely), candidates[0].language)
    return replace(source, language=language, is_uncertain=True)
