"""Results -> reply messages; spans leave in the encoding that the caller counts in."""

from collections.abc import Iterable, Sequence

from talmach import errors
from talmach.contract import status
from talmach.contract.offsets import OffsetUnit, SegmentOffsets
from talmach.pb import common_pb2, segment_pb2, translation_pb2
from talmach.quality import Flag
from talmach.rpc.jobs import Done, Job
from talmach.text.article import Article, Field
from talmach.text.boilerplate import BoilerplateKind
from talmach.text.language import Candidate
from talmach.text.span import Span
from talmach.translation.use_case import assemble
from talmach.translation.values import GlossaryUsage, Segment, SegmentStatus, Timings, Totals, Usage

# By name, when the module is loaded: an enumeration that the contract lacks stops the start, not a call.
FIELDS = {each: common_pb2.TextField.Value(f"TEXT_FIELD_{each.name}") for each in Field}
_STATUSES = {each: segment_pb2.SegmentStatus.Value(f"SEGMENT_STATUS_{each.name}") for each in SegmentStatus}
_FLAGS = {each: segment_pb2.QualityFlag.Value(f"QUALITY_FLAG_{each.name}") for each in Flag}
_KINDS: dict[BoilerplateKind | None, segment_pb2.BoilerplateKind.ValueType] = {
    None: segment_pb2.BOILERPLATE_KIND_UNSPECIFIED,
    **{each: segment_pb2.BoilerplateKind.Value(f"BOILERPLATE_KIND_{each.name}") for each in BoilerplateKind},
}
_SEGMENT_FAILURES = {
    error.reason: status.to_item_error(error) for error in (errors.EngineFailure(), errors.EngineTimeout())
}


def detection(language: str | None, candidates: Sequence[Candidate]) -> common_pb2.LanguageDetection:
    """What detection says about one text; `language` None = undetermined."""
    return common_pb2.LanguageDetection(
        language_code=language or "",
        undetermined=language is None,
        candidates=[
            common_pb2.LanguageCandidate(language_code=each.language, confidence=each.confidence) for each in candidates
        ],
    )


def segments(done: Done, unit: OffsetUnit) -> list[segment_pb2.Segment]:
    """All segments of an article, with their spans in its source and in its translation."""
    offsets = SegmentOffsets(done.job.article, unit)
    return [segment(each, offsets) for each in done.segments]


def segment(each: Segment, offsets: SegmentOffsets) -> segment_pb2.Segment:
    """One segment, the next in document order of the article that `offsets` follows."""
    return segment_at(each, offsets.source(each.field, each.source_span), offsets.next_target(each))


def boilerplate_spans(article: Article, unit: OffsetUnit) -> list[segment_pb2.BoilerplateSpan]:
    """What was found in an article that is not its story."""
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


def header(job: Job, unit: OffsetUnit) -> translation_pb2.ArticleHeader:
    """What is known before the first segment."""
    return translation_pb2.ArticleHeader(
        source_language_code=job.language or "",
        detection=detection(job.detected, job.candidates),
        segment_count=job.job.segment_count,
        boilerplate_spans=boilerplate_spans(job.article, unit),
    )


def trailer(totals: Totals, total_ms: float) -> translation_pb2.ArticleTrailer:
    """What is known after the last segment."""
    return translation_pb2.ArticleTrailer(
        segment_count=totals.segment_count,
        complete=totals.complete,
        model_ids=totals.model_ids,
        glossary_usages=glossary_usages(totals.glossary_usages),
        timings=timings(totals.timings, total_ms),
        usage=usage(totals.usage),
    )


def text_translations(done: Iterable[Done], unit: OffsetUnit) -> list[translation_pb2.TextTranslation]:
    """The translations of the texts of one call."""
    return [text_translation(each, unit) for each in done]


def text_translation(done: Done, unit: OffsetUnit) -> translation_pb2.TextTranslation:
    """The translation of a lone text."""
    job = done.job
    return translation_pb2.TextTranslation(
        translated_text=assemble(job.article, done.segments)[Field.TEXT],
        segments=segments(done, unit),
        source_language_code=job.language or "",
        detection=detection(job.detected, job.candidates),
        boilerplate_spans=boilerplate_spans(job.article, unit),
        complete=done.totals.complete,
    )


def article_translation(done: Done, unit: OffsetUnit) -> translation_pb2.ArticleTranslation:
    """The translation of an article."""
    job, texts = done.job, assemble(done.job.article, done.segments)
    return translation_pb2.ArticleTranslation(
        headline=texts[Field.HEADLINE],
        lead=texts[Field.LEAD],
        body=texts[Field.BODY],
        segments=segments(done, unit),
        source_language_code=job.language or "",
        detection=detection(job.detected, job.candidates),
        boilerplate_spans=boilerplate_spans(job.article, unit),
        complete=done.totals.complete,
    )


def glossary_usages(usages: Iterable[GlossaryUsage]) -> list[common_pb2.GlossaryUsage]:
    """How often each entry was honoured."""
    return [
        common_pb2.GlossaryUsage(
            source_term=usage.entry.source_term,
            target_term=usage.entry.target_term,
            applied_count=usage.applied,
            not_applied_count=usage.not_applied,
        )
        for usage in usages
    ]


def timings(of: Timings, total_ms: float) -> common_pb2.Timings:
    """Where the time went; the total is that of the call, which began before the work did."""
    return common_pb2.Timings(queue_ms=of.queue_ms, inference_ms=of.inference_ms, total_ms=total_ms)


def usage(of: Usage) -> common_pb2.Usage:
    """What it cost."""
    return common_pb2.Usage(source_tokens=of.source_tokens, target_tokens=of.target_tokens, cache_hits=of.cache_hits)


def segment_at(each: Segment, source: Span, target: Span) -> segment_pb2.Segment:
    """One segment with spans that are in the caller's unit already."""
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
        error=_SEGMENT_FAILURES[each.error] if each.error else None,
    )


def span_message(span: Span) -> common_pb2.Span:
    """A span that is in the caller's unit already."""
    return common_pb2.Span(start=span.start, end=span.end)
