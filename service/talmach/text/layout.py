"""From lines to paragraphs: which line ends end a paragraph, and which were only put there to fit a width.

A program that wraps a text fills each line as far as the next word allows. So a text is taken as wrapped when the lines
that do not end a sentence are nearly full, and about half of them show that they go on, as those of prose do and those
of verses, menus and lists of headlines do not. In such a text a full line goes on whatever the next one begins with.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from talmach.text import sentences
from talmach.text.abbreviations import for_language
from talmach.text.characters import CLOSING, TERMINAL
from talmach.text.span import Span

_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_FENCED_CODE = re.compile(r"^```[^\n]*\n(?:(?!```)[^\n]*\n)*```", re.MULTILINE)
MARKER = re.compile(
    r"""(?: (?: [—–−‒―•·●○◦▪■□►▶➤✓✔*‣⁃-]{1,2}     # bullets and dashes of direct speech
            |   \d{1,3}(?:\.\d{1,2}){0,3}[.)]     # 1.  1)  1.2.
            |   [a-zа-яёіў]\)                     # a)  а)
            ) [^\S\r\n]+ )+""",
    re.VERBOSE,
)
_DASH_IN_SENTENCE = re.compile(r"[—–−―] [^\W\d_]")
_NUMBER_MARKER = re.compile(r"\d{1,3}[.)]\s")
_TIMECODE = re.compile(r"(?:\d{1,2}:)?\d{1,2}:\d{2}[.,]\d{3} --> ")
_INNER_STOP = re.compile(r"[^\W\d_]{2}[\"'’»”)]*[.!?…][\"'’»”)]*\s+[«„“\"'(—]*[A-ZА-ЯЁІЎ]")
_PARTED_WORD = re.compile(r"[^\W\d_][-\u2010\u00ad]$")
# Blanks inside a line that separate its columns: any with a tab, or many.
_COLUMN_GAP = re.compile(r"(?<=\S)(?:[ \u00a0]*\t[ \t\u00a0]*(?=\S)|[ \u00a0]{4,}(?=[^\s\u00a0a-zа-яёіў]))")
_MIN_LINE = 50  # code points; a shorter line without a stop is a headline, list item or verse, unless all are narrow
_MIN_WIDTH = 18  # of a wrapped text; a caption's or a subtitle's
_MAX_WIDTH = 200
_MIN_PARTED_LINE = 12  # a shorter line that ends in a hyphen is no part of a sentence
_FULL = 0.85  # of the width, filled by a line and the next word: fonts and hyphens make the edge ragged
_LEAST_FULL_SHARE = 0.8  # of the lines that do not end a sentence
_LEAST_SIGNS = 2  # that lines go on, before the shape of a text says anything
_LEAST_GOING_ON = 0.5  # of the lines that do not end a sentence


@dataclass(frozen=True, slots=True)
class _Line:
    span: Span  # without the blanks around it
    text: str
    is_indented: bool

    @property
    def is_open(self) -> bool:
        """Whether its sentence goes on, as far as one can see."""
        return self.text.rstrip(CLOSING)[-1:] not in TERMINAL

    @property
    def is_small(self) -> bool:
        return self.text[:1].islower() and not MARKER.match(self.text)


def paragraphs(text: str) -> Iterator[Span]:
    """The paragraphs that are not blank, in order, with the lines of a hard-wrapped one together."""
    blocks = list(_blocks(text))
    width = _wrap_width(blocks)
    for block in blocks:
        if is_code(block[0].text):
            yield block[0].span
            continue
        own_width = _wrap_width([block]) or width
        is_subtitle = any(_TIMECODE.match(line.text) for line in block[:2])
        start = block[0].span.start
        for line, following in pairwise(block):
            if not _goes_on(line, following, own_width, is_subtitle=is_subtitle):
                yield Span(start, line.span.end)
                start = following.span.start
        yield Span(start, block[-1].span.end)


def is_code(text: str, span: Span | None = None) -> bool:
    """Whether a stretch of `text`, or all of it, is a block of code between fences."""
    return bool(_FENCED_CODE.fullmatch(text, *((span.start, span.end) if span else ())))


def cells(text: str, paragraph: Span) -> Iterator[Span]:
    """The columns of a paragraph that is a row of a table; the paragraph itself if it has no wide gaps."""
    start = paragraph.start
    for gap in _COLUMN_GAP.finditer(text, paragraph.start, paragraph.end):
        yield Span(start, gap.start())
        start = gap.end()
    yield Span(start, paragraph.end)


def _blocks(text: str) -> Iterator[list[_Line]]:
    """Runs of lines that are not blank."""
    block: list[_Line] = []
    for whole in _lines(text):
        if is_code(text, whole):
            if block:
                yield block
                block = []
            yield [_Line(whole, whole.slice(text), is_indented=False)]
            continue
        span = sentences.strip(text, whole.start, whole.end)
        if span.start < span.end:
            block.append(_Line(span, span.slice(text), is_indented=text[whole.start : whole.start + 1] in (" ", "\t")))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _lines(text: str) -> Iterator[Span]:
    """The lines, blank ones included; a block of code between fences counts as one."""
    start = 0
    for code in (*_FENCED_CODE.finditer(text), None):
        end = code.start() if code else len(text)
        for line_end in _LINE_END.finditer(text, start, end):
            yield Span(start, line_end.start())
            start = line_end.end()
        if start < end or not code:
            yield Span(start, end)
        if code:
            yield Span(*code.span())
            start = code.end()


def _wrap_width(blocks: Sequence[list[_Line]]) -> int | None:
    """The width that the lines of these blocks were wrapped to; None when they were not."""
    joints = [joint for block in blocks for joint in pairwise(block)]
    width = max((len(line.text) for line, _ in joints if " " in line.text), default=0)
    if not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return None
    opened = [(line, following) for line, following in joints if line.is_open and not MARKER.match(following.text)]
    signs = [_signs(line, following) for line, following in opened]
    goes_on = sum(signs) >= _LEAST_SIGNS and sum(map(bool, signs)) >= _LEAST_GOING_ON * len(signs)
    full = sum(_is_full(line, following, width) for line, following in opened)
    return width if goes_on and full >= _LEAST_FULL_SHARE * len(opened) else None


def _signs(line: _Line, following: _Line) -> int:
    """How many signs say that an open line goes on: a small letter, a function word, a sentence begun in it."""
    last = line.text.rsplit(maxsplit=1)[-1].lower()
    return following.is_small + (last in for_language(None).starters) + bool(_INNER_STOP.search(line.text))


def _is_full(line: _Line, following: _Line, width: int) -> bool:
    """Whether the next word would not have fitted."""
    return len(line.text) + 1 + len(following.text.split(maxsplit=1)[0]) > _FULL * width


def _goes_on(line: _Line, following: _Line, width: int | None, *, is_subtitle: bool) -> bool:
    """Whether `following` belongs to the paragraph of `line`."""
    if following.is_small and len(line.text) >= _MIN_PARTED_LINE and _PARTED_WORD.search(line.text):
        return True
    begins = following.is_indented and not line.is_indented and not following.is_small
    if begins or "\t" in line.text or "\t" in following.text:
        return False
    if is_subtitle:
        is_text = not _TIMECODE.match(line.text) and not _TIMECODE.match(following.text)
        return is_text and line.is_open and not MARKER.match(following.text)
    if width is None:
        return len(line.text) >= _MIN_LINE and line.is_open and following.is_small
    is_item = MARKER.match(following.text) and not (line.is_open and _is_inner_marker(line, following))
    return _is_full(line, following, width) and not is_item


def _is_inner_marker(line: _Line, following: _Line) -> bool:
    """Whether what looks like a list's marker stands inside a sentence: a dash, or a number that ends one."""
    if MARKER.match(line.text):
        return False
    dash = _DASH_IN_SENTENCE.match(following.text)
    return (dash is not None and dash.group()[-1].islower()) or bool(_NUMBER_MARKER.match(following.text))
