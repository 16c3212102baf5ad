"""Splits a sentence that is too long for a model's window at the best places available, without losing a code point."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from talmach.text.span import Span

_CONJUNCTIONS = (
    "и а но или что чтобы который которая которое которые если когда хотя поскольку так "
    "і але або ці што каб які якая якое якія калі хоць бо паколькі "
    "and but or nor that which who where when while because although if so"
)
# Every pattern has zero width: a run of a million spaces costs one look per space.
_BREAKS = (
    re.compile(r"(?<=[;:]\s)|(?<=\s)(?=[—–]\s)"),
    re.compile(rf"(?<=\s)(?=(?:{'|'.join(_CONJUNCTIONS.split())})\s)"),
    re.compile(r"(?<=,\s)"),
)
_WORD_BREAK = re.compile(r"(?<=\s)(?=\S)")
_FIRST_GUESS = 256  # code points; doubled or halved from there
_LONGEST_CLUSTER = 32  # code points looked back to keep a combining sequence whole
_JOINER = "\u200d"


def split_clauses(text: str, fits: Callable[[str], bool]) -> list[Span]:
    """Adjoining spans that cover `text`, each of which fits.

    Clause boundaries are preferred, then commas, words and characters; the parts are of similar length. `fits` is
    taken as monotone (a part of what fits also fits) and asked some ten times per part. A single code point that does
    not fit is returned all the same, as it cannot be split.
    """
    if not text:
        return []
    if fits(text):
        return [Span(0, len(text))]
    breaks = [[match.end() for match in pattern.finditer(text)] for pattern in _BREAKS]
    words = [match.end() for match in _WORD_BREAK.finditer(text)]
    spans: list[Span] = []
    start, size = 0, _FIRST_GUESS
    while start < len(text):
        size = _longest(text, start, size, fits)
        end = _choose_end(text, start, size, breaks, words)
        while end - start > 1 and not fits(text[start:end]):
            end = start + (end - start) // 2
        spans.append(Span(start, end))
        start = end
    return spans


def _longest(text: str, start: int, guess: int, fits: Callable[[str], bool]) -> int:
    """About the greatest size that fits at `start`: never too large, at most a sixteenth too small."""
    rest = len(text) - start
    fitting, failing = 1, rest + 1
    probe = min(guess, rest)
    while failing - fitting > (1 + fitting // 16 if failing <= rest else 1):
        if fits(text[start : start + probe]):
            fitting = max(fitting, probe)
        else:
            failing = probe
        probe = min(fitting * 2, rest) if failing > rest else (fitting + failing) // 2
        if failing <= 1:
            return 1
    return fitting


def _choose_end(text: str, start: int, size: int, breaks: Sequence[list[int]], words: list[int]) -> int:
    rest = len(text) - start
    if size >= rest:
        return len(text)
    parts = -(-rest // size)
    target, limit = start + -(-rest // parts), start + size
    for positions in breaks:
        if end := _nearest(positions, start + max(1, (target - start) // 2), limit, target):
            return end
    return _nearest(words, start + 1, limit, target) or _cluster_end(text, start, limit)


def _nearest(positions: list[int], low: int, high: int, target: int) -> int | None:
    inside = positions[bisect_left(positions, low) : bisect_right(positions, high)]
    return min(inside, key=lambda position: abs(position - target), default=None)


def _cluster_end(text: str, start: int, limit: int) -> int:
    """The last place up to `limit` that cuts no combining sequence, joined emoji, surrogate pair or line end."""
    for end in range(limit, max(start, limit - _LONGEST_CLUSTER), -1):
        if not _is_inside_cluster(text[end - 1], text[end]):
            return end
    return limit


def _is_inside_cluster(before: str, after: str) -> bool:
    return (
        unicodedata.category(after).startswith("M")
        or _JOINER in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # emoji skin tones
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
        or (before == "\r" and after == "\n")
    )
