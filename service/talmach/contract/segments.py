"""Segments -> messages; spans leave in the encoding that the caller counts in."""

from talmach import errors
from talmach.contract import status
from talmach.contract.offsets import OffsetUnit, SegmentOffsets
from talmach.pb import common_pb2, segment_pb2
from talmach.quality import Flag
from talmach.text.article import Article, Field
from talmach.text.boilerplate import BoilerplateKind
from talmach.text.span import Span
from talmach.translation.values import Segment, SegmentStatus, Translation

# By name, when the module is loaded: a value that the contract lacks stops the start, not a call.
FIELDS = {each: common_pb2.TextField.Value(f"TEXT_FIELD_{each.name}") for each in Field}
_STATUSES = {each: segment_pb2.SegmentStatus.Value(f"SEGMENT_STATUS_{each.name}") for each in SegmentStatus}
_FLAGS = {each: segment_pb2.QualityFlag.Value(f"QUALITY_FLAG_{each.name}") for each in Flag}
_KINDS: dict[BoilerplateKind | None, segment_pb2.BoilerplateKind.ValueType] = {
    None: segment_pb2.BOILERPLATE_KIND_UNSPECIFIED,
    **{each: segment_pb2.BoilerplateKind.Value(f"BOILERPLATE_KIND_{each.name}") for each in BoilerplateKind},
}
_FAILURES = {
    error.reason: status.to_item_error(error)
    for error in (
        errors.EngineFailure(),
        errors.EngineTimeout(),
        errors.LanguageUndetermined({}),
    )
}


def segments(done: Translation, unit: OffsetUnit) -> list[segment_pb2.Segment]:
    """All segments of an article, with their spans in its source and in its translation."""
    offsets = SegmentOffsets(done.source.article, unit)
    return [segment(each, offsets) for each in done.segments]


def segment(each: Segment, offsets: SegmentOffsets) -> segment_pb2.Segment:
    """One segment, the next in document order of the article that `offsets` follows."""
    return segment_at(each, offsets.source(each.field, each.source_span), offsets.next_target(each))


def boilerplate_spans(article: Article, unit: OffsetUnit) -> list[segment_pb2.BoilerplateSpan]:
    """What was found in an article and is not part of its story."""
    if all(sentence.boilerplate is None for sentence in article.sentences):
        return []
    offsets = SegmentOffsets(article, unit)
    return [
        segment_pb2.BoilerplateSpan(
            field=FIELDS[sentence.field],
            span=span_message(offsets.source(sentence.field, sentence.span)),
            kind=_KINDS[sentence.boilerplate],
        )
        for sentence in article.sentences
        if sentence.boilerplate is not None
    ]


def segment_at(each: Segment, source: Span, target: Span) -> segment_pb2.Segment:
    """One segment; its spans are in the caller's unit already."""
    return segment_pb2.Segment(
        index=each.index,
        paragraph_index=each.paragraph,
        field=FIELDS[each.field],
        source_span=span_message(source),
        target_span=span_message(target),
        source_text=each.source_text,
        translated_text=each.translated_text,
        source_language_code=each.source_language or "",
        status=_STATUSES[each.status],
        quality_flags=sorted(_FLAGS[flag] for flag in each.flags),
        boilerplate_kind=_KINDS[each.boilerplate],
        score=each.score,
        error=_FAILURES[each.error] if each.error else None,
        pivot_language_code=each.pivot or "",
    )


def span_message(span: Span) -> common_pb2.Span:
    """A span that is in the caller's unit already."""
    return common_pb2.Span(start=span.start, end=span.end)
