"""The blocks of a Markdown text with words to read, and their places: markdown-it-py finds them by lines.

Code, front matter, HTML blocks and link definitions are not text; nor is a block whose content cannot be found again in
its lines.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType

from talmach.text.span import Span

logging.getLogger("markdown_it").setLevel(logging.WARNING)  # it tells of every rule that it tries

_BLANK_LINE = r"[ \t]*+(?:\r\n|\n)"


def _front_matter(rule: str, first: str) -> str:
    """Lines between two rules; without `first` behind the upper one, and comments, they are text."""
    comments = rf"(?:#[^\r\n]*+(?:\r\n|\n)(?:{_BLANK_LINE})*+)*+"
    lines = rf"(?:(?!{rule})[^\r\n]*+(?:\r\n|\n))*+"
    return rf"{rule}{_BLANK_LINE}{comments}(?={first}){lines}{rule}(?:{_BLANK_LINE}|[ \t]*\Z)"


_YAML = _front_matter("---", r"""(?:\S+|"[^"\r\n]*"|'[^'\r\n]*')[ \t]*:\s""")
_TOML = _front_matter(r"\+\+\+", r"""(?:[\w.-]+|"[^"\r\n]*"|'[^'\r\n]*')[ \t]*=|\[""")
_FRONT_MATTER = re.compile(f"{_YAML}|{_TOML}")
# What extensions have on lines of their own: the ends of a box, the head of a note.
_EXTENSION = re.compile(r':{3,}.*|(?:!{3}|\?{3}\+?)[ \t]+[a-z][\w-]*(?:[ \t]+"[^"]*")?')
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Block:
    """The content of a block, and where each character of it stands in the source."""

    content: str
    starts: list[int]
    ends: list[int]

    def places(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the content, which is not empty, stands in the source."""
        return self.starts[start], self.ends[end - 1]


def blocks(text: str, parser: MarkdownIt, environment: EnvType) -> Iterator[Block]:
    """Yield the blocks of text, in order; definitions of links go into `environment`."""
    matter = _FRONT_MATTER.match(text)
    first = matter.end() if matter else 0
    lines = [Span(*match.span(1)) for match in _LINE.finditer(text, first)]
    # The same characters as the parser sees, at the same places.
    seen = text.replace("\0", "\ufffd")
    cursors: dict[int, int] = {}  # by line: behind the last cell
    tokens = parser.parse(text[first:], environment)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type != "inline" or not token.content or token.map is None:
            continue
        if before is not None and before.type in ("th_open", "td_open"):
            line = token.map[0]
            block = _cell(token, seen, lines[line], cursors.get(line, lines[line].start))
            cursors[line] = block.ends[-1] if block else cursors.get(line, lines[line].start)
            if block is not None:
                yield block
        elif block := _paragraph(token.content, seen, lines, token.map[0]):
            yield from _without_extensions(block)


def _paragraph(content: str, seen: str, lines: Sequence[Span], first: int) -> Block | None:
    """Find the lines of a block's content in those of the source, each of which may begin with marks of its blocks."""
    starts: list[int] = []
    ends: list[int] = []
    for number, line in enumerate(content.split("\n"), start=first):
        if number >= len(lines):
            return None
        words = line.strip(" \t")
        source = lines[number]
        at = seen.rfind(words, source.start, source.end)
        if at < 0:
            return None
        if number > first:  # the line end, with whatever stands in front of the words
            starts.append(lines[number - 1].end)
            ends.append(at)
        lead = len(line) - len(line.lstrip(" \t")) if words else 0
        starts += [at] * lead + list(range(at, at + len(line) - lead))
        ends += [at] * lead + list(range(at + 1, at + len(line) - lead + 1))
    return Block(content, starts, ends)


def _without_extensions(block: Block) -> Iterator[Block]:
    """The texts between lines that must stay lines, and between formulas."""
    lines = block.content.split("\n")
    fences = [number for number, line in enumerate(lines) if line.strip(" \t") == "$$"]
    kept = {each for first, last in zip(fences[::2], fences[1::2], strict=False) for each in range(first, last + 1)}
    kept |= {*fences, *(number for number, line in enumerate(lines) if _EXTENSION.fullmatch(line.strip(" \t")))}
    if not kept:
        yield block
        return
    begin, position = None, 0
    for number, line in enumerate([*lines, ""]):
        if number in kept or number == len(lines):
            if begin is not None:
                text = slice(begin, position - 1)
                yield Block(block.content[text], block.starts[text], block.ends[text])
            begin = None
        elif begin is None:
            begin = position + len(line) - len(line.lstrip(" \t"))
        position += len(line) + 1


def _cell(token: Token, seen: str, line: Span, cursor: int) -> Block | None:
    """Find the content of a cell in its line, where bars inside it are escaped."""
    written = token.content.replace("|", "\\|")
    at = seen.find(written, cursor, line.end)
    if at < 0:
        return None
    starts: list[int] = []
    ends: list[int] = []
    for char in token.content:
        starts.append(at)
        at += 2 if char == "|" else 1
        ends.append(at)
    return Block(token.content, starts, ends)
