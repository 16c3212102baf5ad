"""Summaries -> reply messages."""

import itertools
from collections.abc import Sequence

from talmach.contract import replies
from talmach.contract.offsets import OffsetUnit, SegmentOffsets, length
from talmach.pb import summarization_pb2
from talmach.summary.values import ArticleSummary, ScoredSentence
from talmach.text.article import Article
from talmach.text.span import Span
from talmach.translation.values import Segment, SegmentStatus


def summary(
    chosen: ArticleSummary,
    translated: Sequence[Segment],
    language: str | None,
    *,
    article: Article,
    unit: OffsetUnit,
    with_all_scores: bool,
) -> summarization_pb2.Summary:
    """A summary of `translated`, one segment for each chosen sentence; target spans lie in its text."""
    offsets = SegmentOffsets(article, unit)
    sizes = [length(each.translated_text, unit) for each in translated]
    starts = itertools.accumulate((size + 1 for size in sizes), initial=0)  # + 1: the joining space
    sentences = [
        summarization_pb2.SummarySentence(
            segment=replies.segment_at(each, offsets.source(each.field, each.source_span), Span(start, start + size)),
            score=scored.score,
        )
        for scored, each, start, size in zip(chosen.chosen, translated, starts, sizes, strict=False)
    ]
    return summarization_pb2.Summary(
        text=" ".join(each.translated_text for each in translated),
        language_code=language or "",
        sentences=sentences,
        all_scores=[_score(each, offsets) for each in chosen.scores] if with_all_scores else (),
        encoder_model_id=chosen.encoder_model_id,
    )


def copied(scored: ScoredSentence, language: str | None) -> Segment:
    """A chosen sentence that nobody translates, as a segment."""
    sentence = scored.sentence
    return Segment(
        index=sentence.index,
        paragraph=sentence.paragraph,
        field=sentence.field,
        source_span=sentence.span,
        target_span=sentence.span,
        source_text=sentence.text,
        translated_text=sentence.text,
        source_language=language,
        status=SegmentStatus.COPIED,
    )


def _score(scored: ScoredSentence, offsets: SegmentOffsets) -> summarization_pb2.SentenceScore:
    sentence = scored.sentence
    return summarization_pb2.SentenceScore(
        index=sentence.index,
        paragraph_index=sentence.paragraph,
        field=replies.FIELDS[sentence.field],
        source_span=replies.span_message(offsets.source(sentence.field, sentence.span)),
        chosen=scored.chosen,
        candidate=scored.candidate,
        score=scored.score,
        components=summarization_pb2.ScoreComponents(
            centrality=scored.centrality,
            headline_similarity=scored.headline_similarity,
            position=scored.position,
            redundancy=scored.redundancy,
        ),
        reason=scored.reason,
    )
