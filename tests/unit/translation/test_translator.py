"""Articles through the real queue with an engine that misbehaves: nothing is lost, and every doubt is named."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talmach.contract.offsets import OffsetUnit, SegmentOffsets
from talmach.errors import EngineFailure
from talmach.quality import Flag
from talmach.text.article import Field
from talmach.text.span import Span
from talmach.translation.values import SegmentStatus, TranslationOptions
from talmach.use_cases import ArticleTranslation, Fields
from tests.fakes import NaughtyEngine
from tests.unit.translation.harness import TO_ENGLISH, running

SENTENCES = (
    "Сёння ў Мінску ідзе моцны дождж.",
    "Школа стаіць у цэнтры горада!",
    "«Мы вельмі доўга чакалі гэтага дня», — сказала дырэктар школы.",
    "Дзеці raise ніколі не ездзілі ў суседні горад.",
    "Новы мост loop мае даўжыню восемдзесят метраў…",
    "Гэты сказ mute ніхто не пераклаў.",
    "АДКРЫЛІ НОВУЮ ШКОЛУ Ў ГОРАДЗЕ",
    "Падрабязнасці на https://example.by/a?b=1 і ў @school_by.",
    "The school opened on Friday with a concert.",
    "2024: 10 500, 37 %",
    "🎉🎉",
    "Праз дзень будзе ***",
)
GAPS = (" ", "  ", "\n", "\n\n", "\r\n", "\n\t", "\n • ", "\n— ", "\n1. ", "\u00a0\n", "\n \n\u2003", "\n\n\n")
texts = st.lists(st.tuples(st.sampled_from(GAPS), st.sampled_from(SENTENCES)), max_size=12).map(
    lambda pairs: "".join(gap + sentence for gap, sentence in pairs)
)


def check_nothing_is_lost(article: Fields, translation: ArticleTranslation) -> None:
    """What holds for every translation of every text."""
    segments = translation.segments
    assert [segment.index for segment in segments] == list(range(len(translation.source.article.sentences)))
    assert translation.totals.segment_count == len(segments)
    offsets = SegmentOffsets(translation.source.article, OffsetUnit.UTF32)
    for name, text in article.items():
        own = [segment for segment in segments if segment.field is name]
        target = translation.texts[name]
        assert [segment.source_span.slice(text) for segment in own] == [each.source_text for each in own]
        spans = list(map(offsets.next_target, own))
        assert [span.slice(target) for span in spans] == [each.translated_text for each in own]
        assert gaps(text, [each.source_span for each in own]) == gaps(target, spans)


def gaps(text: str, spans: Sequence[Span]) -> list[str]:
    """What lies around and between spans."""
    ends = [0, *(span.end for span in spans)]
    starts = [*(span.start for span in spans), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


@settings(max_examples=60, deadline=None)
@given(headline=st.sampled_from(["", "АДКРЫЛІ ШКОЛУ І МОСТ", "Адкрылі школу"]), body=texts)
def test_nothing_is_lost(headline: str, body: str) -> None:
    """Any mixture of sentences and white space: gaps come back verbatim and spans cut both texts exactly."""

    async def translate() -> ArticleTranslation:
        async with running(workers=2) as served:
            return await served.translate_article(article, options)

    article = {Field.HEADLINE: headline, Field.LEAD: "", Field.BODY: body}
    options = TranslationOptions("en", source_language="be")
    try:
        translation = asyncio.run(translate())
    except EngineFailure:
        assert "raise" in body
        return
    check_nothing_is_lost(article, translation)
    for segment in translation.segments:
        if segment.status is not SegmentStatus.TRANSLATED:
            assert segment.translated_text == segment.source_text
        if "raise" in segment.source_text:
            assert (segment.status, segment.error) == (SegmentStatus.FAILED, "ENGINE_FAILURE")
        elif "mute" in segment.source_text:
            assert segment.status is SegmentStatus.COPIED
            assert Flag.UNTRANSLATED in segment.flags
        else:
            assert segment.status is not SegmentStatus.FAILED


async def test_an_article_with_all_fields() -> None:
    """Every field is translated by itself; indices count over all of them."""
    article = {
        Field.HEADLINE: "Адкрылі школу",
        Field.LEAD: "У пятніцу адкрылі новую школу.",
        Field.BODY: "Школа новая.\n\nДзеці рады. Мост таксама.",
    }
    async with running() as served:
        translation = await served.translate_article(article, TO_ENGLISH)
    check_nothing_is_lost(article, translation)
    assert [segment.field for segment in translation.segments] == [Field.HEADLINE, Field.LEAD, *[Field.BODY] * 3]
    assert translation.texts[Field.HEADLINE] == "Skolu Adkryli"
    assert translation.texts[Field.BODY].count("\n\n") == 1
    assert translation.totals.model_ids == ("naughty",)
    assert translation.totals.complete


async def test_repeated_sentences_are_decoded_once_and_known_by_position() -> None:
    """Each has its own place, and the model sees the sentence once."""
    text = "Ідзе моцны дождж.\n\nШкола адкрыта сёння.\n\nІдзе моцны дождж.\n\nІдзе моцны дождж."
    async with running() as served:
        translation = await served.translate(text)
    check_nothing_is_lost({Field.TEXT: text}, translation)
    assert sorted(served.engine.decoded) == ["Ідзе моцны дождж.", "Школа адкрыта сёння."]
    assert [segment.paragraph for segment in translation.segments] == [0, 1, 2, 3]
    assert len({segment.source_span.start for segment in translation.segments}) == 4
    assert translation.totals.usage.source_tokens == 4 + 4
    assert translation.totals.usage.target_tokens == 4 + 4


@pytest.mark.parametrize(
    "text", ["42", "10 500,5 %", "https://example.by/навіны", "me@example.by", "🎉", "* * *", "—", "2 + 2 = 4"]
)
async def test_what_has_no_words_is_copied(text: str) -> None:
    """Numbers, links and emoji never see a model, whatever the article's language."""
    async with running() as served:
        segments = (await served.translate(f"Школа адкрыта сёння.\n\n{text}")).segments
    assert (segments[1].translated_text, segments[1].status) == (text, SegmentStatus.COPIED)
    assert segments[1].score is None
    assert served.engine.decoded == ["Школа адкрыта сёння."]


async def test_a_text_without_any_words_needs_no_language() -> None:
    """There is nothing to refuse, and nothing to wait for."""
    async with running() as served:
        translation = await served.translate("42\n\nhttps://example.by")
    assert [segment.status for segment in translation.segments] == [SegmentStatus.COPIED] * 2
    assert translation.totals.model_ids == ()
    assert translation.totals.timings.inference_ms == 0


async def test_an_empty_text_has_no_segments() -> None:
    """White space comes back as it is."""
    async with running() as served:
        translation = await served.translate(" \n\n\t")
    assert translation.segments == ()
    assert translation.texts[Field.TEXT] == " \n\n\t"


async def test_protected_tokens_come_through_whatever_the_engine_does() -> None:
    """The model does not even see them: not the link with an apostrophe, not the address, handle or tag."""
    tokens = ["https://example.by/it's...a", "news@example.by", "@school_by", "#Мінск2024", "t.me/channel"]
    text = "Чытайце «навіны» на {} ці пішыце на {}, а таксама {} і {} на {} заўтра…".format(*tokens)
    async with running() as served:
        segment = await served.segment(text)
    assert [segment.translated_text.count(token) for token in tokens] == [1] * len(tokens)
    assert not any(token in text for token in tokens for text in served.engine.decoded)
    assert segment.status is SegmentStatus.TRANSLATED
    assert Flag.PROTECTED_TOKEN_MISMATCH not in segment.flags
    assert segment.translated_text.startswith(
        f"Na «naviny» Cytajce {tokens[0]} na pisyce ci {tokens[1]}, taksama a {tokens[2]}"
    )


@pytest.mark.parametrize(
    ("text", "parts", "expected"),
    [
        ("The @NASA account works.", ["account works."], "@NASA "),
        ("Read @bbcnews's page.", ["Read", "page."], " @bbcnews "),
        ("Read @bbcnews’s page.", ["Read", "page."], " @bbcnews "),
        ("The #MeToo’s end came.", ["end came."], "#MeToo "),
        ("A (@NASA) photo came.", ["photo came."], "(@NASA) "),
    ],
)
async def test_articles_beside_kept_tokens_are_left_out(text: str, parts: list[str], expected: str) -> None:
    """A lone article or a possessive ending says nothing to a model, and other languages have none."""
    async with running() as served:
        segment = await served.segment(text, TranslationOptions("ru", source_language="en"))
    assert served.engine.decoded == parts
    assert expected in segment.translated_text
    assert "  " not in segment.translated_text
    assert Flag.PROTECTED_TOKEN_MISMATCH not in segment.flags


async def test_capitals_are_recased_for_the_model_and_restored() -> None:
    """The model sees a sentence, the reader capitals, and a link in between stays as it is."""
    async with running() as served:
        segment = await served.segment("АДКРЫЛІ НОВУЮ ШКОЛУ НА example.by У ГОРАДЗЕ")
    assert served.engine.decoded == ["Адкрылі новую школу на", "у горадзе"]
    assert segment.translated_text == "NA SKOLU NOVUU ADKRYLI example.by GORADZE U"


async def test_a_long_sentence_is_split_to_the_window_and_joined() -> None:
    """Every part fits, every word comes through, in the order of the parts."""
    words = [f"слова{number}" for number in range(200)]
    text = " ".join(f"{word}," if number % 9 == 8 else word for number, word in enumerate(words)) + "."
    async with running(NaughtyEngine(max_source_tokens=30)) as served:
        segment = await served.segment(f"Гэта {text}", TranslationOptions("en", source_language="be"))
    sizes = [len(tokens) for batch in served.engine.tokens for tokens in batch]
    assert max(sizes) <= 30
    assert len(sizes) >= 7
    assert sorted(re.findall(r"slova\d+", segment.translated_text.lower())) == sorted(
        word.replace("слова", "slova") for word in words
    )
    assert segment.score == pytest.approx(-0.5)


async def test_markup_is_kept_and_named() -> None:
    """Tags, bars and code come through whole; the flag says that they were taken as plain text."""
    async with running() as served:
        tagged = await served.segment("Школа <b class='x'>адкрыта</b> сёння &nbsp; раніцай.")
        code = (await served.translate("Школа адкрыта сёння.\n```\nx = 1\n\n# дождж\n```\nДзеці рады.")).segments
    assert "<b class='x'>" in tagged.translated_text
    assert "&nbsp;" in tagged.translated_text
    assert Flag.MARKUP in tagged.flags
    assert [segment.status for segment in code] == [
        SegmentStatus.TRANSLATED,
        SegmentStatus.COPIED,
        SegmentStatus.TRANSLATED,
    ]
    assert code[1].flags == {Flag.MARKUP}
    assert code[1].source_text == "```\nx = 1\n\n# дождж\n```"


async def test_boilerplate_is_dropped_only_when_asked() -> None:
    """It is reported in any case; dropped, its segment is empty and its span, too."""
    article = {Field.BODY: "Школа адкрыта сёння.\n\nЧытайце таксама: Мост\n\nДзеці вельмі рады."}
    async with running() as served:
        kept = await served.translate_article(article, TO_ENGLISH)
        dropped = await served.translate_article(article, replace(TO_ENGLISH, remove_boilerplate=True))
    check_nothing_is_lost(article, kept)
    check_nothing_is_lost(article, dropped)
    assert [segment.boilerplate is not None for segment in kept.segments] == [False, True, False]
    assert kept.segments[1].status is SegmentStatus.TRANSLATED
    assert dropped.segments[1].status is SegmentStatus.DROPPED_BOILERPLATE
    assert dropped.segments[1].translated_text == ""


async def test_only_the_wanted_sentences_are_translated() -> None:
    """What a cross-lingual summary needs: some indices, in order, and no work for the others."""
    async with running() as served:
        job = await served.start("Адзін сказ тут.\nДругі сказ тут.\nТрэці сказ тут.", only=frozenset({0, 2}))
        segments = [segment async for segment in job.segments()]
    assert [segment.index for segment in segments] == [0, 2]
    assert sorted(served.engine.decoded) == ["Адзін сказ тут.", "Трэці сказ тут."]


async def test_a_hundred_thousand_characters_come_back_whole() -> None:
    """With the gaps and every sentence."""
    text = "\n\n".join(
        f"Сказ нумар {number} гэтага вельмі доўгага артыкула пра школу і мост." for number in range(1_500)
    )
    article = {Field.TEXT: text[:100_000]}
    async with running(workers=2) as served:
        translation = await served.translate_article(article, TO_ENGLISH)
    check_nothing_is_lost(article, translation)
    assert translation.totals.complete
    assert all(segment.status is SegmentStatus.TRANSLATED for segment in translation.segments)
