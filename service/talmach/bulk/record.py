"""What comes of an article -> the columns that its row gets: plain values, the same for JSON Lines and Parquet.

Names of fields, statuses, flags and errors are those of the contract; offsets count Unicode code points.
"""

from collections.abc import Mapping
from typing import Any

from talmach.contract.offsets import OffsetUnit, SegmentOffsets
from talmach.errors import TalmachError
from talmach.translation.values import Segment, SegmentStatus
from talmach.use_cases import ArticleTranslation, Summary

COLUMNS = ("translation", "summary", "flags", "segments", "models", "error")
Record = dict[str, Any]
"""The columns of `COLUMNS`; in a row that failed all but `error` are None."""


def translated(done: ArticleTranslation, language: str, versions: Mapping[str, str]) -> Record:
    """Return the columns of an article; `versions` maps the ids of models to their versions."""
    models = [*done.totals.model_ids]
    if done.summary is not None and done.summary.choice.encoder_model_id:
        models.append(done.summary.choice.encoder_model_id)
    return {
        "translation": {
            **{field.value: text for field, text in done.texts.items()},
            "language": language,
            "source_language": done.source.language,
        },
        "summary": None if done.summary is None else _summary(done.summary),
        "flags": sorted({flag.name for segment in done.segments for flag in segment.flags}),
        "segments": _segments(done),
        "models": [f"{model} {versions[model]}" for model in models],
        "error": _incompleteness(done.segments),
    }


def failed(error: TalmachError) -> Record:
    """Return the columns of an article that could not be translated."""
    return dict.fromkeys(COLUMNS) | {"error": {"reason": error.reason, "message": str(error)}}


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "text": " ".join(each.translated_text for each in summary.segments),
        "segments": [each.index for each in summary.segments],
    }


def _segments(done: ArticleTranslation) -> list[dict[str, Any]]:
    offsets = SegmentOffsets(done.source.article, OffsetUnit.UTF32)
    return [_segment(each, offsets) for each in done.segments]


def _segment(each: Segment, offsets: SegmentOffsets) -> dict[str, Any]:
    target = offsets.next_target(each)
    return {
        "index": each.index,
        "field": each.field.value,
        "paragraph": each.paragraph,
        "source_start": each.source_span.start,
        "source_end": each.source_span.end,
        "target_start": target.start,
        "target_end": target.end,
        "source_language": each.source_language,
        "status": each.status.name,
        "flags": sorted(flag.name for flag in each.flags),
        "score": each.score,
        "pivot": each.pivot,
        "error": each.error,
    }


def _incompleteness(segments: tuple[Segment, ...]) -> dict[str, str] | None:
    failures = [each for each in segments if each.status is SegmentStatus.FAILED]
    if not failures:
        return None
    message = f"{len(failures)} of {len(segments)} sentences could not be translated and stand in the original"
    return {"reason": failures[0].error or "", "message": message}
