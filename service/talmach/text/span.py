"""The half-open range of code points by which every part of the package points into a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """``[start, end)`` in Unicode code points."""

    start: int
    end: int

    def slice(self, text: str) -> str:
        """The part of `text` that this span covers."""
        return text[self.start : self.end]

    def shift(self, offset: int) -> "Span":
        """The same range, `offset` code points further on."""
        return Span(self.start + offset, self.end + offset)
