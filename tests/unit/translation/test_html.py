"""HTML through the real queue: no tag is lost, doubled or crossed, whatever the engine does to the words."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import justhtml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talmach.batching import BatchingQueue, Decoded
from talmach.contract.offsets import OffsetUnit, SegmentOffsets
from talmach.engine.base import AlignedSentence, DecodeOptions, Direction, Hypothesis
from talmach.errors import ModelNotLoaded
from talmach.quality import Flag
from talmach.text.article import Field
from talmach.text.markup import TextFormat
from talmach.text.markup.html_tokens import TokenKind, tokens
from talmach.translation.values import GlossaryEntry, SegmentStatus, TranslationOptions
from talmach.use_cases import ArticleTranslation
from tests.fakes import NaughtyEngine, swap_script
from tests.unit.markup.test_html_tokens import markup
from tests.unit.translation.harness import phrase, running

HTML = TranslationOptions("en", source_language="be", format=TextFormat.HTML)
WORDS = (
    "горад",
    "новая",
    "школа",
    "дождж",
    "у",
    "Мінску",
    "мост,",
    "рака.",
    "Дзеці",
    "«тэатр»",
    "loop",
    "5",
    "—",
    "mute",
)
INLINE = ("b", "i title='x'", "span class=y", "em")  # not "a", which ends another one
VOID = ("<img src=a>", "<br>", "<!-- c -->", "&nbsp;", "<wbr>", "<code>x y</code>", "<i></i>")


class OrderlyEngine(NaughtyEngine):
    """Keeps the order of the words."""

    def _aligned(self, sentence: AlignedSentence) -> Hypothesis:
        reversed_words = super()._aligned(sentence)
        assert reversed_words.attention is not None
        attention = reversed_words.attention.copy()
        attention[:, 1:] = attention[:, :0:-1]
        return replace(reversed_words, attention=attention)

    def _hypothesis(self, tokens: Sequence[str], options: DecodeOptions) -> Hypothesis:
        target = tokens[0].strip("<2>")
        text = " ".join(swap_script(word, target) for word in tokens[1:])
        return Hypothesis(text, -0.5, len(tokens), truncated=False)


def _inline(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def wrap(tag: str, inner: list[str]) -> str:
        return f"<{tag}>{' '.join(inner)}</{tag.split(maxsplit=1)[0]}>"

    return st.builds(wrap, st.sampled_from(INLINE), st.lists(children, max_size=4))


leaves = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(VOID))
lines = st.lists(st.recursive(leaves, _inline, max_leaves=10), min_size=1, max_size=8).map(" ".join)
blocks = st.builds("<{0}>{1}</{0}>".format, st.sampled_from(("p", "li", "h1", "td", "div")), lines)
pages = st.lists(st.one_of(blocks, blocks, st.just("<pre>не <b>чапаць</b></pre>")), min_size=1, max_size=4).map(
    "\n".join
)


def translated(
    source: str, engine: NaughtyEngine | None = None, options: TranslationOptions = HTML
) -> ArticleTranslation:
    """Translate one text."""

    async def translate() -> ArticleTranslation:
        async with running(engine or NaughtyEngine()) as served:
            return await served.translate(source, options)

    return asyncio.run(translate())


def tags(source: str) -> list[str]:
    """All that is no text, in order."""
    return [
        token.span.slice(source)
        for token in tokens(source)
        if token.kind is not TokenKind.TEXT and not (token.kind is TokenKind.RAW and token.name == "title")
    ]


def elements(node: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every element of a tree."""
    for child in getattr(node, "children", None) or ():
        if isinstance(child, justhtml.Element):
            yield (*path, child.name)
            yield from elements(child, (*path, child.name))


def tree(source: str) -> Counter[tuple[str, ...]]:
    """How often each path of elements occurs."""
    return Counter(elements(justhtml.JustHTML(source, fragment=True, sanitize=False).root))


def check_spans(source: str, translation: ArticleTranslation) -> None:
    """Segments cut source and translation exactly, and what lies between them is the same in both."""
    target = translation.texts[Field.TEXT]
    offsets = SegmentOffsets(translation.source.article, OffsetUnit.UTF32)
    position = target_position = 0
    for segment in translation.segments:
        span = offsets.next_target(segment)
        assert segment.source_span.slice(source) == segment.source_text
        assert span.slice(target) == segment.translated_text
        assert source[position : segment.source_span.start] == target[target_position : span.start]
        position, target_position = segment.source_span.end, span.end
    assert source[position:] == target[target_position:]


@settings(max_examples=150)
@given(pages)
def test_no_tag_is_lost_doubled_or_crossed(source: str) -> None:
    """An engine that turns the order round: every element is there, inside of what it was inside of."""
    translation = translated(source)
    target = translation.texts[Field.TEXT]
    check_spans(source, translation)
    assert Counter(tags(source)) == Counter(tags(target))
    assert tree(source) == tree(target)


@settings(max_examples=150)
@given(pages)
def test_stripped_of_text_the_tags_are_the_same(source: str) -> None:
    """Where the translation has the order of its source, so have the tags."""
    target = translated(source, OrderlyEngine()).texts[Field.TEXT]
    assert tags(source) == tags(target)


@settings(max_examples=150)
@given(markup)
def test_malformed_html_keeps_its_tags(source: str) -> None:
    """Tags without a partner, crossed ones, ends of comments: each is there as often as before."""
    if source.strip():
        translation = translated(source)
        check_spans(source, translation)
        assert Counter(tags(source)) == Counter(tags(translation.texts[Field.TEXT]))


def html_of(source: str, engine: NaughtyEngine | None = None, options: TranslationOptions = HTML) -> str:
    """Translate one text and return the translation alone."""
    return translated(source, engine, options).texts[Field.TEXT]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Новая <b>школа</b> ў горадзе</p>", "<p>Goradze u <b>skola</b> Novaa</p>"),
        ("Новая <b>школа ў</b> горадзе", "Goradze <b>u skola</b> Novaa"),
        ("<a href=1>Новая <i>школа</i></a> <b>тут</b>", "<b>Tut</b> <a href=1><i>skola</i> Novaa</a>"),
        ("Тут (<b>школа</b>)", "(<b>Skola</b>) Tut"),
        ("<b>Адкрылі школу. Мост</b> закрылі", "<b>Skolu. Adkryli Zakryli</b> Most"),
        ("Націсніце <code>x &lt; y</code> зараз", "Nacisnice <code>x &lt; y</code> zaraz"),
        ("Горад<br>рака", "Gorad<br>raka"),
        ("5&nbsp;км дарогі", "darogi km&nbsp;5"),
        ("Школа &amp; сад", "Sad &amp; Skola"),
        ("<pre>школа</pre><script>'школа'</script><style>школа</style>", None),
        ("<textarea>школа</textarea><code>школа</code>", None),
        ("<div translate=no>школа <b>тут</b></div><p class='a NoTranslate'>школа</p>", None),
        ("<svg><text>школа</text></svg><!-- школа --><a title='школа'></a>", None),
        ("<ul><li>Горад<li>Рака</ul>", "<ul><li>Gorad<li>Raka</ul>"),
        (
            "<table><tr><td>Новая школа<td><a href=1>Стары мост</a></table>",
            "<table><tr><td>Skola Novaa<td><a href=1>Most Stary</a></table>",
        ),
    ],
)
def test_where_tags_go(source: str, expected: str | None) -> None:
    """Around the words that they were around; None = nothing is translated."""
    assert html_of(source) == (source if expected is None else expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<b>The</b> @NASA works", "<b></b>@NASA rabota"),
        ("<a href=1>The @NASA</a> works", "<a href=1>@NASA</a> rabota"),
        ("#<b>NASA</b> works", "#<b>NASA</b> rabota"),
        ("<i>@NASA's</i> work", "<i>@NASA</i> rabota"),
    ],
)
def test_no_tag_parts_a_handle_from_its_sign(source: str, expected: str) -> None:
    """Where the article beside it is left out, too; a tag that parts it in the source stays where it is."""
    options = replace(HTML, target_language="ru", source_language="en")
    target = html_of(source, options=options)
    assert re.sub(r" \w+$", "", target) == re.sub(r" \w+$", "", expected)


def test_attributes_are_translated_on_request() -> None:
    """Outside of sentences as segments of their own, inside of one with it; values are escaped for their quotes."""
    source = (
        "<img alt='Новая школа' src='школа'><p>Стары <a title=\"Гэта «мост»\">мост</a> тут</p><input placeholder='Імя'>"
    )
    assert html_of(source) == source.replace("Стары", "Tut").replace(">мост</a> тут", ">most</a> Stary")
    on_request = translated(source, options=replace(HTML, translate_attributes=True))
    check_spans(source, on_request)
    assert on_request.texts[Field.TEXT] == (
        "<img alt='Skola Novaa' src='школа'><p>Tut <a title=\"«Most» Geta\">most</a> Stary</p><input placeholder='Ima'>"
    )
    assert [segment.source_text for segment in on_request.segments][::2] == ["Новая школа", "Імя"]


def test_boilerplate_that_is_left_out_leaves_its_tags() -> None:
    """The line is gone, its link is not broken."""
    source = "<p>Адкрылі новую школу ў горадзе.</p><p>Чытайце таксама: <a href=x>Навіны</a></p>"
    translation = translated(source, options=replace(HTML, remove_boilerplate=True))
    assert translation.texts[Field.TEXT].endswith("<p><a href=x></a></p>")
    assert translation.segments[-1].status is SegmentStatus.DROPPED_BOILERPLATE
    check_spans(source, translation)


def test_glossary_and_links_work_with_tags() -> None:
    """Terms are put in, phrases and links are kept, and the tags know where they went."""
    options = replace(HTML, glossary=(GlossaryEntry("школа", "high school"), phrase("БелТА")))
    target = html_of("Новая <b>школа</b> на <i>https://example.by</i> і <u>БелТА</u>", options=options)
    assert re.search(r"<b>[^<]*(?:high|school)[^<]*</b>", target)
    assert "<i>https://example.by</i>" in target
    assert "<u>БелТА</u>" in target


def test_second_tries_and_long_sentences_keep_their_tags() -> None:
    """A loop is decoded again, a sentence beyond the window in parts, and each part is aligned by itself."""
    assert re.search(r"<b>[^<]*loop[^<]*</b>", html_of("Новая школа <b>loop</b> у горадзе Мінску"))
    words = " ".join(f"слова{number}" for number in range(150))
    target = html_of(f"Пачатак {words}, <b>сярэдзіна</b> {words} канец")
    assert "<b>sjaredzina</b>" in target or "<b>sjarèdzina</b>" in target or re.search(r"<b>\w+</b>", target)


def test_what_is_written_as_html_has_no_markup_flag() -> None:
    """Plain text with tags is flagged, HTML is not; what only looks like a tag there is text."""
    source = "Новая &lt;b&gt; школа <b>тут</b>"
    (segment,) = translated(source).segments
    assert Flag.MARKUP not in segment.flags
    assert "&lt;b&gt;" in segment.translated_text
    (plain,) = translated(source, options=replace(HTML, format=TextFormat.TEXT)).segments
    assert Flag.MARKUP in plain.flags


def test_only_sentences_with_tags_are_aligned() -> None:
    """Sentences without marks ask the engine for nothing more."""
    engine = NaughtyEngine()
    html_of("<p>Новая школа.</p><p><b>Стары мост.</b></p><p>Рака &amp; сад.</p>", engine)
    assert engine.aligned == []
    html_of("<p>Новая <b>школа</b>.</p>", engine)
    assert engine.aligned == ["Новая школа.", "skola. Novaa"], "both ways"


async def test_tags_are_placed_without_a_model_that_is_not_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look back it would have to make another leave; nor does the call fail when it left meanwhile."""
    there, back = (
        NaughtyEngine(model_id=f"{source}-{target}", directions=frozenset({Direction(source, target)}))
        for source, target in (("be", "en"), ("en", "be"))
    )
    monkeypatch.setattr(BatchingQueue, "is_loaded", property(lambda queue: queue.engine is there))
    async with running(there, back) as served:
        assert (await served.segment("<p>Новая <b>школа</b>.</p>", HTML)).status is SegmentStatus.TRANSLATED
        assert (len(there.aligned), back.aligned) == (1, [])

        def refuse(*_: object, **__: object) -> "asyncio.Future[Decoded]":
            future: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
            future.set_exception(ModelNotLoaded("be-en", retry_after_s=30.0))
            return future

        monkeypatch.setattr(served.queue, "resubmit", refuse)
        assert (await served.segment("<p>Новы <b>мост</b>.</p>", HTML)).status is SegmentStatus.TRANSLATED
        assert len(there.aligned) == 1


DATA = Path(__file__).parents[2] / "data" / "formats"


@pytest.mark.parametrize("engine", [NaughtyEngine, OrderlyEngine])
def test_a_page_comes_through(engine: type[NaughtyEngine]) -> None:
    """A page as sites have it, with lists, a table, a form, code and tags out of place: only its words change."""
    source = (DATA / "page.html").read_text(encoding="utf-8")
    translation = translated(source, engine(), replace(HTML, translate_attributes=True))
    check_spans(source, translation)
    target = translation.texts[Field.TEXT]
    names = [[tag.partition(" ")[0] for tag in tags(text)] for text in (source, target)]
    assert Counter(names[0]) == Counter(names[1])
    for kept in (
        '<script>var text = "<p>школа</p>"; if (1 < 2 && 3 > 2) { document.write("<b>горад</b>") }</script>',
        '<style>p > b { content: "школа" }</style>',
        "<!-- пачатак <b>старонкі</b> -->",
        '<span class="notranslate">«Наша газета»</span>',
        "<pre>  код\n  <b>не чапаць</b></pre>",
        "<textarea>не чапаць</textarea>",
        '<p translate="no">Гэта не перакладаць <b>зусім</b>.</p>',
        "<code>school --help</code>",
        "&mdash;",
        "&copy;",
        '"/a?b=1&amp;c=2"',
    ):
        assert target.count(kept) == source.count(kept) == 1, kept
    untouched = re.compile(r"<(script|style|pre|textarea|p translate)\b.*?</\1|<!--.*?-->|«Наша газета»", re.DOTALL)
    words_left = untouched.sub("", target)
    assert not re.search("Навіны|Дырэктар|Расклад|Ваша імя|Адправіць|Апошнія|Новая школа", words_left)


def test_an_atom_that_is_a_word_elsewhere_stays_itself() -> None:
    """A variable named like an article: it is kept from the model when the translation has more of them."""

    class Article(NaughtyEngine):
        def _hypothesis(self, tokens: Sequence[str], options: DecodeOptions) -> Hypothesis:
            return replace(super()._hypothesis(tokens, options), text="a " + super()._hypothesis(tokens, options).text)

    target = html_of("Зменная <code>a</code> тут <b>новая</b>", Article())
    assert target.startswith("A Zmennaa <code>a</code> ")
    assert re.sub("<[^>]+>", "", target) == "A Zmennaa a a novaa tut"


def test_atoms_that_touch_words_or_each_other_stay_themselves() -> None:
    """No blank parts them from their neighbours, so that they are no words by themselves."""
    target = html_of("Націсніце <code>x</code><code>x</code>, <code>x</code>ам <b>зараз</b>")
    assert target.count("<code>x</code>") == 3
    assert re.sub("<[^>]+>", "", target).count("x") == 3
