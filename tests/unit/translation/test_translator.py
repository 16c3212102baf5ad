"""Articles through the real queue with an engine that misbehaves: nothing is lost, and every doubt is named."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talmach.contract.offsets import OffsetUnit, SegmentOffsets
from talmach.engine.base import DecodeOptions, Direction
from talmach.errors import EngineFailure, InvalidRequest, ModelNotFound, QueueFull
from talmach.metrics import Metrics
from talmach.quality import Flag
from talmach.text.article import Field
from talmach.text.span import Span
from talmach.translation.decoding import strict
from talmach.translation.translator import Translator
from talmach.translation.values import SegmentStatus, TranslationOptions
from talmach.use_cases import ArticleTranslation, Fields
from tests.fakes import ALL_DIRECTIONS, LOOP, NaughtyEngine, until
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
    assert translation.texts[Field.HEADLINE] == "skolu Adkryli"
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
        f"na «naviny» Cytajce {tokens[0]} na pisyce ci {tokens[1]}, taksama a {tokens[2]}"
    )


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
    assert sorted(re.findall(r"slova\d+", segment.translated_text)) == sorted(
        word.replace("слова", "slova") for word in words
    )
    assert segment.score == pytest.approx(-0.5)


async def test_each_sentence_is_translated_from_its_own_language() -> None:
    """A Russian sentence in a Belarusian article goes the Russian way, an English one is copied."""
    belarusian, russian, english = (
        "Дзеці вельмі доўга чакалі гэтага дня ў школе.",
        "Губернатор сообщил, что новый мост откроется в субботу.",
        "The school opened on Friday with a concert.",
    )
    engines = [
        NaughtyEngine(model_id=f"{source}-model", directions=frozenset({Direction(source, "en")}))
        for source in ("be", "ru")
    ]
    async with running(*engines) as served:
        translation = await served.translate(f"{belarusian} {russian} {english} {belarusian}")
    assert [segment.source_language for segment in translation.segments] == ["be", "ru", "en", "be"]
    assert [segment.status for segment in translation.segments][2] is SegmentStatus.COPIED
    assert [engine.decoded for engine in engines] == [[belarusian], [russian]]
    assert translation.totals.model_ids == ("be-model", "ru-model")
    assert not any(segment.flags for segment in translation.segments)


async def test_a_language_without_a_model_is_taken_for_the_articles_own() -> None:
    """With a Belarusian model only, the Russian sentence is translated as if it were Belarusian, and flagged."""
    engine = NaughtyEngine(directions=frozenset({Direction("be", "en")}))
    text = "Дзеці вельмі доўга чакалі гэтага дня. Яны ўсе прыйшлі. Губернатор сообщил, что мост откроется. У іх свята."
    async with running(engine) as served:
        segments = (await served.translate(text)).segments
    assert [segment.source_language for segment in segments] == ["be"] * 4
    assert [Flag.SOURCE_LANGUAGE_MISMATCH in segment.flags for segment in segments] == [False, False, True, False]


async def test_a_named_language_is_believed_and_doubted() -> None:
    """The sentence goes the way that was named; that it looks like another language is flagged."""
    async with running() as served:
        segment = await served.segment(
            "Губернатор сообщил, что новый мост откроется.", TranslationOptions("en", source_language="be")
        )
    assert segment.source_language == "be"
    assert segment.flags == {Flag.SOURCE_LANGUAGE_MISMATCH}
    assert segment.status is SegmentStatus.TRANSLATED


async def test_a_sentence_in_the_target_language_is_copied() -> None:
    """Its status says that it is no translation."""
    async with running() as served:
        segments = (await served.translate("Школа адкрыта сёння ў горадзе. The school is open today.")).segments
    assert [segment.status for segment in segments] == [SegmentStatus.TRANSLATED, SegmentStatus.COPIED]
    assert segments[1].source_language == "en"


async def test_an_undetermined_language_is_refused() -> None:
    """Words of no known language are no reason to guess; the candidates are named."""
    async with running() as served:
        with pytest.raises(InvalidRequest) as caught:
            await served.translate("Qwrt zxcv")
        assert caught.value.reason == "LANGUAGE_UNDETERMINED"
        assert "candidates" in caught.value.metadata
        assert (
            await served.segment("Qwrt zxcv", TranslationOptions("en", source_language="ru"))
        ).source_language == "ru"
    assert served.metrics.registry.get_sample_value("talmach_queue_sentences") == 0


async def test_a_text_of_two_languages_is_called_by_the_larger() -> None:
    """Where the whole is too mixed to say, its sentences say it."""
    text = "Дети идут в школу. Они поют. " + "Дзеці ідуць у школу. Яны спяваюць разам. Усё добра."
    async with running() as served:
        job = await served.start(text)
        segments = [segment async for segment in job.segments()]
    assert job.source.language == "be"
    assert {segment.source_language for segment in segments} == {"ru", "be"}


async def test_an_unsupported_pair_is_refused() -> None:
    """The pairs that there are, are named."""
    async with running(NaughtyEngine(directions=frozenset({Direction("be", "en")}))) as served:
        with pytest.raises(InvalidRequest) as caught:
            await served.translate("Школа адкрыта сёння ў горадзе.", TranslationOptions("ru"))
    assert (caught.value.reason, caught.value.metadata["pairs"]) == ("UNSUPPORTED_LANGUAGE_PAIR", "be-en")


async def test_models_are_chosen_by_name() -> None:
    """The first model is the default; another one is taken when it is named; an unknown one is refused."""
    first, second = NaughtyEngine(), NaughtyEngine(model_id="second")
    async with running(first, second) as served:
        assert served.translator.default_model(Direction("be", "en")) == "naughty"
        assert served.translator.directions == ALL_DIRECTIONS
        await served.translate("Школа адкрыта сёння.")
        named = await served.translate(
            "Школа адкрыта сёння.", replace(TO_ENGLISH, source_language="be", model="second")
        )
        with pytest.raises(ModelNotFound, match="naughty, second"):
            await served.translate("Школа адкрыта сёння.", replace(TO_ENGLISH, model="third"))
    assert (len(first.batches), len(second.batches)) == (1, 1)
    assert named.totals.model_ids == ("second",)


async def test_a_loop_is_decoded_again_and_the_better_one_kept() -> None:
    """Greedy decoding loops, the strict one does not."""
    async with running() as served:
        segment = await served.segment("Гэты сказ loop паўтараецца.")
    assert served.engine.options == [DecodeOptions(), strict(DecodeOptions(), "en")]
    assert segment.translated_text == "pautaraecca. loop skaz Gety"
    assert segment.flags == frozenset()


async def test_each_direction_is_searched_as_its_model_wants() -> None:
    """What the models say holds in one text of two languages, and a beam that is asked for is no more than a beam."""
    from_belarusian, from_russian = (
        NaughtyEngine(model_id=model_id, directions=frozenset({Direction(source, "en")}), decoding=decoding)
        for model_id, source, decoding in (
            ("one", "be", DecodeOptions(beam_size=3, length_penalty=0.6)),
            ("two", "ru", DecodeOptions(beam_size=2, repetition_penalty=1.1)),
        )
    )
    async with running(from_belarusian, from_russian) as served:
        for beam_size in (None, 5):
            await served.translate(
                "Ён чытаў гэтую цікавую кнігу ўчора. Они уже закрыли этот мост.",
                TranslationOptions("en", beam_size=beam_size),
            )
    assert from_belarusian.options == [DecodeOptions(beam_size=size, length_penalty=0.6) for size in (3, 5)]
    assert from_russian.options == [DecodeOptions(beam_size=size, repetition_penalty=1.1) for size in (2, 5)]


@pytest.mark.parametrize(
    ("own", "setting", "is_flagged"), [(None, None, False), (-0.4, None, True), (-0.6, -0.4, True), (-0.4, -0.6, False)]
)
async def test_a_model_says_which_scores_are_doubtful(
    own: float | None, setting: float | None, is_flagged: bool
) -> None:
    """The engine's -0.5 is, where the model or, before it, the setting says so."""
    engine = NaughtyEngine()
    if own is not None:
        engine.low_confidence[Direction("be", "en")] = own
    async with running(engine) as served:
        translator = Translator({"naughty": served.queue}, low_confidence_score=setting, metrics=Metrics())
        segment = await replace(served, translator=translator).segment("Горад адкрыў школу.")
    assert (Flag.LOW_CONFIDENCE in segment.flags) == is_flagged


async def test_a_second_try_is_never_narrower_than_the_first() -> None:
    """It keeps what the model wants, and adds to it."""
    async with running(NaughtyEngine(decoding=DecodeOptions(beam_size=8, length_penalty=0.6))) as served:
        await served.segment("Гэты сказ stuck паўтараецца.")
    _, second = served.engine.options
    assert (second.beam_size, second.length_penalty, second.repetition_penalty) == (8, 0.6, 1.2)


async def test_a_loop_that_stays_is_still_flagged() -> None:
    """The second decode is the last one."""
    async with running() as served:
        segment = await served.segment("Гэты сказ stuck паўтараецца.")
    assert len(served.engine.batches) == 2
    assert segment.status is SegmentStatus.TRANSLATED
    assert Flag.REPETITION in segment.flags
    assert segment.translated_text == LOOP


async def test_a_truncated_sentence_is_flagged() -> None:
    """A cut is never silent."""
    async with running() as served:
        assert Flag.TRUNCATED in (await served.segment("Гэты сказ cut скончыўся рана.")).flags


async def test_a_failed_second_decode_takes_nothing_away() -> None:
    """The first result stands, with its flags."""
    engine = NaughtyEngine()
    async with running(engine) as served:
        translate = engine.translate

        def fail_when_strict(batch: object, options: DecodeOptions) -> object:
            if options == strict(DecodeOptions(), "en"):
                raise EngineFailure
            return translate(batch, options)  # type: ignore[arg-type]

        engine.translate = fail_when_strict  # type: ignore[method-assign, assignment]
        segment = await served.segment("Гэты сказ loop паўтараецца.")
    assert (segment.status, segment.translated_text) == (SegmentStatus.TRANSLATED, LOOP)
    assert Flag.REPETITION in segment.flags


async def test_second_decodes_need_no_room_in_a_full_queue() -> None:
    """An accepted article is not broken off because the queue has filled up since."""
    engine = NaughtyEngine()
    async with running(engine, max_queue_tokens=60) as served:
        engine.gate.clear()
        first = await served.start("Гэты сказ loop паўтараецца.")
        await until(engine.began.is_set)
        full = "\n".join(f"Сказ нумар {number} мае некалькі слоў." for number in range(10))
        other = await served.start(full)
        with pytest.raises(QueueFull):
            await served.start(full)
        engine.gate.set()
        (segment,) = [segment async for segment in first.segments()]
        other.cancel()
    assert segment.translated_text == "pautaraecca. loop skaz Gety"


async def test_one_bad_sentence_fails_alone() -> None:
    """Its batch fails with all its neighbours, but only its own source stands in its place, and says so."""
    sentences = [f"Сказ нумар {number} зусім добры." for number in range(20)]
    sentences[7] = "Сказ raise нумар сем дрэнны."
    async with running() as served:
        translation = await served.translate("\n".join(sentences))
    statuses = [segment.status for segment in translation.segments]
    assert statuses[7] is SegmentStatus.FAILED
    assert statuses.count(SegmentStatus.TRANSLATED) == 19
    assert translation.segments[7].translated_text == sentences[7]
    assert translation.segments[7].error == "ENGINE_FAILURE"
    assert not translation.totals.complete
    assert served.metrics.registry.get_sample_value("talmach_segments_total", {"status": "FAILED"}) == 1


async def test_when_all_fail_the_call_fails() -> None:
    """Copied segments are no success of the engine."""
    async with running() as served:
        with pytest.raises(EngineFailure):
            await served.translate("Сказ raise адзін.\n\n42\n\nСказ raise два.")


async def test_nothing_is_not_a_translation() -> None:
    """A sentence that the model answers with nothing, twice, is copied, says so, and is no fault of the server."""
    async with running() as served:
        segments = (await served.translate("Гэты сказ mute знік. Школа адкрыта сёння.")).segments
    assert (segments[0].status, segments[0].translated_text) == (SegmentStatus.COPIED, "Гэты сказ mute знік.")
    assert Flag.UNTRANSLATED in segments[0].flags
    assert segments[1].status is SegmentStatus.TRANSLATED


async def test_a_word_that_vanishes_between_kept_tokens() -> None:
    """It is tried with the tokens in sight; when nothing comes of that either, it stands as it is and is flagged."""
    async with running() as served:
        segment = await served.segment("Пішыце mute на me@example.by mute або @school_by.")
        word = await served.segment("Гэты mute тут.")
    assert "mute" in segment.translated_text
    assert "me@example.by" in segment.translated_text
    assert Flag.UNTRANSLATED in segment.flags
    assert any("me@example.by" in text and "@school_by" in text for text in served.engine.decoded)
    assert (word.status, Flag.UNTRANSLATED in word.flags) == (SegmentStatus.COPIED, True)


async def test_what_the_model_leaves_unchanged_is_copied() -> None:
    """A translation that is the source is none, whoever made it."""
    async with running() as served:
        segment = await served.segment("Minsk", TranslationOptions("en", source_language="ru"))
    assert (segment.status, segment.translated_text) == (SegmentStatus.COPIED, "Minsk")


async def test_another_language_is_copied_and_says_so() -> None:
    """Ukrainian inside a Russian text is not translated as if it were Russian."""
    text = "Губернатор сообщил, что мост открыли. Новий міст через річку відкрили сьогодні вранці. Дети рады мосту."
    async with running() as served:
        segments = (await served.translate(text)).segments
    assert [segment.status for segment in segments] == [
        SegmentStatus.TRANSLATED,
        SegmentStatus.COPIED,
        SegmentStatus.TRANSLATED,
    ]
    assert segments[1].flags == {Flag.SOURCE_LANGUAGE_MISMATCH}


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
