import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from talmach.text import layout
from talmach.text.document import Document, PieceKind
from talmach.text.sentences import INVISIBLE
from tests.cases import parameters
from tests.unit.text.places import spans_of

SAMPLES = st.sampled_from([
    "\r\n", "\n", "\r", "\x85", "\u2028", "\u2029", "\v", "\x1c", "\t", " ", "\u00a0", "\u200b", "\u200d", "\ufeff",
    "\u202e", "\u2066", "\u2069", "\x00", "\x1b", "\ud83d", "\udc00", "😀", "🏳\ufe0f\u200d🌈", "е\u0301", "— ", "• ",
    "1. ", "а) ", "«", "»", "...", "…", "?!", ". ", "г. ", "А. С. ", "Он ушёл. ", "Ён пайшоў. ", "He left. ",
])  # fmt: skip
# st.characters() draws no surrogates unless told to; a Python str may hold them alone.
ANY_TEXT = st.lists(
    st.one_of(SAMPLES, st.characters(exclude_categories=()), st.text(max_size=20)), max_size=40
).map("".join)  # fmt: skip


def texts_of(text: str, language: str | None = None) -> list[str]:
    """The sentences of `text`."""
    return [piece.text for piece in Document.parse(text, language).sentences]


def gaps_of(text: str) -> list[str]:
    """The gaps of `text`."""
    return [piece.text for piece in Document.parse(text).pieces if piece.kind is PieceKind.GAP]


@given(ANY_TEXT, st.sampled_from([None, "ru", "be", "en"]))
@example("\ud800", None)
@example("\r\n\r", "ru")
@example("а. \u0301Б", None)
def test_a_document_is_lossless(text: str, language: str | None) -> None:
    """The pieces join to the text, their spans slice it, and a document put together from its own sentences is it."""
    document = Document.parse(text, language)
    assert "".join(piece.text for piece in document.pieces) == text
    position = 0
    for piece in document.pieces:
        assert piece.span.start == position < piece.span.end
        assert piece.span.slice(text) == piece.text
        position = piece.span.end
    assert document.assemble([piece.text for piece in document.sentences]) == text


@given(ANY_TEXT)
@example("Он ушёл. — \u200bОна осталась.")
def test_sentences_are_trimmed_and_paragraphs_counted(text: str) -> None:
    """No sentence has blanks at its edges; paragraphs count up from 0; a gap belongs to its neighbours' paragraph."""
    document = Document.parse(text)
    for piece in document.sentences:
        assert piece.text == piece.text.strip(INVISIBLE) != ""
    paragraphs = [piece.paragraph for piece in document.sentences]
    assert list(dict.fromkeys(paragraphs)) == list(range(len(set(paragraphs))))
    assert paragraphs == sorted(paragraphs)
    for before, gap, after in zip(document.pieces, document.pieces[1:], document.pieces[2:], strict=False):
        if gap.kind is PieceKind.GAP:
            assert gap.paragraph == (before.paragraph if before.paragraph == after.paragraph else -1)


@given(ANY_TEXT, st.data())
def test_replacements_land_in_their_places(text: str, data: st.DataObject) -> None:
    """Whatever replaces the sentences, also nothing, their spans slice it out of the result and the gaps stay."""
    document = Document.parse(text)
    count = len(document.sentences)
    replacements = data.draw(st.lists(st.text(max_size=5), min_size=count, max_size=count))
    assembled = document.assemble(replacements)
    assert [span.slice(assembled) for span in spans_of(document, replacements)] == replacements
    gaps = [piece.text for piece in document.pieces if piece.kind is PieceKind.GAP]
    assert len(assembled) == sum(map(len, replacements)) + sum(map(len, gaps))


def test_repeated_sentences_keep_their_positions() -> None:
    """Equal sentences are replaced one by one, in order."""
    document = Document.parse("Да. Нет. Да.\n\nДа.")
    assert document.assemble(["1", "2", "3", "4"]) == "1 2 3\n\n4"


@pytest.mark.parametrize("replacements", [[], ["Yes."], ["Yes.", "No.", "Maybe."]])
def test_a_wrong_number_of_replacements_is_refused(replacements: list[str]) -> None:
    """One replacement too few or too many would shift the text against its source."""
    with pytest.raises(ValueError, match="2 sentences"):
        Document.parse("Да. Нет.").assemble(replacements)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\r\n\u00a0\u2028", "\u200b\ufeff\u200e", "\x00\x1f\x7f"])
def test_a_blank_text_has_no_sentences(text: str) -> None:
    """White space and invisible characters are one gap."""
    document = Document.parse(text)
    assert document.sentences == ()
    assert document.assemble([]) == text


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\n\n", "\n  \n\t", "\x85", "\u2028", "\u2029", "\v", "\f"])
def test_line_ends_separate_paragraphs(line_end: str) -> None:
    """Every kind of line end separates, and lies in a gap between paragraphs."""
    document = Document.parse(f"Заголовок новости{line_end}Первый абзац. Второе предложение.")
    assert [piece.paragraph for piece in document.sentences] == [0, 1, 1]
    assert [(piece.text, piece.paragraph) for piece in document.pieces if piece.kind is PieceKind.GAP] == [
        (line_end, -1),
        (" ", 1),
    ]


@pytest.mark.parametrize(
    ("text", "sentences", "gaps"),
    [
        ("— Да, — сказал он.\n— Нет.", ["Да, — сказал он.", "Нет."], ["— ", "\n— "]),
        ("– Так, – сказаў ён.\n– Не.", ["Так, – сказаў ён.", "Не."], ["– ", "\n– "]),
        ("— Да. — Он ушёл.", ["Да.", "Он ушёл."], ["— ", " — "]),
        ("Список:\n  - хлеб;\n  - соль.", ["Список:", "хлеб;", "соль."], ["\n  - ", "\n  - "]),
        ("• хлеб\n• соль", ["хлеб", "соль"], ["• ", "\n• "]),
        ("1. Хлеб.\n2) Соль.\n1.2. Чай.", ["Хлеб.", "Соль.", "Чай."], ["1. ", "\n2) ", "\n1.2. "]),
        ("а) хлеб;\nб) соль.\nb) tea", ["хлеб;", "соль.", "tea"], ["а) ", "\nб) ", "\nb) "]),
        ("1) — Да.", ["Да."], ["1) — "]),
        ("2024. Год дракона", ["2024.", "Год дракона"], [" "]),
        ("-5 градусов утром.", ["-5 градусов утром."], []),
        ("12.", ["12."], []),
        ("* * *", ["* * *"], []),
        ("\u00a0\u00a0Отступ. \u200b", ["Отступ."], ["\u00a0\u00a0", " \u200b"]),
    ],
)
def test_markers_and_indents_are_gaps(text: str, sentences: list[str], gaps: list[str]) -> None:
    """List markers, dashes of direct speech and blanks are kept out of the sentences; numbers and dates are not."""
    assert texts_of(text) == sentences
    assert gaps_of(text) == gaps


LONG = "Правительство столицы сообщило о новых правилах проезда"  # 55 code points, no stop


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (f"{LONG} в метро,\nкоторые вступят в силу весной.", 1),
        (f"{LONG}\nв метро и в автобусах.\r\nОни вступят в силу весной.", 2),
        (f"{LONG}\n  в метро\n{LONG.lower()}", 2),
        ("Parliament passed a law on the budget of the whole country\nand of its regions. It is long.", 2),
        ("Урад сталіцы паведаміў пра новыя правілы праезду ў горадзе\nі ў метро.", 1),
        (f"{LONG}.\nв метро и в автобусах", 2),
        (f"{LONG}\n\nв метро и в автобусах", 2),
        (f"{LONG}\nВ метро и в автобусах", 2),
        (f"{LONG}:\nв метро", 2),
        (f"{LONG}\nа) в метро", 2),
        (f"{LONG}\n— в метро", 2),
        ("Короткий заголовок\nи строка", 2),
    ],
)
def test_a_hard_wrapped_sentence_stays_together(text: str, sentences: int) -> None:
    """A long line without a stop goes on in the next one that begins with a small letter; nothing else is joined."""
    assert len(texts_of(text)) == sentences


@pytest.mark.parametrize(("kind", "language", "marked"), parameters("documents"))
def test_the_table_of_layouts(kind: str, language: str, marked: str) -> None:
    """Wrapped lines of mail, columns and subtitles are joined; headlines, lists, verses and columns are not."""
    marked = marked.replace("⏎", "\n").replace("⇥", "\t")
    text = marked.replace("‖", "").replace("¶", "")
    document = Document.parse(text, language)
    paragraphs: dict[int, list[str]] = {}
    for piece in document.sentences:
        paragraphs.setdefault(piece.paragraph, []).append(piece.text)
    expected = [[_unmarked(part) for part in each.split("‖")] for each in marked.split("¶")]
    assert list(paragraphs.values()) == expected
    assert "".join(piece.text for piece in document.pieces) == text


def _unmarked(part: str) -> str:
    """A sentence without the blanks and the list marker before it."""
    part = part.strip()
    marker = layout.MARKER.match(part)
    return part[marker.end() :] if marker else part


ARTICLES = Path(__file__).parents[2] / "data" / "articles"


@pytest.mark.parametrize("width", [35, 50, 72])
@pytest.mark.parametrize("path", sorted(ARTICLES.glob("*.txt")), ids=lambda path: path.stem)
def test_a_wrapped_article_has_the_sentences_of_the_article(path: Path, width: int) -> None:
    """Whatever the width, the wrap is seen and undone."""
    language, text = path.suffixes[0][1:], path.read_text(encoding="utf-8")
    wrapped = "\n\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
        if line.strip()
    )
    expected = [" ".join(sentence.split()) for sentence in texts_of(text, language)]
    assert [" ".join(sentence.split()) for sentence in texts_of(wrapped, language)] == expected


def test_the_language_chooses_the_abbreviations() -> None:
    """«вул.» is an abbreviation in Belarusian and not in Russian; without a language all are known."""
    text = "Дом на вул. Коласа."
    assert [len(texts_of(text, language)) for language in ("be", "ru", None)] == [1, 2, 1]


@pytest.mark.parametrize("unit", ["а", "я.", "\n", "- ", "1. ", "—", "\u200b", "\ud83d", "Да!\n", "слово "])
def test_large_inputs_take_linear_time(unit: str) -> None:
    """Ten thousand repeated strings and a megabyte without a line end are parsed in seconds at most."""
    for text in (unit * 10_000, unit.strip("\n") * (1_000_000 // len(unit))):
        started = time.thread_time()
        document = Document.parse(text)
        assert time.thread_time() - started < 2
        assert "".join(piece.text for piece in document.pieces) == text


def test_ten_thousand_wrapped_lines_take_linear_time() -> None:
    """A long hard-wrapped paragraph is not copied line by line: it takes about as long as a thousand short ones."""
    line = f"{LONG.lower()}\n"

    def seconds(text: str, sentences: int) -> float:
        started = time.thread_time()
        assert len(texts_of(text)) == sentences
        return time.thread_time() - started

    assert any(seconds(line * 10_000, 1) < 4 * seconds(f"{line * 10}\n" * 1_000, 1_000) for _ in range(3))
