"""HTML and Markdown over the wire: every call, every encoding of offsets."""

import asyncio

import pytest

from talmach.pb import segment_pb2 as segments
from talmach.pb import summarization_pb2 as summarization
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import (
    OFFSET_ENCODING_UTF16,
    TEXT_FIELD_BODY,
    TEXT_FIELD_HEADLINE,
    TEXT_FORMAT_HTML,
    TEXT_FORMAT_MARKDOWN,
    Article,
    OffsetEncoding,
)
from tests.rpc.harness import Running, to
from tests.rpc.test_translation import CODECS, cut

HEADLINE = "Вучоныя знайшлі <em>новае возера</em>"
BODY = (
    "<p>Першымі яго ўбачылі рыбакі з "
    "<a href='https://example.org/?a=1&amp;b=2' title='Пра вёску'>вёскі Слабодка</a>.</p>\n"
    "<p>«Мы не <b>паверылі вачам</b>», — кажа настаўнік 🙂. Глыбіня возера складае <i>12</i>&nbsp;метраў.<br>\n"
    "<img src='a.png' alt='Рыбакі на возеры'></p><pre>код <b>не чапаць</b></pre>\n"
)
PAGE = Article(headline=HEADLINE, body=BODY)


@pytest.mark.parametrize("encoding", CODECS)
async def test_spans_cut_marked_texts_exactly(served: Running, encoding: "OffsetEncoding.ValueType") -> None:
    """In each encoding both spans of every segment cut out its texts, tags included; a stream says the same."""
    options = to("en", "be", offset_encoding=encoding, format=TEXT_FORMAT_HTML, translate_attributes=True)
    reply = await served.translation.TranslateArticle(pb.TranslateArticleRequest(article=PAGE, options=options))
    source = {TEXT_FIELD_HEADLINE: HEADLINE, TEXT_FIELD_BODY: BODY}
    target = {TEXT_FIELD_HEADLINE: reply.translation.headline, TEXT_FIELD_BODY: reply.translation.body}
    assert [each.index for each in reply.translation.segments] == list(range(len(reply.translation.segments)))
    for each in reply.translation.segments:
        of_source, of_target = each.source_span, each.target_span
        assert cut(source[each.field], of_source.start, of_source.end, encoding) == each.source_text
        assert cut(target[each.field], of_target.start, of_target.end, encoding) == each.translated_text
        assert segments.QUALITY_FLAG_MARKUP not in each.quality_flags
    request = pb.StreamTranslateArticleRequest(article=PAGE, options=options)
    streamed = [
        event.segment async for event in served.translation.StreamTranslateArticle(request) if event.HasField("segment")
    ]
    assert streamed == list(reply.translation.segments)


async def test_tags_and_untouched_elements_come_through(served: Running) -> None:
    """What stands between the texts is there again; attributes are left unless they are asked for."""
    request = pb.TranslateTextRequest(texts=[BODY, "<p>5</p>"], options=to("en", "be", format=TEXT_FORMAT_HTML))
    first, second = (await served.translation.TranslateText(request)).translations
    for kept in ("<a href='https://example.org/?a=1&amp;b=2' title='Пра вёску'>", "</a>", "alt='Рыбакі на возеры'",
                 "<pre>код <b>не чапаць</b></pre>", "&nbsp;", "<i>12</i>"):  # fmt: skip
        assert first.translated_text.count(kept) == 1
    assert second.translated_text == "<p>5</p>"
    assert first.source_language_code == "be"


async def test_a_batch_mixes_formats(served: Running) -> None:
    """Each item has its own."""
    texts = {"plain": "Новая школа", "html": "<p>Новая <b>школа</b></p>", "markdown": "# Новая *школа*"}
    formats = {"html": TEXT_FORMAT_HTML, "markdown": TEXT_FORMAT_MARKDOWN}
    requests = [
        pb.BatchTranslateRequest(id=name, text=text, options=to("en", "be", format=formats.get(name, 0)))
        for name, text in texts.items()
    ]
    replies = {
        reply.id: reply.text.translated_text async for reply in served.translation.BatchTranslate(iter(requests))
    }
    assert replies == {"plain": "Skola Novaa", "html": "<p><b>Skola</b> Novaa</p>", "markdown": "# *Skola* Novaa"}


async def test_a_summary_is_chosen_from_what_is_read(served: Running) -> None:
    """Tags and code are no sentences; the chosen ones bring their tags along."""
    body = (
        "<nav><a href='/'>Галоўная</a></nav><p>Горад адкрыў <b>новую школу</b> для тысячы вучняў.</p>"
        "<pre>Гэты код не чытае ніхто ў горадзе.</pre><p>Дзеці пайшлі ў новую школу першага верасня раніцай.</p>"
    )
    request = summarization.SummarizeArticleRequest(
        article=Article(body=body), options=to("", format=TEXT_FORMAT_HTML, offset_encoding=OFFSET_ENCODING_UTF16)
    )
    summary = (await served.summarization.SummarizeArticle(request)).summary
    chosen = [each.segment.source_text for each in summary.sentences]
    assert "Горад адкрыў <b>новую школу</b> для тысячы вучняў." in chosen
    assert not any("код" in text or "Галоўная" in text for text in chosen)


HOSTILE = {
    "<b>": TEXT_FORMAT_HTML, "слова <b>": TEXT_FORMAT_HTML, "<b>слова</b> ": TEXT_FORMAT_HTML,
    "слова<br>": TEXT_FORMAT_HTML, "&nbsp;слова": TEXT_FORMAT_HTML, "<code>слова</code> ": TEXT_FORMAT_HTML,
    "**слова** ": TEXT_FORMAT_MARKDOWN, "[слова](x) ": TEXT_FORMAT_MARKDOWN, "*слова ": TEXT_FORMAT_MARKDOWN,
    "`слова` ": TEXT_FORMAT_MARKDOWN,
}  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
async def test_hostile_marks_do_not_stop_the_others(served: Running, unit: str) -> None:
    """A text of nothing but marks is answered with all of them, and meanwhile others are heard."""
    text = unit * (60_000 // len(unit)) + "слова"
    options = to("en", "be", format=HOSTILE[unit])
    hostile = asyncio.ensure_future(
        served.translation.TranslateText(pb.TranslateTextRequest(texts=[text], options=options))
    )
    heard = 0
    while not hostile.done():
        await served.translation.TranslateText(pb.TranslateTextRequest(texts=["Школа"], options=to("en", "be")))
        heard += 1
    target = (await hostile).translations[0].translated_text
    for mark in unit.replace("слова", " ").split():
        assert target.count(mark) >= text.count(mark)
    assert heard > 3
