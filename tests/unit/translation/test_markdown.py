"""Markdown through the real queue: the same structure comes out, whatever the engine does to the words."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from talmach.text.article import Field
from talmach.text.document import Document
from talmach.text.markup import TextFormat
from talmach.translation.values import TranslationOptions
from talmach.use_cases import ArticleTranslation
from tests.fakes import NaughtyEngine
from tests.unit.translation.test_html import DATA, WORDS, OrderlyEngine, check_spans, translated

MARKDOWN = TranslationOptions("en", source_language="be", format=TextFormat.MARKDOWN)
_SILENT = ("text", "softbreak", "inline")
MARKDOWN_WORDS = [*(word for word in WORDS if word != "mute"), "a_b_c", "2*3", "\\*", "[1]", "&", "<", "![](a.png)"]
MARKS = (
    "**{}**",
    "*{}*",
    "_{}_",
    "~~{}~~",
    "[{}](http://x.y)",
    '[{}](<a b> "t")',
    "`{}`",
    "<b>{}</b>",
    "***{}***",
    "<code>{}</code>",
)
phrases = st.lists(st.sampled_from(MARKDOWN_WORDS), min_size=1, max_size=3).map(" ".join)
runs = st.one_of(phrases, st.builds(str.format, st.sampled_from(MARKS), phrases))
nested = st.one_of(
    runs, st.builds(str.format, st.sampled_from(MARKS), st.lists(runs, min_size=1, max_size=2).map(" ".join))
)
lines = st.lists(nested, min_size=1, max_size=4).map(" ".join)
BLOCKS = (
    "{}",
    "# {}",
    "- {}",
    "1. {}",
    "> {}",
    "{}  \n{}",
    "{}\n{}",
    "| {} | {} |\n|---|:-:|\n| {} | x |",
    "{}\n===",
    "  * {}\n  * {}",
)
blocks = st.builds(lambda form, line: form.replace("{}", line), st.sampled_from(BLOCKS), lines)
kept = st.sampled_from(
    ("```py\nкод *x*\n```", "    код", "---", "<div>горад *x*</div>", "[a]: http://x.y 'горад'", "![горад](a.png)")
)
titles = st.lists(
    st.sampled_from(
        ["горад", "школа", '\\"', "\\'", "'", "\\\\", "\\", "\\]", "[1]", "&amp;lt;", "&quot;", "R&D", "*", "`a`"]
    ),
    max_size=5,
).map(" ".join)
documents = st.lists(st.one_of(blocks, blocks, kept), min_size=1, max_size=4).map("\n\n".join)


def structure(source: str) -> Counter[tuple[str, ...]]:
    """How often which mark stands within which others, as a parser of its own sees the whole text."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found: Counter[tuple[str, ...]] = Counter()
    path: list[str] = []
    for token in parser.parse(source):
        for each in (token, *(token.children or ())):
            if each.nesting < 0:
                path.pop()
            elif each.type not in _SILENT:
                text = each.content if each.type in ("fence", "code_block", "html_block", "code_inline") else ""
                found[*path, each.type, text, str(each.attrs.get("href", ""))] += 1
                if each.nesting > 0:
                    path.append(each.type)
    return found


def markdown_of(source: str, options: TranslationOptions = MARKDOWN) -> str:
    """Translate one text with an engine that reverses words, and return the translation alone."""
    return translated(source, options=options).texts[Field.TEXT]


def check(source: str, translation: ArticleTranslation) -> None:
    """What holds for every translation."""
    check_spans(source, translation)
    assert structure(translation.texts[Field.TEXT]) == structure(source)


@settings(max_examples=80)
@given(documents)
def test_the_structure_comes_through(source: str) -> None:
    """Blocks, code and links are what they were, emphasis is within what it was within."""
    check(source, translated(source, options=MARKDOWN))


@settings(max_examples=40)
@given(documents)
def test_the_structure_comes_through_in_order(source: str) -> None:
    """The same with an engine that keeps the order of words."""
    check(source, translated(source, OrderlyEngine(), MARKDOWN))


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from([*"*_`[]()!<>#|~\\-+:\n\t &", "горад", "a", "1.", "---", "```", "  \n", "| a |\n|-|\n"]),
        max_size=30,
    ).map("".join)
)
def test_every_text_is_cut_without_loss(source: str) -> None:
    """Whatever is written, the pieces together are the text, and sentences do not overlap."""
    document = Document.of_markup(source, None, TextFormat.MARKDOWN, translate_attributes=True)
    assert "".join(piece.text for piece in document.pieces) == source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Новая **школа** ў *горадзе*", "*Goradze* u **skola** Novaa"),
        ("Новая [школа ў горадзе](http://x)", "[Goradze u skola](http://x) Novaa"),
        ("Націсніце `Esc` зараз", "Zaraz `Esc` Nacisnice"),
        ("# Новая школа #\n\nСтары мост\n===", "# Skola Novaa #\n\nMost Stary\n==="),
        ("- Новая школа\n- [x] Стары мост", "- Skola Novaa\n- [x] Most Stary"),
        ("> Новая\n> школа", "> Skola Novaa"),
        ("Новая школа  \nСтары мост", "Skola Novaa  \nMost Stary"),
        ("| Стары \\| мост | b |\n|--|:-:|\n|  | **рака** |", "| Stary \\| most | b |\n|--|:-:|\n|  | **raka** |"),
        ("---\nназва: школа\n---\n\nНовая школа", "---\nназва: школа\n---\n\nSkola Novaa"),
        ('```\nшкола\n```\n\n    школа\n\n<div>школа</div>\n\n[a]: http://x "школа"', None),
        ("Школа ![](a.png) тут", "![](a.png) Tut Skola"),
        ("**Школа ![](a.png)\nтут** рака", "Raka **![](a.png) tut Skola**"),
        ("Школа[^1] тут\n\n[^1]: Новая школа", "Tut Skola[^1]\n\n[^1]: Skola Novaa"),
        ("Школа \\у горадзе", "Goradze \\u Skola"),
        ("Школа &amp; сад \\* рака", "Raka \\* sad &amp; Skola"),
        ("Школа <code>горад *x* &lt;</code> тут", "Skola <code>горад *x* &lt;</code> tut"),
        ("*Школа <b translate=no>горад <b>рака</b></b> тут*", "*Skola <b translate=no>горад <b>рака</b></b> tut*"),
        ("Школа <i class='a notranslate'>горад\nрака</i> тут", "Skola <i class='a notranslate'>горад\nрака</i> tut"),
        ("> Школа <kbd translate=no>горад\n> рака</kbd>", "> Skola <kbd translate=no>горад\n> рака</kbd>"),
        ("Школа <svg><text>горад</text></svg> тут", "<svg><text>горад</text></svg> Tut Skola"),
        ("Школа <code>горад", "<code>Gorad Skola"),
        ("Школа <img translate=no> тут", "<img translate=no> Tut Skola"),
        ("Школа &amp;copy; і R&D", "Skola &amp;copy; R&D i"),
        ("Школа &amp;lt;b&amp;gt; і &mdash; R&D", "Skola &amp;lt;b&amp;gt; R&D &mdash; i"),
        ("Школа \\&copy; і R&D", "Skola &amp;copy; R&D i"),
        ("\r\nНовая школа\r\n\r\nСтары мост\r\n", "\r\nSkola Novaa\r\n\r\nMost Stary\r\n"),
        ("школа -", "\\- skola"),
        ("школа горад >рака", "\\>raka gorad skola"),
        ("> сказ # сказ # Гэты  \n> новы", "> novy Gety  \n> \\# skaz # skaz"),
        ("==== школа горад -", "\\- gorad skola ===="),
        ("школа горад ~~~рака", "\\~~~raka gorad skola"),
        ("~~школа ~~горад~~~~", None),
        ("~~школа ~горад~~", "~~\\~gorad skola~~"),
    ],
)  # fmt: skip
def test_where_marks_go(source: str, expected: str | None) -> None:
    """Around the words that they were around; None = nothing is translated."""
    assert markdown_of(source) == (source if expected is None else expected)


def test_texts_of_pictures_are_translated_on_request() -> None:
    """Texts of pictures and titles of links."""
    source = '![Новая школа](a.png)\n\nСтары [мост](x "Наша рака") тут'
    assert markdown_of(source) == '![Новая школа](a.png)\n\nTut [most](x "Наша рака") Stary'
    options = replace(MARKDOWN, translate_attributes=True)
    assert markdown_of(source, options) == '![Skola Novaa](a.png)\n\nTut [most](x "Raka Nasa") Stary'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r'![Школа](a.png "Рака \"мост\" тут")', r'![Skola](a.png "Tut \"most\" Raka")'),
        (r"![Школа](a.png 'Рака \'мост\' тут')", r"![Skola](a.png 'Tut \'most\' Raka')"),
        (r'[школа](http://a "Рака \"мост\"") тут новая', r'novaa tut [skola](http://a "\"Most\" Raka")'),
        (r"![Школа \\ рака](a.png)", r"![Raka \\ Skola](a.png)"),
        (r"![C:\\ Школа](a.png)", r"![Skola C:\\](a.png)"),
        (r"![\ Школа](a.png)", r"![Skola \\](a.png)"),
        ("![Школа [1] тут](a.png)", r"![Tut \[1\] Skola](a.png)"),
        ('![Школа](a.png "R&D &amp;copy; рака&nbsp;тут")', '![Skola](a.png "R&D &amp;copy; tut&nbsp;raka")'),
        ("![Новая школа][x]\n\n[x]: a.png", "![Skola Novaa][x]\n\n[x]: a.png"),
        ("![Школа]\n\n![Рака][]\n\n[школа]: a.png\n[рака]: b.png", None),
        ('> [школа](http://a "Новая\n> рака") тут', '> tut [skola](http://a "Raka Novaa")'),
        ('| a |\n|---|\n| ![Школа](a "Рака \\| мост") |', '| a |\n|---|\n| ![Skola](a "Raka \\| most") |'),
    ],
)
def test_texts_of_pictures_and_titles_end_where_they_ended(source: str, expected: str | None) -> None:
    """Quotes, brackets and backslashes in them are escaped; what a definition refers to (None) is left alone."""
    translation = translated(source, options=replace(MARKDOWN, translate_attributes=True))
    check(source, translation)
    assert translation.texts[Field.TEXT] == (source if expected is None else expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (":::note Увага\nНовая школа\nтут\n:::", ":::note Увага\nTut skola Novaa\n:::"),
        (
            '!!! note "Увага"\n    Новая *школа*\n    тут\n\nрака мост',
            '!!! note "Увага"\n    Tut *skola* Novaa\n\nmost raka',
        ),
        ("??? tip\n    Новая школа", "??? tip\n    Skola Novaa"),
        ("Новая школа\n$$\nx = горад\n$$\nрака мост", "Skola Novaa\n$$\nx = горад\n$$\nmost raka"),
        ("> :::\n> Новая школа\n> :::\n> рака мост", "> :::\n> Skola Novaa\n> :::\n> most raka"),
        ("Новая школа\n$$\nрака мост", "Skola Novaa\n$$\nmost raka"),
        ("!!! Увага\nрака", "raka Uvaga !!!"),
    ],
)
def test_lines_of_extensions_stay_lines(source: str, expected: str) -> None:
    """Boxes, notes and formulas: CommonMark takes them for text, whose lines would be joined."""
    assert markdown_of(source) == expected


@settings(max_examples=80)
@given(titles, titles)
def test_any_text_of_a_picture_and_any_title_keep_the_structure(text: str, title: str) -> None:
    """Whatever signs are in them, and wherever the translation puts those."""
    source = f'рака ![{text}](a.png "{title}") мост [{text}](b "{title}") тут'
    check(source, translated(source, options=replace(MARKDOWN, translate_attributes=True)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("---\nназва: школа\n---\nСтары мост", "---\nназва: школа\n---\nMost Stary"),
        ("---\r\nназва: школа\r\n---\r\nСтары мост", "---\r\nназва: школа\r\n---\r\nMost Stary"),
        ('---\n# школа\n\n"новы мост": рака\n\nтэгі:\n- горад\n---\n', None),
        ("+++\nназва = 'школа'\n\n[горад]\na = 1\n+++\nрака", "+++\nназва = 'школа'\n\n[горад]\na = 1\n+++\nraka"),
        ("+++\n[тэгі]\nгорад = 1\n+++\n", None),
        ("школа\n\n---\n\nназва: мост\n\n---\n", "skola\n\n---\n\nmost nazva:\n\n---\n"),
        ("---\n\nНовая школа\n\n---\n\nСтары мост", "---\n\nSkola Novaa\n\n---\n\nMost Stary"),
        ("---\nНовая школа\n\n---\n\nСтары мост", "---\nSkola Novaa\n\n---\n\nMost Stary"),
        ("---\n# Новая школа\n\nСтары мост\n\n---\n", "---\n# Skola Novaa\n\nMost Stary\n\n---\n"),
        ("+++\n\nНовая школа\n\n+++\n", "+++\n\nSkola Novaa\n\n+++\n"),
    ],
)
def test_front_matter_has_its_place_and_its_shape(source: str, expected: str | None) -> None:
    """It begins the text, and its first line is a key: what stands between two rules is text. None = all is kept."""
    assert markdown_of(source) == (source if expected is None else expected)


@pytest.mark.parametrize("engine", [NaughtyEngine, OrderlyEngine])
def test_an_article_comes_through(engine: type[NaughtyEngine]) -> None:
    """An article as blogs have it: front matter, table, lists with code, quotation, links, footnote."""
    source = (DATA / "article.md").read_text(encoding="utf-8")
    translation = translated(source, engine(), MARKDOWN)
    check(source, translation)
    target = translation.texts[Field.TEXT]
    for kept in (
        "---\ntitle: Горад адкрыў школу\ntags: [навіны, школа]\n---\n",
        '   ```sh\n   echo "школа"   # не чапаць\n   ```\n',
        "    школа у кодзе\n",
        '<div class="note">школа</div>',
        '[school]: https://example.org "Школа"\n',
        "|------------|:--------------------------:|---------:|\n",
        '](https://example.org/a_b "Пра школу")',
        "<school@example.org>",
        "`F1`",
        "- [x] ",
        "- [ ] ",
        "\n[^1]: ",
        "[school]",
    ):
        assert target.count(kept) == source.count(kept) >= 1, kept
    assert not re.search("Дырэктар|будавалі|Панядзелак|падручнікі|Музей|Заўвага", target)


def test_tags_in_a_line_find_their_words() -> None:
    """As in HTML, of which they are a part."""
    assert markdown_of("Новая <b>школа</b> тут") == "Tut <b>skola</b> Novaa"
