"""Finds where each segment stands in the translated field while the article is still being translated."""

from talmach.text.article import Article, Field, Sentence
from talmach.text.span import Span


class Assembler:
    """Follows the segments of an article in document order."""

    def __init__(self, article: Article) -> None:
        self._article = article
        # By field: end of the last sentence in the source, and of what stands for it in the translation.
        self._source_end = dict.fromkeys((field for field, _ in article.documents), 0)
        self._target_end: dict[Field, int] = dict(self._source_end)

    def add(self, sentence: Sentence, replacement: str) -> Span:
        """Return the span of `replacement` in the translated field; gaps between sentences keep their length."""
        gap = sentence.span.start - self._source_end[sentence.field]
        start = self._target_end[sentence.field] + gap
        end = start + len(replacement)
        self._source_end[sentence.field] = sentence.span.end
        self._target_end[sentence.field] = end
        return Span(start, end)
