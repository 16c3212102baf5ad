"""Where the sentences of a document lie when they have been replaced, found without the document's own code."""

from collections.abc import Sequence

from talmach.text.document import Document, PieceKind
from talmach.text.span import Span


def spans_of(document: Document, replacements: Sequence[str]) -> list[Span]:
    """Return the span of each replacement in the assembled text."""
    spans: list[Span] = []
    position, remaining = 0, iter(replacements)
    for piece in document.pieces:
        length = len(next(remaining) if piece.kind is PieceKind.SENTENCE else piece.text)
        if piece.kind is PieceKind.SENTENCE:
            spans.append(Span(position, position + length))
        position += length
    return spans
