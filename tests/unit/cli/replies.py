"""Replies as a server would send them, for what is done with them."""

from typing import Any

from talmach.cli.inputs import ArticleText
from talmach.client import (
    ArticleTranslation,
    QualityFlag,
    Segment,
    SegmentStatus,
    Span,
    Summary,
    TextField,
    TranslateArticleResponse,
)
from talmach.pb.summarization_pb2 import SummarySentence

ARTICLE = ArticleText("Новая школа", "Горад рады.", "Адкрылі школу.\n\nІ [мост] цераз раку.\n", ("", "\n", "\n"))


def segment(index: int, source: tuple[int, str], target: tuple[int, str], **fields: Any) -> Segment:
    """Build a segment from the places and texts of its source and its translation."""
    values: dict[str, Any] = {
        "status": SegmentStatus.SEGMENT_STATUS_TRANSLATED,
        "field": TextField.TEXT_FIELD_BODY,
        **fields,
    }
    return Segment(
        index=index,
        source_span=Span(start=source[0], end=source[0] + len(source[1])),
        target_span=Span(start=target[0], end=target[0] + len(target[1])),
        source_text=source[1],
        translated_text=target[1],
        **values,
    )


def reply() -> TranslateArticleResponse:
    """Return a flawless reply to ARTICLE."""
    chosen = segment(2, (0, "Адкрылі школу."), (0, "A school opened."))
    return TranslateArticleResponse(
        translation=ArticleTranslation(
            headline="New school",
            lead="The town is glad.",
            body="A school opened.\n\nAnd a [bridge].\n",
            segments=[
                segment(0, (0, "Новая школа"), (0, "New school"), field=TextField.TEXT_FIELD_HEADLINE),
                segment(1, (0, "Горад рады."), (0, "The town is glad."), field=TextField.TEXT_FIELD_LEAD),
                chosen,
                segment(
                    *(3, (16, "І [мост] цераз раку."), (18, "And a [bridge].")),
                    paragraph_index=1,
                    quality_flags=[QualityFlag.QUALITY_FLAG_LENGTH_RATIO, QualityFlag.QUALITY_FLAG_LOW_CONFIDENCE],
                ),
            ],
            source_language_code="be",
            complete=True,
        ),
        summary=Summary(text="A school opened.", language_code="en", sentences=[SummarySentence(segment=chosen)]),
    )
