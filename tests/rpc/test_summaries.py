"""SummarizeArticle and GetServerInfo."""

import grpc
import pytest

from talmach.pb import info_pb2, segment_pb2
from talmach.pb import summarization_pb2 as pb
from talmach.pb.common_pb2 import (
    OFFSET_ENCODING_UTF8,
    TEXT_FIELD_BODY,
    TEXT_FIELD_HEADLINE,
    TEXT_FORMAT_HTML,
    Article,
    TranslationOptions,
)
from tests.fakes import ALL_DIRECTIONS
from tests.rpc.harness import LIMITS, Failure, Running, to

BODY = (
    "Рыбакі з вёскі Слабодка знайшлі на балоце новае возера 🌊.\n\n"
    "Возера мае глыбіню дванаццаць метраў, паведаміў настаўнік.\n\n"
    "Настаўнік вывучае балота ўжо сорак гадоў запар.\n\n"
    "Вучоныя прыедуць на возера ў наступным месяцы."
)
ARTICLE = Article(headline="Новае возера на балоце", body=BODY)


async def summarize(served: Running, **fields: object) -> pb.SummarizeArticleResponse:
    """Ask for the summary of the article."""
    request = pb.SummarizeArticleRequest(article=ARTICLE, **fields)  # type: ignore[arg-type]
    response: pb.SummarizeArticleResponse = await served.summarization.SummarizeArticle(request)
    return response


async def test_a_summary_in_the_language_of_the_article(served: Running) -> None:
    """Three sentences in source order, verbatim, COPIED; no translation model was asked; no headline."""
    reply = await summarize(served)
    summary, sentences = reply.summary, reply.summary.sentences
    assert len(sentences) == 3
    assert [each.segment.index for each in sentences] == sorted(each.segment.index for each in sentences)
    assert (summary.language_code, reply.source_language_code, reply.detection.language_code) == ("be", "be", "be")
    assert summary.encoder_model_id == "words"
    for each in sentences:
        segment = each.segment
        assert segment.field == TEXT_FIELD_BODY
        assert segment.status == segment_pb2.SEGMENT_STATUS_COPIED
        assert BODY[segment.source_span.start : segment.source_span.end] == segment.source_text
        assert summary.text[segment.target_span.start : segment.target_span.end] == segment.source_text
    assert summary.text == " ".join(each.segment.source_text for each in sentences)
    assert served.engine.batches == []
    assert list(reply.model_ids) == []
    assert len(summary.all_scores) == 0


async def test_a_summary_in_another_language_translates_only_its_sentences(served: Running) -> None:
    """Two sentences chosen, two decoded; spans in UTF-8 cut source and summary exactly."""
    reply = await summarize(
        served,
        summary_options=pb.SummaryOptions(max_sentences=2, return_all_scores=True),
        options=to("en", "be", offset_encoding=OFFSET_ENCODING_UTF8),
    )
    summary = reply.summary
    assert (summary.language_code, len(summary.sentences)) == ("en", 2)
    assert sum(len(batch) for batch in served.engine.batches) == 2
    assert list(reply.model_ids) == ["naughty"]
    assert reply.usage.target_tokens > 0
    source, target = BODY.encode(), summary.text.encode()
    for each in summary.sentences:
        segment = each.segment
        assert segment.status == segment_pb2.SEGMENT_STATUS_TRANSLATED
        assert source[segment.source_span.start : segment.source_span.end].decode() == segment.source_text
        assert target[segment.target_span.start : segment.target_span.end].decode() == segment.translated_text
    chosen = [each.index for each in summary.all_scores if each.chosen]
    assert chosen == [each.segment.index for each in summary.sentences]
    headline = summary.all_scores[0]
    assert (headline.field, headline.candidate, headline.score) == (TEXT_FIELD_HEADLINE, False, 0)


async def test_lengths_are_honoured(served: Running) -> None:
    """Characters and ratio; nothing fits into one character, and the summary is empty, which is no error."""
    by_chars = await summarize(served, summary_options=pb.SummaryOptions(max_chars=120))
    assert 0 < len(by_chars.summary.text) <= 120
    by_ratio = await summarize(served, summary_options=pb.SummaryOptions(ratio=0.5))
    assert len(by_ratio.summary.sentences) == 2
    nothing = await summarize(served, summary_options=pb.SummaryOptions(max_chars=1), options=to("en"))
    assert (nothing.summary.text, nothing.summary.language_code) == ("", "en")


async def test_tags_count_as_characters(served: Running) -> None:
    """They are part of the summary: whoever has room for so many characters gets no more."""
    tagged = f"<p>{BODY.replace(' ', '</b> <b>')}</p>"
    reply: pb.SummarizeArticleResponse = await served.summarization.SummarizeArticle(
        pb.SummarizeArticleRequest(
            article=Article(body=tagged),
            summary_options=pb.SummaryOptions(max_chars=200),
            options=TranslationOptions(format=TEXT_FORMAT_HTML),
        )
    )
    assert 0 < len(reply.summary.text) <= 200


async def test_a_failing_encoder_is_an_engine_failure(served: Running) -> None:
    """INTERNAL with its reason."""
    served.encoder.fails = True
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await summarize(served)
    assert (Failure.of(caught.value).code, Failure.of(caught.value).info.reason) == ("INTERNAL", "ENGINE_FAILURE")


async def test_the_server_describes_itself(served: Running) -> None:
    """Pairs in order, models as they run, every limit that is enforced."""
    info: info_pb2.GetServerInfoResponse = await served.info.GetServerInfo(info_pb2.GetServerInfoRequest())
    assert info.version == "1.2.3"
    pairs = [(pair.source_language_code, pair.target_language_code) for pair in info.language_pairs]
    assert pairs == sorted((each.source, each.target) for each in ALL_DIRECTIONS)
    (model,) = info.models
    assert (model.id, model.kind, model.draft) == ("naughty", info_pb2.MODEL_KIND_TRANSLATION, True)
    assert (model.compute_type, model.device, model.licence) == ("int8_float32", "cpu", "Apache-2.0")
    assert [file.name for file in model.files] == ["a.model", "model.bin"]
    search = info_pb2.Decoding(beam_size=3, length_penalty=0.6, repetition_penalty=1.1, no_repeat_ngram_size=5)
    assert model.decoding == search
    (score,) = model.scores
    assert (score.direction.source_language_code, score.metric, score.value, score.signature) == (
        "be",
        "chrF2",
        12.5,
        "none",
    )
    limits = {field.name: value for field, value in info.limits.ListFields()}
    assert limits == {name: getattr(LIMITS, name) for name in limits}
    assert set(limits) == set(info_pb2.Limits.DESCRIPTOR.fields_by_name)
