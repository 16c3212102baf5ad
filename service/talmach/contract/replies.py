"""Results -> reply messages."""

from collections.abc import Iterable
from typing import Any

from talmach.contract.offsets import OffsetUnit, unit_of
from talmach.contract.segments import boilerplate_spans, segments
from talmach.contract.summaries import summary
from talmach.pb import common_pb2, summarization_pb2, translation_pb2
from talmach.text.article import Field
from talmach.translation.job import TranslationJob
from talmach.translation.source import Detection
from talmach.translation.values import GlossaryUsage, Timings, Totals, Translation
from talmach.use_cases import ArticleTranslation, SummarizedArticle, TextTranslations


def texts(
    done: TextTranslations, request: translation_pb2.TranslateTextRequest, total_ms: float
) -> translation_pb2.TranslateTextResponse:
    """The answer to TranslateText."""
    unit = unit_of(request.options)
    return translation_pb2.TranslateTextResponse(
        translations=[_text(each, unit) for each in done.translations],
        **_totals(done.totals, total_ms),
    )


def article(
    done: ArticleTranslation, request: translation_pb2.TranslateArticleRequest, total_ms: float
) -> translation_pb2.TranslateArticleResponse:
    """The answer to TranslateArticle."""
    return translation_pb2.TranslateArticleResponse(
        translation=_article(done, unit_of(request.options)),
        summary=None if done.summary is None else summary(done.summary, done.source.article, request),
        **_totals(done.totals, total_ms),
    )


def item(
    done: ArticleTranslation, request: translation_pb2.BatchTranslateRequest, total_ms: float
) -> translation_pb2.BatchTranslateResponse:
    """The answer to one item of BatchTranslate."""
    unit, is_text = unit_of(request.options), request.HasField("text")
    return translation_pb2.BatchTranslateResponse(
        id=request.id,
        text=_text(done, unit) if is_text else None,
        article=None if is_text else _article(done, unit),
        **_totals(done.totals, total_ms),
    )


def summarized(
    done: SummarizedArticle, request: summarization_pb2.SummarizeArticleRequest, total_ms: float
) -> summarization_pb2.SummarizeArticleResponse:
    """The answer to SummarizeArticle."""
    return summarization_pb2.SummarizeArticleResponse(
        summary=summary(done.summary, done.source.article, request),
        source_language_code=done.source.language or "",
        detection=_detection(done.source.detection),
        **_totals(done.totals, total_ms),
    )


def detections(found: Iterable[Detection], total_ms: float) -> translation_pb2.DetectLanguageResponse:
    """The answer to DetectLanguage."""
    return translation_pb2.DetectLanguageResponse(
        detections=map(_detection, found), timings=_timings(Timings(), total_ms)
    )


def _detection(found: Detection) -> common_pb2.LanguageDetection:
    """What detection says about one text."""
    return common_pb2.LanguageDetection(
        language_code=found.language or "",
        undetermined=found.language is None,
        candidates=[
            common_pb2.LanguageCandidate(language_code=each.language, confidence=each.confidence)
            for each in found.candidates
        ],
    )


def header(job: TranslationJob, unit: OffsetUnit) -> translation_pb2.ArticleHeader:
    """What is known before the first segment."""
    return translation_pb2.ArticleHeader(
        source_language_code=job.source.language or "",
        detection=_detection(job.source.detection),
        segment_count=job.segment_count,
        boilerplate_spans=boilerplate_spans(job.source.article, unit),
    )


def trailer(totals: Totals, total_ms: float) -> translation_pb2.ArticleTrailer:
    """What is known after the last segment."""
    return translation_pb2.ArticleTrailer(
        segment_count=totals.segment_count,
        complete=totals.complete,
        **_totals(totals, total_ms),
    )


def _text(done: Translation, unit: OffsetUnit) -> translation_pb2.TextTranslation:
    return translation_pb2.TextTranslation(translated_text=done.texts[Field.TEXT], **_translated(done, unit))


def _article(done: Translation, unit: OffsetUnit) -> translation_pb2.ArticleTranslation:
    return translation_pb2.ArticleTranslation(
        headline=done.texts[Field.HEADLINE],
        lead=done.texts[Field.LEAD],
        body=done.texts[Field.BODY],
        **_translated(done, unit),
    )


def _translated(done: Translation, unit: OffsetUnit) -> dict[str, Any]:
    """The fields that texts and articles share."""
    return {
        "segments": segments(done, unit),
        "source_language_code": done.source.language or "",
        "detection": _detection(done.source.detection),
        "boilerplate_spans": boilerplate_spans(done.source.article, unit),
        "complete": done.is_complete,
    }


def _totals(totals: Totals, total_ms: float) -> dict[str, Any]:
    """The fields that all replies of translations share: which models, glossary, time and tokens."""
    usage = totals.usage
    return {
        "model_ids": totals.model_ids,
        "glossary_usages": map(_glossary_usage, totals.glossary_usages),
        "timings": _timings(totals.timings, total_ms),
        "usage": common_pb2.Usage(
            source_tokens=usage.source_tokens, target_tokens=usage.target_tokens, cache_hits=usage.cache_hits
        ),
    }


def _glossary_usage(usage: GlossaryUsage) -> common_pb2.GlossaryUsage:
    """How often an entry was honoured."""
    return common_pb2.GlossaryUsage(
        source_term=usage.entry.source_term,
        target_term=usage.entry.target_term,
        applied_count=usage.applied,
        not_applied_count=usage.not_applied,
    )


def _timings(of: Timings, total_ms: float) -> common_pb2.Timings:
    """Where the time went; the total is that of the call, which began before the work did."""
    return common_pb2.Timings(queue_ms=of.queue_ms, inference_ms=of.inference_ms, total_ms=total_ms)
