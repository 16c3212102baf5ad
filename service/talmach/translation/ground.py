"""What the placement of marks builds on: the words of both sides, what comes from what, and what is taken already."""

import sys
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence

import numpy as np

from talmach.text.markup import Marked, MarkKind
from talmach.text.span import Span
from talmach.translation.alignment import Floats, words


class OutOfPlace(Exception):
    """A mark cannot go where it belongs without crossing another."""


class Words:
    """The words of one side, in order."""

    def __init__(self, text: str) -> None:
        self.spans = words(text)
        self.starts = [span.start for span in self.spans]
        self.ends = [span.end for span in self.spans]

    def touching(self, start: int, end: int) -> range:
        """The words that overlap a stretch."""
        return range(bisect_right(self.ends, start), bisect_left(self.starts, end))

    def inside(self, room: Span) -> range:
        """The words that lie wholly in a stretch."""
        return range(bisect_left(self.starts, room.start), bisect_right(self.ends, room.end))


class Origins:
    """How much of each word of a translation comes from a run of words of its source."""

    def __init__(self, ours: int, theirs: int, links: Floats | None) -> None:
        """`ours` and `theirs` are the numbers of words; without `links`, one side is the other, stretched."""
        self._ours, self._theirs = ours, theirs
        self._sums: Floats | None = None
        if links is not None:
            self._sums = np.concatenate((np.zeros((theirs, 1), dtype=np.float32), links.cumsum(axis=1)), axis=1)

    def of(self, run: range) -> Floats:
        """Return the share of each word, (theirs,), that comes from a run."""
        if self._sums is not None:
            shares: Floats = self._sums[:, run.stop] - self._sums[:, run.start]
            return shares
        step = self._ours / max(self._theirs, 1)
        starts = np.arange(self._theirs, dtype=np.float32) * step
        overlaps = np.minimum(starts + step, run.stop) - np.maximum(starts, run.start)
        stretched: Floats = np.clip(overlaps / max(step, 1e-6), 0, 1).astype(np.float32)
        return stretched


class Level:
    """The places that the children of one node have taken in its room; they stay apart."""

    def __init__(self, room: Span) -> None:
        self.room = room
        self._taken: list[tuple[int, int]] = []

    @property
    def taken(self) -> Iterator[Span]:
        """All of them, in order."""
        return (Span(*each) for each in self._taken)

    def take(self, place: Span) -> None:
        """Take a place; raises OutOfPlace where it is not in the room, or not free."""
        around = self.free_around(place)
        if place.start < around.start or place.end > around.end:
            raise OutOfPlace
        insort(self._taken, (place.start, place.end))

    def free_around(self, place: Span) -> Span:
        """Return how far a place could grow."""
        after = bisect_right(self._taken, (place.start, sys.maxsize))
        start = self._taken[after - 1][1] if after else self.room.start
        end = self._taken[after][0] if after < len(self._taken) else self.room.end
        return Span(start, end)

    def outside(self, position: int) -> Span:
        """Return the place of a point: where it should be, or at the nearer edge of what is taken there."""
        before = bisect_left(self._taken, (position, -1)) - 1
        if before >= 0:
            start, end = self._taken[before]
            if start < position < end:
                position = start if position - start < end - position else end
        position = min(max(position, self.room.start), self.room.end)
        return Span(position, position)


def find_atoms(marked: Marked, target: str, kept: Sequence[Span] = ()) -> dict[int, Span]:
    """Return where in a translation each atom's words are, by its number; raises OutOfPlace where one is missing.

    `kept` is what no model has seen: where that has all atoms of a kind, they are nowhere else. Else as many of the
    same words as in the source are needed, in the same order: "a" may be an atom and an article.
    """
    numbers: dict[str, list[int]] = {}
    for number, mark in enumerate(marked.marks):
        if mark.kind is MarkKind.ATOM:
            numbers.setdefault(marked.text[mark.at : mark.until], []).append(number)
    of_kept: dict[str, list[int]] = {}
    for span in kept if numbers else ():
        of_kept.setdefault(span.slice(target), []).append(span.start)
    found: dict[int, Span] = {}
    for words_of_atom, own in numbers.items():
        starts = of_kept.get(words_of_atom, [])
        if len(starts) != len(own):
            ours, theirs = list(_whole(words_of_atom, marked.text)), list(_whole(words_of_atom, target))
            here = dict(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) else {}
            if any(marked.marks[number].at not in here for number in own):
                raise OutOfPlace
            starts = [here[marked.marks[number].at] for number in own]
        found |= {number: Span(at, at + len(words_of_atom)) for number, at in zip(own, starts, strict=True)}
    return found


def _whole(part: str, text: str) -> Iterator[int]:
    """Yield where `part` occurs in `text` as whole words, without overlaps."""
    position = text.find(part)
    while position >= 0:
        end = position + len(part)
        joins_before = position > 0 and text[position - 1].isalnum() and part[0].isalnum()
        joins_behind = end < len(text) and text[end].isalnum() and part[-1].isalnum()
        if joins_before or joins_behind:
            position = text.find(part, position + 1)
        else:
            yield position
            position = text.find(part, end)
