"""What commands read: exact text, lines and article fields, and one sentence about what cannot be read."""

import codecs
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.cli.failures import BadInput
from talmach.cli.inputs import ArticleText, batches, example_article, format_of, read_text, split_lines


def written(tmp_path: Path, content: bytes) -> str:
    """Write a file and return its path."""
    path = tmp_path / "news.txt"
    path.write_bytes(content)
    return str(path)


def test_text_is_exact_but_for_the_byte_order_mark(tmp_path: Path) -> None:
    """Line ends and blank space are the caller's; a mark at the front is no part of the text."""
    content = b"\xef\xbb\xbf" + "Навіны\r\n\r\n  Дзень\u2028 \n\n".encode()
    assert read_text(written(tmp_path, content)) == "Навіны\r\n\r\n  Дзень\u2028 \n\n"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE])
def test_a_byte_order_mark_names_the_encoding(tmp_path: Path, mark: bytes) -> None:
    """As Windows saves texts: what the mark says is read, and line ends stay."""
    encoding = {2: "utf-16", 4: "utf-32"}[len(mark)] + ("-le" if mark[0] == 0xFF else "-be")
    content = mark + "Навіны\r\n\U0001f600".encode(encoding)
    assert read_text(written(tmp_path, content)) == "Навіны\r\n\U0001f600"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.html", "html"),
        ("a.HTM", "html"),
        ("dir.md/a.markdown", "markdown"),
        ("a.md", "markdown"),
        ("a.txt", "text"),
        ("-", "text"),
    ],
)
def test_a_files_ending_says_how_it_is_written(name: str, expected: str) -> None:
    """Whatever is unknown is plain text."""
    assert format_of(name) == expected


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads bytes and takes them for UTF-8, whatever the locale."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("ў\n".encode()), encoding="ascii"))
    assert read_text("-") == "ў\n"


LOOKS_LIKE_WINDOWS = "; it looks like Windows-1251: `iconv -f WINDOWS-1251 -t UTF-8` makes UTF-8 of it"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\x7fELF\0\0", "is not a text file"),
        ("Мінск".encode("cp1251"), f"is not UTF-8 text (byte 2 is wrong){LOOKS_LIKE_WINDOWS}"),
        ("Город открыл школу.".encode("koi8-r"), "is not UTF-8 text (byte 0 is wrong)"),
        (b"\x7fELF\0\1", "is not a text file"),
        (b"abc\0def", "is not a text file"),
        (b"abc\0", "is not a text file"),
        ("Навіны горада.\n".encode("utf-16-le"), "is UTF-16 without a byte order mark; save it as UTF-8"),
        ("Навіны горада.\n".encode("utf-16-be"), "is UTF-16 without a byte order mark; save it as UTF-8"),
        ("The town has news.\n".encode("utf-16-le"), "is UTF-16 without a byte order mark; save it as UTF-8"),
        ("Мінск".encode("utf-16") + b"\0", "is not UTF-16 text (byte 12 is wrong)"),
        ("\n".encode("utf-16"), "is empty"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    """One sentence names the file and what is wrong with it."""
    path = written(tmp_path, content)
    with pytest.raises(BadInput) as caught:
        read_text(path)
    assert str(caught.value) == f"{path}: {problem}"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file, a directory and an impossible name are told apart."""
    for path, problem in (
        (str(tmp_path / "none.txt"), "no such file or directory"),
        (str(tmp_path), "is a directory"),
        ("a\0b", "is not the name of a file"),
    ):
        with pytest.raises(BadInput, match=problem):
            read_text(path)


@given(st.text(alphabet="аб \n\r\x0b\x85\u2028"))
def test_lines_are_a_partition(text: str) -> None:
    """Joined again they are the text; only a line feed ends a line, and only the last one may lack it."""
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines[:-1])
    assert len(lines) == text.count("\n") + (not text.endswith("\n") and text != "")


@given(st.lists(st.text(alphabet="а", max_size=12)), st.integers(1, 5), st.integers(1, 20))
def test_batches_are_a_partition_within_limits(texts: list[str], max_texts: int, max_chars: int) -> None:
    """Every text is in one batch, in order; a batch over the characters is a single text."""
    found = list(batches(texts, max_texts=max_texts, max_chars=max_chars))
    assert [position for batch in found for position in batch] == list(range(len(texts)))
    for batch in found:
        assert 1 <= len(batch) <= max_texts
        assert len(batch) == 1 or sum(len(texts[position]) for position in batch) <= max_chars


def test_an_article_is_cut_into_its_fields() -> None:
    """First line, next paragraph, rest; the blank space between them is kept apart."""
    text = "\nУ Вербне адкрылі школу\n\n  Школа ў цэнтры.\r\n\r\nПершы абзац.\n\nДругі.\n"
    article = ArticleText.split(text)
    assert (article.headline, article.lead) == ("У Вербне адкрылі школу", "Школа ў цэнтры.\r")
    assert article.body == "Першы абзац.\n\nДругі.\n"
    assert article.assemble("A", "B\r", "C\n") == "\nA\n\n  B\r\n\r\nC\n"


@given(st.text(alphabet="аб. \n\r\t"))
def test_article_fields_lose_nothing(text: str) -> None:
    """The fields put back where they stood are the text, however short it is."""
    article = ArticleText.split(text)
    assert article.assemble(article.headline, article.lead, article.body) == text


@pytest.mark.parametrize("language", ["be", "ru", "en"])
def test_an_example_article_comes_along(language: str) -> None:
    """The smoke test has something to send in every language."""
    article = ArticleText.split(read_text(str(example_article(language))))
    assert article.headline
    assert article.lead
    assert len(article.body) > 300
