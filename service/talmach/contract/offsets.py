"""Offsets in code points, as the package counts, -> the encoding that a caller's strings are indexed by."""

from collections.abc import Mapping
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from talmach.pb import common_pb2
from talmach.text.article import Article, Field
from talmach.text.span import Span
from talmach.translation.values import Segment


class OffsetUnit(Enum):
    """What offsets count."""

    UTF8 = "bytes of UTF-8"
    UTF16 = "code units of UTF-16"
    UTF32 = "code points"


UNITS = {
    common_pb2.OFFSET_ENCODING_UNSPECIFIED: OffsetUnit.UTF32,
    common_pb2.OFFSET_ENCODING_UTF8: OffsetUnit.UTF8,
    common_pb2.OFFSET_ENCODING_UTF16: OffsetUnit.UTF16,
    common_pb2.OFFSET_ENCODING_UTF32: OffsetUnit.UTF32,
}


def unit_of(options: common_pb2.TranslationOptions) -> OffsetUnit:
    """Return what the spans of a checked request are to count."""
    return UNITS[options.offset_encoding]


class Offsets:
    """The offsets of one text: built in time linear in its length, each look-up is constant."""

    def __init__(self, text: str, unit: OffsetUnit) -> None:
        is_same = unit is OffsetUnit.UTF32 or text.isascii()
        self._units_before: NDArray[np.int64] | None = None if is_same else _units_before(text, unit)

    def at(self, position: int) -> int:
        """Return the offset of the code point at `position` (0 to the length of the text)."""
        return position if self._units_before is None else int(self._units_before[position])

    def span(self, span: Span) -> Span:
        """Return the same stretch of text, counted in the unit."""
        return Span(self.at(span.start), self.at(span.end))


class SegmentOffsets:
    """The source and target spans of an article's segments, which must be asked for in document order.

    What lies between two segments is the same in the translation as in the source. So the place of a segment in the
    translated field is known while the rest of that field is still being translated.
    """

    def __init__(self, article: Article, unit: OffsetUnit) -> None:
        self._unit = unit
        self._sources: Mapping[Field, Offsets] = {
            field: Offsets(document.text, unit) for field, document in article.documents
        }
        # By field: end of the last segment in the source and in the translation, in the unit.
        self._ends: dict[Field, tuple[int, int]] = dict.fromkeys(self._sources, (0, 0))

    def source(self, field: Field, span: Span) -> Span:
        """Return a span of a source field, counted in the unit."""
        return self._sources[field].span(span)

    def next_target(self, segment: Segment) -> Span:
        """Return the target span of the segment that follows the one of the last call."""
        source = self.source(segment.field, segment.source_span)
        source_end, target_end = self._ends[segment.field]
        start = target_end + source.start - source_end
        end = start + length(segment.translated_text, self._unit)
        self._ends[segment.field] = source.end, end
        return Span(start, end)


def length(text: str, unit: OffsetUnit) -> int:
    """Return the length of `text` in `unit`."""
    if unit is OffsetUnit.UTF32 or text.isascii():
        return len(text)
    return len(text.encode()) if unit is OffsetUnit.UTF8 else len(text.encode("utf-16-le")) // 2


def _units_before(text: str, unit: OffsetUnit) -> NDArray[np.int64]:
    """Return, for every position from 0 to len(text), how many units come before it; shape (len(text) + 1,)."""
    code_points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    last_of_each_width = (0xFFFF,) if unit is OffsetUnit.UTF16 else (0x7F, 0x7FF, 0xFFFF)
    widths = np.ones(len(code_points), dtype=np.int64)
    for last in last_of_each_width:
        widths += code_points > last
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(widths)))
