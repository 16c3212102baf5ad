"""A sentence with its marks, beside its translation: which word comes from which, and where a mark goes."""

from collections.abc import Sequence

import numpy as np

from talmach.text.markup import InnerMark, Marked, MarkKind
from talmach.text.span import Span
from talmach.translation.alignment import Floats
from talmach.translation.ground import Level, Origins, Words, find_atoms

_MOST_WORK = 4_000_000  # marks times words; beyond it, marks go by their position
_FARTHEST_BLANK = 200  # characters from where it should be
_TOKEN_SIGNS = ("@", "#")
_LONGEST_SIGNS = 16  # characters; of brackets and quotes beside a word


class Bitext:
    """Both sides of one sentence."""

    def __init__(self, marked: Marked, target: str, links: Floats | None, kept: Sequence[Span]) -> None:
        """Raises OutOfPlace where the translation lacks what must not be touched."""
        self.marks, self.text, self.target = marked.marks, marked.text, target
        self.ours, self.theirs = Words(marked.text), Words(target)
        self.atoms = find_atoms(marked, target, kept)
        self.is_much = len(self.marks) * len(self.theirs.spans) > _MOST_WORK
        links = None if links is None else self._with_atoms(links)
        self.origins = Origins(len(self.ours.spans), len(self.theirs.spans), links)

    def position(self, mark: InnerMark, room: Span) -> int:
        """Where a mark goes that stands between words."""
        inside = self.theirs.inside(room)
        boundary = self._boundary(mark.at, inside)
        is_behind_blank = mark.at > 0 and self.text[mark.at - 1].isspace()
        is_behind_word = mark.kind is MarkKind.CLOSE or (mark.kind is not MarkKind.OPEN and not is_behind_blank)
        if inside and mark.kind is MarkKind.OPEN:
            boundary = min(boundary, inside.stop - 1)  # there is something for it to open
        elif inside and mark.kind is MarkKind.CLOSE:
            boundary = max(boundary, inside.start + 1)
        elif inside and is_behind_word and mark.at > 0:
            boundary = self._behind(mark.at, inside) or boundary
        if is_behind_word and boundary > inside.start:
            position = self.theirs.ends[boundary - 1]
            for _ in range(signs_from(self.text, mark.at - 1, -1)):
                position += position < room.end and is_sign(self.target[position])
            return position
        if boundary < inside.stop:
            position = self.theirs.starts[boundary]
            for _ in range(signs_from(self.text, mark.at, 1)):
                position -= position > room.start and is_sign(self.target[position - 1])
            return position - (position > room.start and self.parts_token(mark.at, position))
        return room.start if is_behind_word else room.end

    def parts_token(self, at: int, position: int) -> bool:
        """Whether a mark at `position` parts a @handle from its sign; where the one `at` in the source does, it may."""
        return self.target[position - 1 : position] in _TOKEN_SIGNS and self.text[at - 1 : at] not in _TOKEN_SIGNS

    def blank(self, position: int, level: Level) -> Span | None:
        """The nearest blank that is free, to be written as something else."""
        free = level.free_around(Span(position, position))
        for distance in range(_FARTHEST_BLANK):
            for start in (position + distance, position - distance - 1):
                if free.start <= start < free.end and self.target[start] == " ":
                    return Span(start, start + 1)
        return None

    def _behind(self, at: int, inside: range) -> int | None:
        """Behind which word something goes that is attached to a word: a footnote's number."""
        ours = self.ours.touching(0, at)[-1:]
        shares = self.origins.of(ours)[inside.start : inside.stop]
        best = int(shares.argmax())
        return inside.start + best + 1 if shares[best] > 0 and not self.is_much else None

    def _boundary(self, at: int, inside: range) -> int:
        """Before which word: as far as possible, those before it come from before `at`, the others from after."""
        if not inside:
            return inside.start
        ours = self.ours.touching(0, at)
        if self.is_much:
            share = at / max(len(self.text), 1)
            return inside.start + round(share * len(inside))
        gains = 2 * self.origins.of(ours) - self.origins.of(range(len(self.ours.spans)))
        sums = np.concatenate(([0.0], gains[inside.start : inside.stop].cumsum()))
        return inside.start + int(sums.argmax())

    def _with_atoms(self, links: Floats) -> Floats:
        """Atoms, which must not be touched, come from themselves, and nothing else does."""
        if not self.atoms:
            return links
        links = links.copy()
        for number, place in self.atoms.items():
            mark = self.marks[number]
            ours, theirs = self.ours.touching(mark.at, mark.until), self.theirs.touching(place.start, place.end)
            links[:, ours.start : ours.stop] = 0
            links[theirs.start : theirs.stop] = 0
            if ours:
                links[theirs.start : theirs.stop, ours.start : ours.stop] = 1 / len(ours)
        return links


def is_sign(char: str) -> bool:
    """Whether a character is neither part of a word nor a blank."""
    return not char.isalnum() and not char.isspace()


def signs_from(text: str, at: int, step: int) -> int:
    """Return how many signs follow each other from a place on."""
    count = 0
    while count < _LONGEST_SIGNS and 0 <= at < len(text) and is_sign(text[at]):
        count, at = count + 1, at + step
    return count
