"""What `talmach smoke` demands of a reply: nothing lost, nothing misplaced, nothing passed off as a translation."""

from collections.abc import Iterator, Sequence

from talmach.client import ArticleTranslation, Segment, Span, Summary, TranslateArticleResponse, enum_name

Texts = dict[str, str]
"""The three fields of an article, by their names in the enumeration `TextField`."""


def problems(source: Texts, response: TranslateArticleResponse) -> list[str]:
    """Return everything that is wrong with the translation of `source` and its summary; empty = all is well."""
    translation = response.translation
    target = {
        "TEXT_FIELD_HEADLINE": translation.headline,
        "TEXT_FIELD_LEAD": translation.lead,
        "TEXT_FIELD_BODY": translation.body,
    }
    found = [*_failures(translation), *_misplaced(translation.segments, source, target)]
    found += [f"{field}: text around the sentences was lost or changed" for field in _lossy(translation, source, target)]
    return [*found, *_summary_problems(response.summary, source)]


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
        field = enum_name(segment, "field")
        if segment.index != position:
            yield f"segment {segment.index} stands at place {position}"
        if _cut(source[field], segment.source_span) != segment.source_text:
            yield f"segment {segment.index}: its span does not cut its text out of the article"
        if _cut(target[field], segment.target_span) != segment.translated_text:
            yield f"segment {segment.index}: its span does not cut its text out of the translation"


def _lossy(translation: ArticleTranslation, source: Texts, target: Texts) -> Iterator[str]:
    for field, text in source.items():
        segments = [segment for segment in translation.segments if enum_name(segment, "field") == field]
        before = _gaps(text, [segment.source_span for segment in segments])
        if before != _gaps(target[field], [segment.target_span for segment in segments]):
            yield field.removeprefix("TEXT_FIELD_").lower()


def _summary_problems(summary: Summary, source: Texts) -> Iterator[str]:
    if not summary.sentences or not summary.text.strip():
        yield "the summary is empty"
    for sentence in summary.sentences:
        segment = sentence.segment
        if _cut(source[enum_name(segment, "field")], segment.source_span) != segment.source_text:
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
