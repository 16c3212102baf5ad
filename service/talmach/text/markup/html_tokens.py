"""The tokens of an HTML text with their places in it, as the tokenizer of the HTML standard cuts them.

Python's parsers that follow the standard do not say where in the source their tokens end (html5lib, selectolax, the
stream of justhtml), and building a tree takes quadratic time for hostile texts, by the standard itself. A few patterns
find where tags begin and end; the tests compare them with justhtml.

See https://html.spec.whatwg.org/multipage/parsing.html#tokenization. Every pattern is linear in what it matches.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from talmach.text.span import Span

FOREIGN = ("svg", "math")  # elements of other languages
_BLANK = r"[\t\n\f\r ]"
_TAG = re.compile(r"<(/?)([A-Za-z][^\t\n\f\r />]*)")
_ATTRIBUTE = re.compile(
    r"[\t\n\f\r /]*+(=?[^\t\n\f\r />=]*+)"
    rf"(?:{_BLANK}*+={_BLANK}*+(?:\"([^\"]*+)(?:\"|\Z)|'([^']*+)(?:'|\Z)|([^\t\n\f\r >\"'][^\t\n\f\r >]*+))?)?"
)
# How a text begins that says that it is XHTML.
_XHTML = re.compile(r"\ufeff?\s*(?:<\?xml\s|(?:<![^>]*>\s*)*+<html\s(?:[^<>]*\s)?xmlns=)", re.IGNORECASE)
_EMPTY_COMMENT = re.compile(r"<!---?>")
_COMMENT_END = re.compile(r"--!?>|\Z")
_BOGUS_END = re.compile(r">|\Z")
_CDATA_END = re.compile(r"\]\]>|\Z")
_RAW = ("script", "style", "xmp", "iframe", "noembed", "noframes", "title", "textarea", "plaintext")
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\t\n\f\r />])|\Z", re.IGNORECASE) for name in _RAW}
_RAW_ENDS["plaintext"] = re.compile(r"\Z")
_IN_SCRIPT = re.compile(rf"(<!--)(?!-?>)|(-->)|<(/?)script(?={_BLANK}|[/>])", re.IGNORECASE)


class TokenKind(Enum):
    """What a token is."""

    TEXT = auto()
    RAW = auto()  # the text of an element in which tags do not count
    START = auto()
    END = auto()
    OTHER = auto()  # comments, declarations, tags that never end


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the source; all of them together are the source."""

    kind: TokenKind
    span: Span
    name: str = ""  # of the tag, or of the element that raw text stands in; in small letters
    attributes: tuple[tuple[str, Span], ...] = ()  # names in small letters, and where their values stand
    is_empty: bool = False  # ends itself with "/>", as a foreign element does, and in XHTML each


def tokens(text: str) -> Iterator[Token]:
    """Cut a text into tokens."""
    position, foreign = 0, 0
    is_xhtml = _XHTML.match(text) is not None
    while position < len(text):
        token = _token(text, position, is_foreign=foreign > 0, is_xhtml=is_xhtml)
        yield token
        position = token.span.end
        if token.name in FOREIGN:
            opened = token.kind is TokenKind.START and not token.is_empty
            foreign = max(0, foreign + opened - (token.kind is TokenKind.END))
        elif token.kind is TokenKind.START and token.name in _RAW and not foreign and not token.is_empty:
            end = _raw_end(text, position, token.name)
            if end > position:
                yield Token(TokenKind.RAW, Span(position, end), token.name)
            position = end


def _token(text: str, start: int, *, is_foreign: bool, is_xhtml: bool) -> Token:
    if text[start] != "<":
        end = text.find("<", start)
        return Token(TokenKind.TEXT, Span(start, len(text) if end < 0 else end))
    if tag := _TAG.match(text, start):
        return _tag(text, tag, is_xhtml=is_xhtml)
    following = text[start + 1 : start + 2]
    if following in ("!", "?"):
        return Token(TokenKind.OTHER, Span(start, _declaration_end(text, start, is_foreign=is_foreign)))
    if following == "/" and start + 2 < len(text):
        return Token(TokenKind.OTHER, Span(start, _end(_BOGUS_END, text, start + 2)))
    return Token(TokenKind.TEXT, Span(start, start + 1))


def _tag(text: str, tag: re.Match[str], *, is_xhtml: bool) -> Token:
    attributes: list[tuple[str, Span]] = []
    position = tag.end()
    while True:
        match = _ATTRIBUTE.match(text, position)
        assert match is not None  # every part of it may be empty
        position = match.end()
        if not match[1]:
            break
        group = match.lastindex or 1
        value = Span(*match.span(group)) if group > 1 else Span(position, position)
        attributes.append((match[1].lower(), value))
    if position >= len(text):
        return Token(TokenKind.OTHER, Span(tag.start(), len(text)))
    kind = TokenKind.END if tag[1] else TokenKind.START
    name, span = tag[2].lower(), Span(tag.start(), position + 1)
    is_empty = text[position - 1] == "/" and (is_xhtml or name in FOREIGN)
    return Token(kind, span, name, tuple(attributes), is_empty)


def _declaration_end(text: str, start: int, *, is_foreign: bool) -> int:
    if text.startswith("<!--", start):
        empty = _EMPTY_COMMENT.match(text, start)
        return empty.end() if empty else _end(_COMMENT_END, text, start + 4)
    if is_foreign and text.startswith("<![CDATA[", start):
        return _end(_CDATA_END, text, start + 9)
    return _end(_BOGUS_END, text, start + 2)


def _raw_end(text: str, start: int, name: str) -> int:
    if name != "script":
        found = _RAW_ENDS[name].search(text, start)
        assert found is not None  # at the end of the text at the latest
        return found.start()
    # A comment in a script hides the end of a script within a script.
    is_comment = is_nested = False
    for found in _IN_SCRIPT.finditer(text, start):
        opens, closes, slash = found.groups()
        if opens:
            is_comment = True
        elif closes:
            is_comment = is_nested = False
        elif slash and not is_nested:
            return found.start()
        else:
            is_nested = is_comment and not slash
    return len(text)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.search(text, start)
    assert found is not None  # at the end of the text at the latest
    return found.end()
