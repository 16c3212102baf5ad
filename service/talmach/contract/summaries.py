"""Summaries -> reply messages."""

import itertools

from talmach.contract.offsets import SegmentOffsets, length, unit_of
from talmach.contract.segments import FIELDS, segment_at, span_message
from talmach.pb import summarization_pb2, translation_pb2
from talmach.summary.values import ScoredSentence
from talmach.text.article import Article
from talmach.text.span import Span
from talmach.use_cases import Summary


def summary(
    made: Summary,
    article: Article,
    request: summarization_pb2.SummarizeArticleRequest | translation_pb2.TranslateArticleRequest,
) -> summarization_pb2.Summary:
    """A summary; target spans point into its text."""
    unit, chosen, translated = unit_of(request.options), made.choice, made.segments
    offsets = SegmentOffsets(article, unit)
    sizes = [length(each.translated_text, unit) for each in translated]
    starts = itertools.accumulate((size + 1 for size in sizes), initial=0)  # + 1: the joining space
    sentences = [
        summarization_pb2.SummarySentence(
            segment=segment_at(each, offsets.source(each.field, each.source_span), Span(start, start + size)),
            score=scored.score,
        )
        for scored, each, start, size in zip(chosen.chosen, translated, starts, sizes, strict=False)
    ]
    return summarization_pb2.Summary(
        text=" ".join(each.translated_text for each in translated),
        language_code=made.language or "",
        sentences=sentences,
        all_scores=[_score(each, offsets) for each in chosen.scores]
        if request.summary_options.return_all_scores
        else (),
        encoder_model_id=chosen.encoder_model_id,
    )


def _score(scored: ScoredSentence, offsets: SegmentOffsets) -> summarization_pb2.SentenceScore:
    sentence = scored.sentence
    return summarization_pb2.SentenceScore(
        index=sentence.index,
        paragraph_index=sentence.paragraph,
        field=FIELDS[sentence.field],
        source_span=span_message(offsets.source(sentence.field, sentence.span)),
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
