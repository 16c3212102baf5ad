"""Whether a line of Markdown is read with the intended marks."""

import re
from collections import Counter

from markdown_it import MarkdownIt

ESCAPES = {char: f"\\{char}" for char in "\\*_`[]<~|"}
# One for all threads: a text leaves nothing in it, and making it takes twice as long as a sentence.
_PARSER = MarkdownIt("commonmark").enable("strikethrough")
_UNSTRUCTURED = ("text", "text_special", "softbreak")
# Quotations and fences need no blank behind them.
_BLOCK_START = re.compile(
    r"(\d{0,9})(?:(?<=\d)[.)](?:\s|\Z)|(?<!\d)(?:(?:[-+*]|#{1,6}|[-=_*]{3,})(?:\s|\Z)|>|~{3}|`{3}))"
)


def structure(text: str) -> Counter[tuple[str, ...]]:
    """Count the marks of a line of Markdown, each with the marks around it."""
    found: Counter[tuple[str, ...]] = Counter()
    around: list[str] = []
    for line in _PARSER.parseInline(text):
        for token in line.children or ():
            if token.nesting < 0:
                around.pop()
            elif token.type not in _UNSTRUCTURED:
                content = token.content if token.type in ("code_inline", "html_inline") else ""
                found[*around, token.type, content] += 1
                if token.nesting > 0:
                    around.append(token.type)
    return found


def as_text(line: str, source: str) -> str:
    """Return a line that does not begin a list, a quotation or the like, unless `source` begins with the same."""
    match = _BLOCK_START.match(line)
    if match is None or source.startswith(match.group()):
        return line
    at = match.end(1)
    return f"{line[:at]}\\{line[at:]}"
