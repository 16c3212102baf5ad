import grpc
import pytest

from talmach.pb import segment_pb2 as segments
from talmach.pb import summarization_pb2 as summarization
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import (
    OFFSET_ENCODING_UTF8,
    OFFSET_ENCODING_UTF16,
    OFFSET_ENCODING_UTF32,
    TEXT_FIELD_BODY,
    TEXT_FIELD_HEADLINE,
    TEXT_FIELD_LEAD,
    Article,
    OffsetEncoding,
)
from talmach.text.document import Document
from tests.fakes import until
from tests.rpc.harness import Running, running, to

TRANSLATED, FAILED = segments.SEGMENT_STATUS_TRANSLATED, segments.SEGMENT_STATUS_FAILED

HEADLINE = "Вучоныя знайшлі новае возера"
LEAD = "У Браслаўскім раёне з’явілася возера 🌊, якога няма на картах."
BODY = (
    "Першымі яго ўбачылі рыбакі з вёскі Слабодка.\n\n"
    "«Мы не паверылі вачам», — кажа ім настаўнік 🙂. Глыбіня возера складае 12 метраў.\n"
    "Мы не паверылі вачам.  Глыбіня возера складае 12 метраў.\n\n"
    "https://example.org/lake\n"
)
ARTICLE = Article(headline=HEADLINE, lead=LEAD, body=BODY)
CODECS = {
    OFFSET_ENCODING_UTF8: ("utf-8", 1),
    OFFSET_ENCODING_UTF16: ("utf-16-le", 2),
    OFFSET_ENCODING_UTF32: ("utf-32-le", 4),
}


def cut(text: str, start: int, end: int, encoding: "OffsetEncoding.ValueType") -> str:
    """Slice a text by offsets in an encoding."""
    codec, width = CODECS[encoding]
    return text.encode(codec)[start * width : end * width].decode(codec)


async def test_texts_are_answered_one_to_one_in_order(served: Running) -> None:
    """N texts in, N translations out, repeated texts and texts with nothing to translate included."""
    texts = ["Сёння ідзе моцны дождж.", "2024", "Заўтра будзе цёпла.", "Сёння ідзе моцны дождж."]
    reply = await served.translation.TranslateText(pb.TranslateTextRequest(texts=texts, options=to("en")))
    translated = [each.translated_text for each in reply.translations]
    assert [each.segments[0].source_text for each in reply.translations] == texts
    assert translated[1] == "2024"
    assert translated[0] == translated[3] != translated[2]
    assert [each.segments[0].status for each in reply.translations] == [
        segments.SEGMENT_STATUS_TRANSLATED,
        segments.SEGMENT_STATUS_COPIED,
        segments.SEGMENT_STATUS_TRANSLATED,
        segments.SEGMENT_STATUS_TRANSLATED,
    ]
    assert reply.model_ids == ["naughty"]
    assert reply.translations[0].source_language_code == "be"
    assert reply.timings.total_ms >= reply.timings.inference_ms > 0
    assert reply.usage.source_tokens > 0


@pytest.mark.parametrize("encoding", CODECS)
async def test_spans_cut_source_and_translation_exactly(served: Running, encoding: "OffsetEncoding.ValueType") -> None:
    """In each encoding, with emoji and Belarusian letters, both spans of every segment cut out its texts."""
    options = to("en", "be", offset_encoding=encoding)
    reply = await served.translation.TranslateArticle(pb.TranslateArticleRequest(article=ARTICLE, options=options))
    source = {TEXT_FIELD_HEADLINE: HEADLINE, TEXT_FIELD_LEAD: LEAD, TEXT_FIELD_BODY: BODY}
    translation = reply.translation
    target = {
        TEXT_FIELD_HEADLINE: translation.headline,
        TEXT_FIELD_LEAD: translation.lead,
        TEXT_FIELD_BODY: translation.body,
    }
    assert len(translation.segments) == 8
    for each in translation.segments:
        of_source, of_target = each.source_span, each.target_span
        assert cut(source[each.field], of_source.start, of_source.end, encoding) == each.source_text
        assert cut(target[each.field], of_target.start, of_target.end, encoding) == each.translated_text


async def test_an_article_keeps_what_lies_between_its_sentences(served: Running) -> None:
    """Blank lines, double spaces and the link come through; repeated sentences are all there."""
    reply = await served.translation.TranslateArticle(pb.TranslateArticleRequest(article=ARTICLE, options=to("en")))
    translation = reply.translation
    document = Document.parse(BODY, None)
    bodies = [each.translated_text for each in translation.segments if each.field == TEXT_FIELD_BODY]
    assert translation.body == document.assemble(bodies)
    assert translation.body.endswith("\n\nhttps://example.org/lake\n")
    assert [each.index for each in translation.segments] == list(range(8))
    assert translation.complete
    assert not translation.detection.undetermined
    assert translation.detection.candidates[0].language_code == "be"


async def test_a_stream_brings_header_segments_trailer(served: Running) -> None:
    """The stream says the same as the unary call, in the promised order."""
    options = to("en", offset_encoding=OFFSET_ENCODING_UTF8)
    request = pb.StreamTranslateArticleRequest(article=ARTICLE, options=options)
    events = [event async for event in served.translation.StreamTranslateArticle(request)]
    whole = await served.translation.TranslateArticle(pb.TranslateArticleRequest(article=ARTICLE, options=options))
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds == ["header", *["segment"] * 8, "trailer"]
    assert events[0].header.segment_count == events[-1].trailer.segment_count == 8
    assert events[0].header.source_language_code == "be"
    assert [event.segment for event in events[1:-1]] == list(whole.translation.segments)
    assert events[-1].trailer.complete


async def test_segments_are_streamed_before_the_article_is_done() -> None:
    """The first sentence is there while a later one still hangs in the engine."""
    article = Article(body="Сёння ідзе моцны дождж і вецер.\n\nЗаўтра hang будзе цёпла.")
    request = pb.StreamTranslateArticleRequest(article=article, options=to("en", "be"))
    async with running(max_batch_size=1) as served:
        call = served.translation.StreamTranslateArticle(request)
        first = [await call.read() for _ in range(2)]
        assert [event.WhichOneof("event") for event in first] == ["header", "segment"]
        served.engine.release.set()
        rest = [await call.read() for _ in range(2)]
        assert [event.WhichOneof("event") for event in rest] == ["segment", "trailer"]
        assert await call.read() is grpc.aio.EOF


async def test_the_summary_of_a_translated_article_is_made_of_its_segments(served: Running) -> None:
    """Same sentences, same translations; nothing is translated twice; target spans lie in the summary's text."""
    request = pb.TranslateArticleRequest(
        article=ARTICLE,
        options=to("en", "be", offset_encoding=OFFSET_ENCODING_UTF16),
        summary_options=summarization.SummaryOptions(max_sentences=2, return_all_scores=True),
    )
    reply = await served.translation.TranslateArticle(request)
    summary, translated = reply.summary, reply.translation.segments
    assert len(summary.sentences) == 2
    assert summary.language_code == "en"
    assert summary.text == " ".join(each.segment.translated_text for each in summary.sentences)
    assert len(summary.all_scores) == len(translated)
    for each in summary.sentences:
        segment = each.segment
        assert segment.translated_text == translated[segment.index].translated_text
        assert segment.source_span == translated[segment.index].source_span
        span = segment.target_span
        assert cut(summary.text, span.start, span.end, OFFSET_ENCODING_UTF16) == segment.translated_text
    decoded = [text for batch in served.engine.batches for text in batch]
    assert len(decoded) == len(set(decoded))


async def test_an_article_without_summary_options_has_no_summary(served: Running) -> None:
    """Absent means none; present but empty means the default one."""
    request = pb.TranslateArticleRequest(article=ARTICLE, options=to("en"))
    assert not (await served.translation.TranslateArticle(request)).HasField("summary")
    request.summary_options.SetInParent()
    assert len((await served.translation.TranslateArticle(request)).summary.sentences) == 3


async def test_a_very_long_article_comes_back_whole(served: Running) -> None:
    """100,000 characters: every sentence is there, and the gaps stand between them as they were."""
    sentence = "Вёска Слабодка стаіць на беразе возера, і рыбакі там жывуць даўно. "
    body = (sentence * 2_000)[:99_990].rstrip() + "\n" + "Канец."
    body = body + " " * (100_000 - len(body))
    served.engine.max_source_tokens = 400
    article = Article(body=body)
    reply = await served.translation.TranslateArticle(
        pb.TranslateArticleRequest(article=article, options=to("en", "be"))
    )
    sources = [each.source_text for each in reply.translation.segments]
    assert Document.parse(body, "be").assemble(sources) == body
    translations = [each.translated_text for each in reply.translation.segments]
    assert reply.translation.body == Document.parse(body, "be").assemble(translations)
    assert len(translations) == 1 + -(-99_990 // len(sentence))


async def test_a_failed_text_does_not_fail_the_others() -> None:
    """It stands in its place as it was, not complete; only when nothing is translated the call fails."""
    good, bad = "Сёння ідзе моцны дождж.", "Гэта raise не перакласці ніяк."
    async with running(max_batch_size=1) as served:
        request = pb.TranslateTextRequest(texts=[good, bad, "42"], options=to("en", "be"))
        reply = await served.translation.TranslateText(request)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.translation.TranslateText(
                pb.TranslateTextRequest(texts=[bad, bad, "42"], options=to("en", "be"))
            )
    assert [each.complete for each in reply.translations] == [True, False, True]
    assert reply.translations[1].translated_text == bad
    assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_a_failed_sentence_does_not_fail_the_article() -> None:
    """It stands in the translation as it was, marked FAILED with its own error; the call is OK and not complete."""
    article = Article(body="Сёння ідзе моцны дождж.\nГэта raise не перакласці ніяк.")
    request = pb.TranslateArticleRequest(article=article, options=to("en", "be"))
    async with running(max_batch_size=1) as served:
        reply = await served.translation.TranslateArticle(request)
    good, failed = reply.translation.segments
    assert good.status == segments.SEGMENT_STATUS_TRANSLATED
    assert failed.status == segments.SEGMENT_STATUS_FAILED
    assert failed.translated_text == failed.source_text
    assert (failed.error.code, failed.error.reason) == (grpc.StatusCode.INTERNAL.value[0], "ENGINE_FAILURE")
    assert not good.HasField("error")
    assert not reply.translation.complete


async def test_boilerplate_is_reported_and_dropped_when_asked(served: Running) -> None:
    """Its span cuts it out of the source; dropped, its segment is empty and says so."""
    body = "Рыбакі знайшлі новае возера каля вёскі.\n\nЧытайце таксама: дзе адпачыць летам\n"
    options = to("en", "be", remove_boilerplate=True)
    reply = await served.translation.TranslateArticle(
        pb.TranslateArticleRequest(article=Article(body=body), options=options)
    )
    (found,) = reply.translation.boilerplate_spans
    assert body[found.span.start : found.span.end].startswith("Чытайце таксама")
    assert found.kind == segments.BOILERPLATE_KIND_RELATED
    dropped = reply.translation.segments[-1]
    assert dropped.status == segments.SEGMENT_STATUS_DROPPED_BOILERPLATE
    assert (dropped.translated_text, dropped.target_span.start) == ("", dropped.target_span.end)


async def test_glossary_usages_come_in_the_order_of_the_request(served: Running) -> None:
    """Counted over all texts: entries first, then phrases."""
    options = to(
        "en",
        "be",
        glossary_entries=[{"source_term": "возера", "target_term": "mere"}],
        do_not_translate_phrases=["Слабодка"],
    )
    texts = ["Новае возера каля вёскі Слабодка.", "Старое возера высахла."]
    reply = await served.translation.TranslateText(pb.TranslateTextRequest(texts=texts, options=options))
    used = [
        (each.source_term, each.target_term, each.applied_count + each.not_applied_count)
        for each in reply.glossary_usages
    ]
    assert used == [("возера", "mere", 2), ("Слабодка", "Слабодка", 1)]


async def test_blanks_around_a_term_are_no_part_of_it(served: Running) -> None:
    """The text has its own; with more of them, what stands there would be neither right nor found."""
    options = to(
        "en",
        "be",
        glossary_entries=[{"source_term": "возера ", "target_term": " mere\n"}],
        do_not_translate_phrases=[" Слабодка "],
    )
    texts = ["Новае возера каля вёскі Слабодка."]
    reply = await served.translation.TranslateText(pb.TranslateTextRequest(texts=texts, options=options))
    (translation,) = reply.translations
    assert "  " not in translation.translated_text
    assert {" mere ", " Слабодка"} == {each for each in (" mere ", " Слабодка") if each in translation.translated_text}
    assert [(each.applied_count, each.not_applied_count) for each in reply.glossary_usages] == [(1, 0), (1, 0)]
    assert [list(each.quality_flags) for each in translation.segments] == [[]]


async def test_detection_ranks_and_refuses_to_guess(served: Running) -> None:
    """One detection for each text; digits give none."""
    texts = ["Я не ведаю, што яшчэ сказаць пра гэта.", "The lake is not on any map.", "12345"]
    reply = await served.translation.DetectLanguage(pb.DetectLanguageRequest(texts=texts))
    assert [each.language_code for each in reply.detections] == ["be", "en", ""]
    assert [each.undetermined for each in reply.detections] == [False, False, True]
    assert sum(each.confidence for each in reply.detections[0].candidates) == pytest.approx(1)
    assert served.engine.batches == []


async def test_a_cancelled_stream_empties_the_queue() -> None:
    """A caller that goes away in the middle takes its waiting sentences along; the batch that runs is let go on."""
    async with running() as served:
        body = "\n".join(
            f"Гэта hang сказ нумар {number}, гл. https://example.org/{number} каля hang сказа {number}."
            for number in range(200)
        )
        request = pb.StreamTranslateArticleRequest(article=Article(body=body), options=to("en", "be"))
        call = served.translation.StreamTranslateArticle(request)
        assert (await call.read()).HasField("header")
        await until(lambda: served.engine.batches)
        assert served.queue.waiting_sentences > 100
        call.cancel()
        await until(lambda: not served.queue.waiting_sentences and not served.sample("talmach_rpc_in_flight"))
        served.engine.release.set()
        after = pb.TranslateTextRequest(texts=["Сёння ідзе дождж."], options=to("en", "be"))
        assert len((await served.translation.TranslateText(after, timeout=60)).translations) == 1


async def test_a_text_of_undetermined_language_does_not_end_the_call() -> None:
    """N texts in, N answers out: where evidence is divided the call decides; a foreign line fails by itself."""
    texts = ["Да.", "Ён сказаў, што дождж ідзе ў горадзе.", "Новий міст через річку відкрили сьогодні вранці.", "Спорт"]
    async with running() as served:
        reply = await served.translation.TranslateText(pb.TranslateTextRequest(texts=texts, options=to("en")))
    made = [translation.segments[0] for translation in reply.translations]
    assert [segment.source_language_code for segment in made] == ["be", "be", "", "be"]
    assert [segment.status for segment in made] == [TRANSLATED, TRANSLATED, FAILED, TRANSLATED]
    assert [list(segment.quality_flags) for segment in made] == [
        [segments.QUALITY_FLAG_SOURCE_LANGUAGE_UNCERTAIN],
        [],
        [],
        [segments.QUALITY_FLAG_SOURCE_LANGUAGE_UNCERTAIN],
    ]
    assert (made[2].error.reason, made[2].translated_text) == ("LANGUAGE_UNDETERMINED", texts[2])


async def test_a_default_language_decides_where_evidence_is_divided() -> None:
    """Only there; a text that is left undetermined fails by itself, with its reason and in its place."""
    texts = ["Москва", "Ён сказаў, што дождж ідзе ў горадзе.", "42"]
    options = to("en", default_source_language_code="ru")
    async with running() as served:
        alone = await served.translation.TranslateText(pb.TranslateTextRequest(texts=texts[:1], options=options))
        clear = await served.translation.TranslateText(pb.TranslateTextRequest(texts=texts[1:2], options=options))
        left = await served.translation.TranslateText(pb.TranslateTextRequest(texts=["Москва", "42"], options=to("en")))
    (segment,) = alone.translations[0].segments
    assert (segment.source_language_code, segment.status) == ("ru", TRANSLATED)
    assert list(segment.quality_flags) == [segments.QUALITY_FLAG_SOURCE_LANGUAGE_UNCERTAIN]
    assert clear.translations[0].segments[0].source_language_code == "be"
    failed, copied = left.translations
    assert (failed.complete, copied.complete) == (False, True)
    assert (failed.translated_text, failed.segments[0].error.reason) == ("Москва", "LANGUAGE_UNDETERMINED")
