"""Sentences that were found in what a reader sees -> their places in the source, with the marks inside them.

Marks around a sentence stay outside it: tags that begin before its first character, or end after its last one, belong
to the gaps, which nobody touches.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from talmach.text import sentences
from talmach.text.markup.marked import InnerMark, Marked
from talmach.text.markup.reading import Attribute, Mark, MarkKind, Reading, TextFormat
from talmach.text.span import Span

_OPENS, _CLOSES, _BLANK = MarkKind.OPEN, MarkKind.CLOSE, MarkKind.BLANK


@dataclass(frozen=True, slots=True)
class Cut:
    """A sentence and its place in the source."""

    span: Span
    marked: Marked
    is_attribute: bool = False


class Cutter:
    """Cuts one text, sentence after sentence."""

    def __init__(self, source: str, reading: Reading, *, is_attribute: bool = False) -> None:
        self._source = source
        # Outside of attributes, a character of Markdown that stands for itself in a sentence may do so again.
        self._always_escapes = is_attribute or reading.written is not TextFormat.MARKDOWN
        self._reading = reading
        self._attribute_starts = [attribute.span.start for attribute in reading.attributes]
        self._ats = [mark.at for mark in reading.marks]
        self._next = 0  # the first mark that no sentence has

    def attributes_outside(self, spans: Sequence[Span]) -> Iterator[list[Cut]]:
        """Yield the sentences of each attribute that is in none of the `spans` of the source, which are in order."""
        ends = [span.end for span in spans]
        for attribute in self._reading.attributes:
            after = bisect_right(ends, attribute.span.start)
            if after == len(spans) or spans[after].start > attribute.span.start:
                yield self._sentences(attribute)

    def cut(self, spans: Sequence[Span]) -> Iterator[Cut]:
        """Yield the place in the source, and the rest, of each sentence; `spans` are in what a reader sees."""
        for span in spans:
            numbers = self._marks(span)
            self._next = max(self._next, numbers.stop)
            start, end = self._reading.starts[span.start], self._reading.ends[span.end - 1]
            if numbers:
                start = min(start, self._reading.marks[numbers.start].span.start)
                end = max(end, self._reading.marks[numbers.stop - 1].span.end)
            marks = [self._inner(number, span, numbers) for number in numbers]
            atoms = [mark for mark in marks if mark.kind is MarkKind.ATOM]
            marked = Marked(
                span.slice(self._reading.text),
                tuple(marks),
                self._spellings(span, atoms),
                self._reading.written,
                is_behind_tilde=self._source.endswith("~", 0, start),
            )
            yield Cut(Span(start, end), marked)

    def _marks(self, span: Span) -> range:
        """The numbers of the marks inside a sentence, or at its edge if their partner is inside."""
        marks = self._reading.marks
        first = max(self._next, bisect_left(self._ats, span.start))
        inner = max(first, bisect_left(self._ats, span.start + 1))  # behind the first character
        outer = max(inner, bisect_left(self._ats, span.end))
        last = max(outer, bisect_right(self._ats, span.end))
        begin = self._reading.starts[span.start]

        def is_in(mark: Mark) -> bool:
            if mark.kind in (MarkKind.ATOM, _BLANK):
                return mark.span.start >= begin and mark.at < span.end
            return mark.kind is _OPENS and mark.partner is not None and inner <= mark.partner < outer

        start = next((number for number in range(first, inner) if is_in(marks[number])), inner)
        stop = outer
        for number in range(last - 1, outer - 1, -1):
            partner = marks[number].partner
            if marks[number].kind is _CLOSES and partner is not None and start <= partner < number:
                stop = number + 1
                break
        return range(start, stop)

    def _inner(self, number: int, span: Span, numbers: range) -> InnerMark:
        mark = self._reading.marks[number]
        partner = mark.partner - numbers.start if mark.partner is not None and mark.partner in numbers else None
        # A mark between two blanks, one of which counts, may be outside the words.
        at, until = (min(max(each, span.start), span.end) - span.start for each in (mark.at, mark.until))
        first = bisect_left(self._attribute_starts, mark.span.start)
        last = bisect_left(self._attribute_starts, mark.span.end)
        texts = tuple(
            (cut.span.shift(-mark.span.start), cut.marked)
            for attribute in self._reading.attributes[first:last]
            for cut in self._sentences(attribute)
        )
        raw = mark.span.slice(self._source)
        raw = _complete(raw) if mark.kind is _BLANK else raw
        return InnerMark(mark.kind, at, until, raw, partner, texts, mark.is_before_blank)

    def _sentences(self, attribute: Attribute) -> list[Cut]:
        return list(
            Cutter(self._source, attribute.reading, is_attribute=True).cut(sentences.split(attribute.reading.text))
        )

    def _spellings(self, span: Span, atoms: Sequence[InnerMark]) -> dict[str, str]:
        """How characters of a sentence are written in the source, where that differs."""
        reading, source = self._reading, self._source
        text, start, end = span.slice(reading.text), reading.starts[span.start], reading.ends[span.end - 1]
        raw, written = set(text), {}
        if source[start:end] != text:
            kept = {position for atom in atoms for position in range(atom.at, atom.until)}
            raw = set()
            for position, char in enumerate(text):
                spelling = source[reading.starts[span.start + position] : reading.ends[span.start + position]]
                if spelling == char:
                    raw.add(char)
                elif spelling and not char.isspace() and position not in kept:
                    written[char] = _complete(spelling)
        needed = {char: each for char, each in reading.escapes.items() if self._always_escapes or char not in raw}
        return needed | {char: spelling for char, spelling in written.items() if char not in raw}


def _complete(spelling: str) -> str:
    """A reference with its semicolon: digits or letters behind it, in a translation, would become part of it."""
    return f"{spelling};" if spelling[0] == "&" and spelling[-1] != ";" else spelling
