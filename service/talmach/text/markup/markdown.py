"""What a reader sees of a Markdown text: CommonMark with tables, strikethrough and front matter.

`markdown_blocks` finds the blocks and `markdown_inline` what is inside them; this module tells text from marks,
pictures and code.
"""

import html
import re
from collections import defaultdict
from collections.abc import Sequence
from html.entities import html5

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType

from talmach.text.markup.html import UNREAD, UNTOUCHED, VOID, says_no
from talmach.text.markup.html_tokens import TokenKind, tokens
from talmach.text.markup.markdown_blocks import Block, blocks
from talmach.text.markup.markdown_inline import Inside, Taken, WrittenDown
from talmach.text.markup.markdown_lines import ESCAPES
from talmach.text.markup.reading import MarkKind, Reader, Reading, TextFormat
from talmach.text.span import Span

# Marks of lists of tasks and of footnotes, which CommonMark does not know.
_KEPT = re.compile(r"\A\[[ xX]\](?=\s)|\[\^[^\]\s]{1,60}\]:?")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_TAGS = re.compile(r"<[/!?A-Za-z][^>]*>")
_TITLE = re.compile(r"[ \t\r\n](?:\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)')\s*\)\Z", re.DOTALL)
# By what begins the text of a picture, or a title.
_ATTRIBUTE_ESCAPES = {
    begin: {char: f"\\{char}" for char in f"{ends}\\"} for begin, ends in (("[", "[]"), ('"', '"'), ("'", "'"))
}
_IN_ATTRIBUTE = re.compile(
    r"(\s+)|\\([!-/:-@\[-`{-~])|(&(?:#[xX][0-9A-Fa-f]{1,6}|#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{0,31});)|."
)
_REFERS = ("]", "][]")  # what ends a text that a definition elsewhere refers to
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)
_BREAKS = ("softbreak", "hardbreak")
_SINGLE = ("text_special", "code_inline", "html_inline", "image", *_BREAKS)
_BLANKS = re.compile(r"(\s+)|\S+")


class MarkdownReader:
    """Reads one text; with `translate_attributes`, texts of pictures and titles of links are texts too."""

    def __init__(self, text: str, *, translate_attributes: bool) -> None:
        self._text = text
        self._translate_attributes = translate_attributes
        self._reader = Reader()
        # One per reader: it remembers where it is, and several threads read texts.
        self._parser, self._inline = MarkdownIt("commonmark"), WrittenDown()
        self._parser.inline = self._inline
        self._parser.enable(["table", "strikethrough"])
        self._parser.core.ruler.enableOnly(["normalize", "block"])
        # Of the block that is being read:
        self._block = Block("", [], [])
        self._kept: list[Span] = []  # the last one first
        self._open: list[tuple[str, int]] = []  # names and numbers of marks that wait for their partners

    def read(self) -> Reading:
        """Return what a reader sees."""
        environment: EnvType = {}
        for block in blocks(self._text, self._parser, environment):
            self._reader.block(block.starts[0])
            self._block, self._open = block, []
            self._kept = [Span(*match.span()) for match in _KEPT.finditer(block.content)][::-1]
            self._read_inside(self._inline.take(block.content, self._parser, environment))
        return self._reader.done(ESCAPES, TextFormat.MARKDOWN)

    def _read_inside(self, inside: Inside) -> None:
        untouched, end = _untouched(inside.taken), 0
        for number, taken in enumerate(inside.taken):
            if taken.start < end:
                continue
            if number in untouched:
                end = inside.taken[untouched[number]].end
                self._read_untouched(taken, end)
            elif not taken.tokens:
                following = inside.taken[number + 1] if number + 1 < len(inside.taken) else None
                is_broken = following is not None and bool(following.tokens) and following.tokens[-1].type in _BREAKS
                self._read_text(taken.start, taken.end, is_broken=is_broken)
            elif taken.tokens[0].type == "link_open":
                self._read_link(taken)
            elif taken.tokens[0].type in _SINGLE:
                self._read_single(taken, taken.tokens[0])
            else:
                self._read_emphasis(taken)

    def _read_text(self, start: int, end: int, *, is_broken: bool = False) -> None:
        """Characters that stand for themselves; blanks in front of a line break belong to that."""
        content = self._block.content
        if is_broken:
            end = start + len(content[start:end].rstrip(" "))
        while self._kept and self._kept[-1].end <= start:
            self._kept.pop()
        if self._kept and self._kept[-1].start <= start:
            kept = self._kept[-1]
            if start == kept.start:
                self._reader.mark(MarkKind.POINT, *self._block.places(kept.start, kept.end))
            start = min(end, kept.end)
        for match in _BLANKS.finditer(content, start, end):
            places = self._block.places(*match.span())
            if match[1]:
                self._reader.blank(*places)
            elif places[1] - places[0] == len(match.group()):
                self._reader.word(match.group(), places[0])
            else:
                for position in range(match.start(), match.end()):
                    self._reader.spelled(content[position], *self._block.places(position, position + 1))

    def _read_single(self, taken: Taken, token: Token) -> None:
        places = self._block.places(taken.start, taken.end)
        if token.type == "text_special":
            if token.content == token.markup:  # a backslash in front of what needs none
                self._read_text(taken.start, taken.end)
            elif token.content.isspace():
                self._reader.spelled_blank("\u00a0", *places)
            else:
                self._reader.spelled(token.content, *places)
        elif token.type == "softbreak":
            self._reader.blank(self._after_word(taken), places[1])
        elif token.type == "hardbreak":
            self._reader.spelled_blank("\n", self._after_word(taken), places[1])
        elif token.type == "html_inline":
            self._read_tag(token.content, places)
        elif token.type == "image":
            self._reader.mark(MarkKind.POINT, *places)
            self._read_attributes(taken)
        else:
            self._read_atom(token.content, places)

    def _after_word(self, taken: Taken) -> int:
        """Where the blanks in front of a line break begin."""
        at = taken.start
        while at > 0 and self._block.content[at - 1] == " ":
            at -= 1
        return self._block.starts[at]

    def _read_atom(self, words: str, places: tuple[int, int]) -> None:
        words = " ".join(words.split())
        if words:
            at = self._reader.length
            self._reader.mark(MarkKind.ATOM, *places, at=at, until=at + len(words))
            self._reader.spelled(words, *places)
        else:
            self._reader.mark(MarkKind.POINT, *places)

    def _read_untouched(self, opening: Taken, end: int) -> None:
        """An element of HTML as one thing."""
        tag = _TAG.match(opening.tokens[0].content)
        is_read = tag is not None and tag[2].lower() not in UNREAD
        words = html.unescape(_TAGS.sub("", self._block.content[opening.start : end])) if is_read else ""
        self._read_atom(words, self._block.places(opening.start, end))

    def _read_tag(self, tag: str, places: tuple[int, int]) -> None:
        match = _TAG.match(tag)
        name = match[2].lower() if match else ""
        if name == "br":
            self._reader.spelled_blank("\n", *places)
        elif match is None or name in VOID or tag.endswith("/>"):
            self._reader.mark(MarkKind.POINT, *places)
        elif match[1]:
            self._close(f"<{name}>", places)
        else:
            self._open.append((f"<{name}>", self._reader.mark(MarkKind.OPEN, *places)))

    def _close(self, name: str, places: tuple[int, int]) -> None:
        closing = self._reader.mark(MarkKind.CLOSE, *places)
        if self._open and self._open[-1][0] == name:
            self._reader.pair(self._open.pop()[1], closing)

    def _read_emphasis(self, taken: Taken) -> None:
        """Marks of emphasis, some of which may have stayed text; two that together mean strong are one mark."""
        strong = {start for token, start in zip(taken.tokens, taken.starts, strict=True) if token.type == "strong_open"}
        for token, start in zip(taken.tokens, taken.starts, strict=True):
            name, _, side = token.type.partition("_")
            width = len(token.markup) if side else len(token.content)
            if side == "open":
                first = start - 1 if start in strong else start
                places = self._block.places(first, first + width)
                self._open.append((name, self._reader.mark(MarkKind.OPEN, *places)))
            elif side == "close":
                self._close(name, self._block.places(start, start + width))
            elif token.content:
                self._read_text(start, start + width)

    def _read_link(self, taken: Taken) -> None:
        inside, content = taken.inside, self._block.content
        if inside is None or content[inside.end : taken.end] in _REFERS:
            # An address that is its own text; or a text that a definition elsewhere refers to.
            words = content[taken.start : taken.end] if inside is None else content[inside.start : inside.end]
            self._read_atom(words.strip("<>"), self._block.places(taken.start, taken.end))
            return
        depth = len(self._open)
        opening = self._reader.mark(MarkKind.OPEN, *self._block.places(taken.start, inside.start))
        self._read_inside(inside)
        del self._open[depth:]
        closing = self._reader.mark(MarkKind.CLOSE, *self._block.places(inside.end, taken.end))
        self._reader.pair(opening, closing)
        self._read_attributes(taken)

    def _read_attributes(self, taken: Taken) -> None:
        """The text of a picture, and the title of a picture or a link."""
        if not self._translate_attributes:
            return
        content = self._block.content[taken.start : taken.end]
        title = _TITLE.search(content)
        spans = [title.span(title.lastindex or 1)] if title else []
        if content.startswith("![") and content[(end := _label_end(content)) :] not in _REFERS:
            spans.insert(0, (2, end))
        for start, end in spans:
            if start < end:
                self._read_attribute(taken.start + start, taken.start + end)

    def _read_attribute(self, start: int, end: int) -> None:
        value, content = Reader(), self._block.content
        for match in _IN_ATTRIBUTE.finditer(content, start, end):
            blanks, escaped, reference = match.groups()
            is_known = reference is not None and (reference[1] == "#" or reference[1:] in html5)
            char = escaped or (html.unescape(reference) if is_known else "")
            places = self._block.places(*match.span())
            if blanks:
                value.blank(*places)
            elif char.isspace():
                value.spelled_blank("\u00a0", *places)
            elif char:
                value.spelled(char, *places)
            elif is_known:  # nobody sees it
                value.mark(MarkKind.POINT, *places)
            else:
                for at in range(*match.span()):
                    value.spelled(content[at], *self._block.places(at, at + 1))
        escapes = _ATTRIBUTE_ESCAPES[content[start - 1]]
        self._reader.attribute(value.done(escapes, TextFormat.MARKDOWN), Span(*self._block.places(start, end)))


def _untouched(taken: Sequence[Taken]) -> dict[int, int]:
    """The numbers of tags that begin what must not be touched, with those that end it."""
    opened: defaultdict[str, list[tuple[int, bool]]] = defaultdict(list)
    found = {}
    for number, each in enumerate(taken):
        if each.tokens and each.tokens[0].type == "html_inline":
            source = each.tokens[0].content
            tag = next(tokens(source))
            if tag.kind is TokenKind.START and tag.name not in VOID and not source.endswith("/>"):
                opened[tag.name].append((number, tag.name in UNTOUCHED or says_no(tag, source)))
            elif tag.kind is TokenKind.END and opened[tag.name]:
                opening, is_untouched = opened[tag.name].pop()
                if is_untouched:
                    found[opening] = number
    return found


def _label_end(image: str) -> int:
    """Where the text of a picture ends: at the bracket that closes the first one."""
    depth = 0
    for match in _BRACKET.finditer(image, 1):
        depth += {"[": 1, "]": -1}.get(match.group(), 0)
        if not depth:
            return match.start()
    return 2
