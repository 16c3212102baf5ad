"""What a reader sees of an HTML text.

The context that decides what is read is as simple as tags allow: a stack of open elements, which unmatched end tags
leave alone.
"""

import html
import re
from collections import defaultdict
from dataclasses import dataclass
from html.entities import html5

from talmach.text.characters import word_set
from talmach.text.markup.html_tokens import FOREIGN, Token, TokenKind, tokens
from talmach.text.markup.reading import BLANKS, MarkKind, Reader, Reading, TextFormat
from talmach.text.span import Span

# Anything else is inline, unknown elements included.
_BLOCKS = word_set(
    "address article aside audio blockquote body button canvas caption center col colgroup datalist dd details dialog "
    "dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html "
    "iframe input label legend li listing main map marquee menu nav noscript object ol optgroup option p pre search "
    "section select slot summary table tbody td template textarea tfoot th thead title tr ul video xmp plaintext"
)
VOID = word_set("area base br col embed hr img input link meta param source track wbr frame keygen")
UNTOUCHED = word_set("script style pre code textarea xmp plaintext listing iframe noembed noframes") | set(FOREIGN)
UNREAD = word_set("script style iframe noembed noframes") | set(FOREIGN)  # nobody sees them as text
_READ_ATTRIBUTES = word_set("title alt placeholder aria-label")
_OUTSIDE_PARAGRAPHS = word_set("button option optgroup td th tr tbody thead tfoot caption input label")
# Unclosed elements that an opening tag ends.
_CLOSED_BY = {
    **dict.fromkeys(_BLOCKS - _OUTSIDE_PARAGRAPHS, ("p",)),
    "li": ("p", "li"),
    "dt": ("p", "dt", "dd"),
    "dd": ("p", "dt", "dd"),
    "option": ("option",),
    "optgroup": ("option", "optgroup"),
    "td": ("p", "td", "th"),
    "th": ("p", "td", "th"),
    "tr": ("p", "td", "th", "tr"),
    **dict.fromkeys(word_set("tbody thead tfoot"), ("p", "td", "th", "tr", "tbody", "thead", "tfoot")),
}
# Where a paragraph ends inside of one of these, it begins anew in the next, and with it what must not be touched.
_FORMATTING = word_set("a b big code em font i nobr s small strike strong tt u")
_CHUNK = re.compile(
    rf"([{BLANKS}]+)|(&(?:#[xX][0-9A-Fa-f]{{1,8}}|#[0-9]{{1,9}}|[A-Za-z][A-Za-z0-9]{{0,31}});?)|[^&{BLANKS}]+|&"
)
_ESCAPES = {"&": "&amp;", "<": "&lt;"}
_QUOTES = {'"': {'"': "&quot;"}, "'": {"'": "&#39;"}}
_SHORTEST_NAME = 2  # letters of an entity


@dataclass(slots=True, eq=False)
class _Element:
    """An open element."""

    name: str
    position: int  # in the stack
    mark: int | None = None  # of its tag, when it stands in the line


class HtmlReader:
    """Reads one text; with `translate_attributes`, those that people read are texts too."""

    def __init__(self, text: str, *, translate_attributes: bool) -> None:
        self._text = text
        self._translate_attributes = translate_attributes
        self._reader = Reader()
        self._stack: list[_Element] = []
        self._by_name: defaultdict[str, list[_Element]] = defaultdict(list)  # without those that were closed in place
        self._blocks: list[_Element] = []  # of the stack
        self._untouched: _Element | None = None  # the outermost
        self._untouched_start = 0
        self._untouched_texts: list[str] = []

    def read(self) -> Reading:
        """Return what a reader sees."""
        for token in tokens(self._text):
            match token.kind:
                case TokenKind.TEXT | TokenKind.RAW:
                    self._read_text(token.span)
                case TokenKind.START:
                    self._start(token)
                case TokenKind.END:
                    self._end(token)
                case TokenKind.OTHER if self._untouched is None:
                    self._point(token)
        self._pop_to(0, len(self._text))
        return self._reader.done(_ESCAPES, TextFormat.HTML)

    def _read_text(self, span: Span) -> None:
        if self._untouched is not None:
            self._untouched_texts.append(span.slice(self._text))
        else:
            _read_characters(self._reader, self._text, span)

    def _start(self, token: Token) -> None:
        name, span = token.name, token.span
        is_block = name in _BLOCKS
        for_good = name in VOID or token.is_empty
        closed = _CLOSED_BY.get(name, ())
        while self._blocks and self._blocks[-1].name in closed and not self._goes_on(self._blocks[-1]):
            self._pop_to(self._blocks[-1].position, span.start)
        if self._untouched is not None:
            if not for_good:
                self._push(name)
            return
        is_to_be_left = says_no(token, self._text)
        if self._translate_attributes and not is_to_be_left:
            self._read_attributes(token)
        if name == "br":
            self._reader.spelled_blank("\n", span.start, span.end)
            return
        if is_block:
            self._reader.block(span.start)
        if for_good:
            self._point(token)
        elif name in UNTOUCHED or is_to_be_left:
            self._untouched = self._push(name)
            self._untouched_start, self._untouched_texts = span.start, []
        elif is_block:
            self._point(token)
            self._push(name)
        else:
            self._push(name, self._reader.mark(MarkKind.OPEN, span.start, span.end))

    def _end(self, token: Token) -> None:
        name, span = token.name, token.span
        is_block = name in _BLOCKS
        element = self._by_name[name][-1] if self._by_name[name] else None
        untouched = self._untouched
        if element is not None:
            is_inline = not is_block and name not in FOREIGN
            if is_inline and self._blocks and element.position < self._blocks[-1].position:  # it ends no block
                self._by_name[name].pop()
            else:
                self._pop_to(element.position, span.end if element is self._untouched else span.start)
        if untouched is not None and (self._untouched is not None or element is untouched):
            return  # it is part of that
        if is_block:
            self._reader.block(span.start)
            self._point(token)
            return
        closing = self._reader.mark(MarkKind.CLOSE, span.start, span.end)
        if element is not None and element.mark is not None:
            self._reader.pair(element.mark, closing)

    def _goes_on(self, block: _Element) -> bool:
        """Whether something is open in a block that no opening tag ends."""
        inside = [self._by_name[name][-1] for name in (*FOREIGN, "code") if self._by_name[name]]
        if self._untouched is not None and self._untouched.name in _FORMATTING:
            inside.append(self._untouched)
        return any(element.position > block.position for element in inside)

    def _push(self, name: str, mark: int | None = None) -> _Element:
        element = _Element(name, len(self._stack), mark)
        self._stack.append(element)
        self._by_name[name].append(element)
        if name in _BLOCKS:
            self._blocks.append(element)
        return element

    def _pop_to(self, position: int, at: int) -> None:
        """Close the elements from a position of the stack on; an untouched one has ended `at`."""
        while len(self._stack) > position:
            element = self._stack.pop()
            if self._by_name[element.name][-1:] == [element]:
                self._by_name[element.name].pop()
            if self._blocks[-1:] == [element]:
                self._blocks.pop()
            if element is self._untouched:
                self._leave(element, at)

    def _leave(self, element: _Element, end: int) -> None:
        """Add an untouched element as one thing; its words are inline if it is."""
        self._untouched = None
        words = " ".join(html.unescape("".join(self._untouched_texts)).split())
        is_read = element.name not in _BLOCKS and element.name not in UNREAD
        if words and is_read:
            at = self._reader.length
            self._reader.mark(MarkKind.ATOM, self._untouched_start, end, at=at, until=at + len(words))
            self._reader.spelled(words, self._untouched_start, end)
        else:
            self._reader.mark(MarkKind.POINT, self._untouched_start, end)
        if element.name in _BLOCKS:
            self._reader.block(end)

    def _point(self, token: Token) -> None:
        self._reader.mark(MarkKind.POINT, token.span.start, token.span.end)

    def _read_attributes(self, token: Token) -> None:
        seen = set()
        for name, span in token.attributes:
            quote = self._text[span.start - 1]
            if name in _READ_ATTRIBUTES and name not in seen and quote in _QUOTES:  # a lone word has none
                value = Reader()
                _read_characters(value, self._text, span)
                self._reader.attribute(value.done(_ESCAPES | _QUOTES[quote], TextFormat.HTML), span)
            seen.add(name)


def says_no(tag: Token, text: str) -> bool:
    """Whether a tag of a text says that its element is not to be translated."""
    values = {name: html.unescape(span.slice(text)).lower() for name, span in reversed(tag.attributes)}
    return values.get("translate") == "no" or "notranslate" in values.get("class", "").split()


def _read_characters(reader: Reader, text: str, span: Span) -> None:
    for match in _CHUNK.finditer(text, span.start, span.end):
        blanks, reference = match.groups()
        if blanks:
            reader.blank(*match.span())
        elif reference:
            _read_reference(reader, match.start(), reference)
        else:
            reader.word(match.group(), match.start())


def _read_reference(reader: Reader, start: int, reference: str) -> None:
    known = _known(reference)
    end = start + len(known)
    character = html.unescape(known)
    if character.isspace():
        reader.spelled_blank("\u00a0" if character == "\u00a0" else " ", start, end)
    elif character:
        reader.spelled(character, start, end)
    else:  # a control character, which nobody sees
        reader.mark(MarkKind.POINT, start, end)
    if known != reference:
        reader.word(reference[len(known) :], end)


def _known(reference: str) -> str:
    """The part of a reference that means a character: all of it, the beginning of "&ampere", or only "&"."""
    if reference[1] == "#" or reference[1:] in html5:
        return reference
    names = (reference[1:end] for end in range(len(reference) - 1, _SHORTEST_NAME, -1))
    return "&" + next((name for name in names if name in html5), "")
