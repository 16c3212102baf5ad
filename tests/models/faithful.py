"""What holds between any request and its reply: nothing is lost, and nothing passed off for what it is not."""

import itertools
from collections.abc import Iterable
from typing import Any

from talmach.pb import common_pb2 as common
from talmach.pb import segment_pb2, summarization_pb2, translation_pb2
from talmach.pb.segment_pb2 import Segment
from talmach.text import protected

ENCODINGS = {
    common.OFFSET_ENCODING_UNSPECIFIED: ("utf-32-le", 4),
    common.OFFSET_ENCODING_UTF8: ("utf-8", 1),
    common.OFFSET_ENCODING_UTF16: ("utf-16-le", 2),
    common.OFFSET_ENCODING_UTF32: ("utf-32-le", 4),
}


def assert_faithful(request: Any, reply: Any) -> None:
    """Check that a reply answers everything that was sent, and that its pieces join to the whole."""
    if isinstance(reply, translation_pb2.TranslateTextResponse):
        assert len(reply.translations) == len(request.texts)
        for text, translation in zip(request.texts, reply.translations, strict=True):
            assert_text_joins(text, translation, request.options)
    elif isinstance(reply, translation_pb2.TranslateArticleResponse):
        assert_article_joins(request.article, reply.translation, request.options)
        if reply.HasField("summary"):
            assert_summary_joins(request.article, reply.summary, request.options)
    elif isinstance(reply, translation_pb2.BatchTranslateResponse):
        assert reply.id == request.id
        if reply.HasField("text"):
            assert_text_joins(request.text, reply.text, request.options)
        else:
            assert_article_joins(request.article, reply.article, request.options)
    elif isinstance(reply, summarization_pb2.SummarizeArticleResponse):
        assert_summary_joins(request.article, reply.summary, request.options)
    elif isinstance(reply, translation_pb2.DetectLanguageResponse):
        assert len(reply.detections) == len(request.texts)


def assert_text_joins(text: str, translation: Any, options: Any) -> None:
    """Check a lone text."""
    assert_field_joins(text, translation.translated_text, translation.segments, options)
    assert [segment.index for segment in translation.segments] == list(range(len(translation.segments)))


def assert_article_joins(article: Any, translation: Any, options: Any) -> None:
    """Check the three fields of an article."""
    assert [segment.index for segment in translation.segments] == list(range(len(translation.segments)))
    for field, name in enumerate(("headline", "lead", "body"), start=1):
        segments = [segment for segment in translation.segments if segment.field == field]
        assert_field_joins(getattr(article, name), getattr(translation, name), segments, options)


def assert_field_joins(source: str, target: str, segments: Iterable[Segment], options: Any) -> None:
    """Check that spans cut the segments out of both texts, and that between them both are equal."""
    codec, width = ENCODINGS[options.offset_encoding]
    source_bytes, target_bytes = source.encode(codec), target.encode(codec)
    segments, source_end, target_end = list(segments), 0, 0
    for segment in segments:
        spans = (segment.source_span, segment.target_span)
        (start, end), (new_start, new_end) = ((span.start * width, span.end * width) for span in spans)
        assert source_bytes[start:end].decode(codec) == segment.source_text != ""
        assert target_bytes[new_start:new_end].decode(codec) == segment.translated_text
        assert source_end <= start
        assert source_bytes[source_end:start] == target_bytes[target_end:new_start]
        source_end, target_end = end, new_end
        assert_status(segment, options)
    assert source_bytes[source_end:] == target_bytes[target_end:]
    assert bool(segments) >= protected.has_words(source)


def assert_status(segment: Segment, options: Any) -> None:
    """Check that the text of a segment is what its status says."""
    assert segment.HasField("error") == (segment.status == segment_pb2.SEGMENT_STATUS_FAILED)
    if segment.status == segment_pb2.SEGMENT_STATUS_DROPPED_BOILERPLATE:
        assert options.remove_boilerplate
        assert segment.translated_text == ""
    elif segment.status == segment_pb2.SEGMENT_STATUS_TRANSLATED:
        assert segment.translated_text.strip()
    else:
        assert segment.translated_text == segment.source_text


def assert_summary_joins(article: Any, summary: Any, options: Any) -> None:
    """Check that the chosen sentences stand in the article and make up the summary."""
    codec, width = ENCODINGS[options.offset_encoding]
    segments = [sentence.segment for sentence in summary.sentences]
    assert summary.text == " ".join(segment.translated_text for segment in segments)
    assert all(one.index < other.index for one, other in itertools.pairwise(segments))
    for segment in segments:
        source = (article.headline, article.lead, article.body)[segment.field - 1].encode(codec)
        span, target = segment.source_span, segment.target_span
        assert source[span.start * width : span.end * width].decode(codec) == segment.source_text
        whole = summary.text.encode(codec)[target.start * width : target.end * width]
        assert whole.decode(codec) == segment.translated_text
