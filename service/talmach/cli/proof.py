"""What `talmach smoke` checks in a reply: nothing lost, nothing misplaced, nothing passed off as a translation."""

from collections.abc import Iterator, Sequence

from talmach.cli.inputs import ArticleText
from talmach.client import ArticleTranslation, Segment, Span, Summary, TextField, TranslateArticleResponse

Texts = dict["TextField.ValueType", str]


def problems(article: ArticleText, reply: TranslateArticleResponse) -> list[str]:
    """Return everything that is wrong with the translation of an article and its summary; empty = all is well."""
    translation = reply.translation
    source, target = _texts(article), _texts(translation)
    return [
        *_failures(translation),
        *_misplaced(translation.segments, source, target),
        *_lossy(translation, source, target),
        *_summary_problems(reply.summary, source),
    ]


def _texts(article: ArticleText | ArticleTranslation) -> Texts:
    return {
        TextField.TEXT_FIELD_HEADLINE: article.headline,
        TextField.TEXT_FIELD_LEAD: article.lead,
        TextField.TEXT_FIELD_BODY: article.body,
    }


def _failures(translation: ArticleTranslation) -> Iterator[str]:
    if not translation.segments:
        yield "the translation has no segments"
    if not translation.complete:
        yield "the translation is not complete"
    for segment in translation.segments:
        if segment.HasField("error"):
            yield f"segment {segment.index} failed: {segment.error.reason}"
        elif not segment.translated_text.strip():
            yield f"segment {segment.index} has an empty translation"


def _misplaced(segments: Sequence[Segment], source: Texts, target: Texts) -> Iterator[str]:
    for position, segment in enumerate(segments):
        if segment.index != position:
            yield f"segment {segment.index} stands at place {position}"
        if _cut(source[segment.field], segment.source_span) != segment.source_text:
            yield f"segment {segment.index}: its span does not cut its text out of the article"
        if _cut(target[segment.field], segment.target_span) != segment.translated_text:
            yield f"segment {segment.index}: its span does not cut its text out of the translation"


def _lossy(translation: ArticleTranslation, source: Texts, target: Texts) -> Iterator[str]:
    for field, text in source.items():
        segments = [segment for segment in translation.segments if segment.field == field]
        before = _gaps(text, [segment.source_span for segment in segments])
        if before != _gaps(target[field], [segment.target_span for segment in segments]):
            name = TextField.Name(field).removeprefix("TEXT_FIELD_").lower()
            yield f"{name}: what stands between the sentences was lost or changed"


def _summary_problems(summary: Summary, source: Texts) -> Iterator[str]:
    if not summary.sentences or not summary.text.strip():
        is_headline = not (source[TextField.TEXT_FIELD_LEAD] or source[TextField.TEXT_FIELD_BODY])
        yield "the summary is empty" + (": the article has a headline and no text" if is_headline else "")
    for sentence in summary.sentences:
        segment = sentence.segment
        if _cut(source[segment.field], segment.source_span) != segment.source_text:
            yield f"summary: the span of segment {segment.index} does not cut its text out of the article"
        if _cut(summary.text, segment.target_span) != segment.translated_text:
            yield f"summary: the span of segment {segment.index} does not cut its text out of the summary"


def _cut(text: str, span: Span) -> str:
    return text[span.start : span.end]


def _gaps(text: str, spans: Sequence[Span]) -> list[str]:
    """Return what lies before, between and after the spans."""
    starts = [0, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]
