"""What a command reads: a file or standard input as exact text, cut into lines or into the fields of an article."""

import codecs
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from talmach.cli.failures import BadInput

STANDARD_INPUT = "-"
_LAST_CYRILLIC = "\u04ff"
_BYTE_ORDER_MARK = "\ufeff"
# In this order, because the mark of UTF-32 begins with that of UTF-16.
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS_1251 = "; it looks like Windows-1251: `iconv -f WINDOWS-1251 -t UTF-8` makes UTF-8 of it"
FORMATS = ("text", "html", "markdown")  # as a caller names them; the first is the plain one
_ENDINGS = {".html": "html", ".htm": "html", ".xhtml": "html", ".md": "markdown", ".markdown": "markdown"}
# Blank space, first line, blank space, next line, blank space, the rest; together always the whole text.
_ARTICLE = re.compile(r"(\s*)([^\n]*)(\s*)([^\n]*)(\s*)(.*)", re.DOTALL)


def read_text(path: str) -> str:
    r"""Return the text of a file (`-` = standard input), line ends as they are, without a byte order mark.

    Raises:
        BadInput: there is no such file, it cannot be read, is neither UTF-8 text nor has the mark of UTF-16 or UTF-32,
            or holds nothing but white space.

    """
    name = "standard input" if path == STANDARD_INPUT else path
    content = _read_bytes(path, name)
    encoding = next((encoding for mark, encoding in _OTHER_MARKS if content.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in content:
        raise BadInput(f"{name}: {_what_has_zeros(content)}")
    try:
        text = content.decode(encoding).removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        cure = _WINDOWS_1251 if encoding == "utf-8" and _is_windows_1251(content) else ""
        raise BadInput(f"{name}: is not {encoding.upper()} text (byte {error.start} is wrong){cure}") from error
    if not text.strip():
        raise BadInput(f"{name}: is empty")
    return text


def _what_has_zeros(content: bytes) -> str:
    """Tell UTF-16 without a mark, in which every blank has a zero beside it, from what is not text at all."""
    for order in ("le", "be"):
        text = content.decode(f"utf-16-{order}", errors="replace")
        if sum(each <= _LAST_CYRILLIC and each.isprintable() for each in text) > len(text) / 2:
            return "is UTF-16 without a byte order mark; save it as UTF-8"
    return "is not a text file"


def _is_windows_1251(content: bytes) -> bool:
    """Whether the bytes are one of our languages in the encoding that old Russian and Belarusian texts have."""
    from talmach.text.language import determine

    return determine(content.decode("cp1251", errors="replace")) is not None


def _read_bytes(path: str, name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = (error.strerror if isinstance(error, OSError) else None) or "is not the name of a file"
        raise BadInput(f"{name}: cannot be read ({reason.lower()})") from error


def format_of(path: str) -> str:
    """Guess from a file's ending how it is written."""
    return _ENDINGS.get(Path(path).suffix.lower(), FORMATS[0])


def split_lines(text: str) -> list[str]:
    r"""Cut a text at its line feeds, and at nothing else that might end a line; the line feeds are kept."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def batches(texts: Sequence[str], *, max_texts: int, max_chars: int) -> Iterator[range]:
    """Cut a list into consecutive ranges, each within a number of texts and characters; a longer text stands alone."""
    start = chars = 0
    for position, text in enumerate(texts):
        full = position - start == max_texts or chars + len(text) > max_chars
        if full and position > start:
            yield range(start, position)
            start, chars = position, 0
        chars += len(text)
    if start < len(texts):
        yield range(start, len(texts))


@dataclass(frozen=True, slots=True)
class ArticleText:
    """A text as an article: the first line is the headline, the next paragraph the lead; the gaps are kept."""

    headline: str
    lead: str
    body: str
    gaps: tuple[str, str, str]  # white space before each of the three

    @classmethod
    def of_body(cls, text: str) -> "ArticleText":
        """Take a text for the body alone."""
        return cls("", "", text, ("", "", ""))

    @classmethod
    def split(cls, text: str) -> "ArticleText":
        """Cut a text into the three fields; what is missing is empty."""
        match = _ARTICLE.fullmatch(text)
        assert match, "every part of the pattern may be empty"
        before, headline, after_headline, lead, after_lead, body = match.groups()
        return cls(headline, lead, body, (before, after_headline, after_lead))

    def assemble(self, headline: str, lead: str, body: str) -> str:
        """Put the translated fields where the originals stand."""
        return "".join(gap + field for gap, field in zip(self.gaps, (headline, lead, body), strict=True))


def example_article(language: str = "be") -> Path:
    """Return the example article that comes with talmach: inside an installed package, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "examples"
    directory = packaged if packaged.is_dir() else package.parents[1] / "examples"
    return directory / f"article.{language}.txt"
