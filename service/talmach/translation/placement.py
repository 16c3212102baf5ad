"""Where the marks of a sentence go in its translation.

A pair goes around the words that come from the words it enclosed; pairs beside each other may change their order with
their words, but what was inside a pair stays inside, and nothing crosses. Where the marks do not nest within the
sentence, or what must not be touched is out of place, they keep their order instead.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from talmach.text.markup import Marked, MarkKind, Placed
from talmach.text.span import Span
from talmach.translation.alignment import Floats
from talmach.translation.bitext import Bitext, is_sign, signs_from
from talmach.translation.ground import Level, OutOfPlace
from talmach.translation.ordered import in_order

_NEVER = -1e6
_NOWHERE = Span(0, 0)


@dataclass(slots=True, eq=False)
class _Node:
    """A mark, or a pair of them with what is inside; the whole sentence is one too."""

    first: int  # number of the mark
    last: int  # number of the closing mark of a pair, else the same
    at: int  # in the source
    until: int
    children: list["_Node"] = field(default_factory=list)
    place: Span = _NOWHERE  # in the translation


def place(marked: Marked, target: str, links: Floats | None, kept: Sequence[Span] = ()) -> list[Placed]:
    """Return the place of every mark, in the order of the translation.

    Args:
        marked: a sentence.
        target: its translation.
        links: how much of each word of it comes from each word of the sentence; None = as its position says.
        kept: the parts of it that no model has seen.
    """
    try:
        bitext = Bitext(marked, target, links, kept)
        try:
            return _Placer(bitext).nested()
        except OutOfPlace:
            return in_order(bitext)
    except OutOfPlace:
        # What must not be touched occurs less often in the translation, or in another order between tags that cross.
        return [Placed(number, 0, 0) for number in range(len(marked.marks))]


class _Placer:
    """Places the marks of one sentence."""

    def __init__(self, bitext: Bitext) -> None:
        self._bitext = bitext
        self._marks, self._text, self._target = bitext.marks, bitext.text, bitext.target
        self._ours, self._theirs, self._origins = bitext.ours, bitext.theirs, bitext.origins
        self._atoms = bitext.atoms
        self._atom_numbers = sorted(bitext.atoms)

    def nested(self) -> list[Placed]:
        """Place pairs around their words; raises OutOfPlace."""
        if self._bitext.is_much:
            raise OutOfPlace
        root = self._tree()
        root.place = Span(0, len(self._target))
        waiting = [root]
        while waiting:
            parent = waiting.pop()
            self._place_children(parent)
            waiting += [child for child in parent.children if child.children]
        return list(_flat(root))

    def _tree(self) -> _Node:
        """The marks as they are nested; raises OutOfPlace where they are not."""
        root = _Node(-1, -1, 0, len(self._text))
        opened = [root]
        for number, mark in enumerate(self._marks):
            if mark.kind is MarkKind.CLOSE:
                if mark.partner is None or opened[-1].first != mark.partner:
                    raise OutOfPlace
                opened[-1].until, opened[-1].last = mark.at, number
                opened.pop()
                continue
            node = _Node(number, number, mark.at, mark.until)
            opened[-1].children.append(node)
            if mark.kind is MarkKind.OPEN:
                opened.append(node)
        if len(opened) > 1:
            raise OutOfPlace
        return root

    def _place_children(self, parent: _Node) -> None:
        """Place what is inside a node in its room: what is tied to words first."""
        level = Level(parent.place)
        atoms, pairs, points = self._sorted(parent)
        for child in atoms:
            child.place = self._atoms[child.first]
            level.take(child.place)
        self._place_pairs(pairs, parent, level)
        for child in points:
            mark = self._marks[child.first]
            if child.last != child.first:  # an element without words
                mark = replace(mark, kind=MarkKind.POINT)
            child.place = level.outside(self._bitext.position(mark, parent.place))
            if mark.kind is MarkKind.BLANK and (blank := self._bitext.blank(child.place.start, level)):
                child.place = blank
                level.take(blank)
        self._keep_order(points)

    def _keep_order(self, points: Sequence[_Node]) -> None:
        """Let what has no words in between keep its order, where a blank was found for one of the two."""
        beside = [(one, other) for one, other in pairwise(points) if one.until == other.at]
        for one, other in beside:
            if other.place.start < one.place.end and self._marks[other.first].kind is not MarkKind.BLANK:
                other.place = Span(one.place.end, one.place.end)
        for one, other in reversed(beside):
            if other.place.start < one.place.end and self._marks[one.first].kind is not MarkKind.BLANK:
                one.place = Span(other.place.start, other.place.start)

    def _sorted(self, parent: _Node) -> tuple[list[_Node], list[_Node], list[_Node]]:
        atoms, pairs, points = [], [], []
        for child in parent.children:
            kind = self._marks[child.first].kind
            if kind is MarkKind.ATOM:
                atoms.append(child)
            elif kind is MarkKind.OPEN and (self._ours.touching(child.at, child.until) or self._atoms_in(child)):
                pairs.append(child)
            else:
                points.append(child)
        return atoms, pairs, points

    def _place_pairs(self, pairs: list[_Node], parent: _Node, level: Level) -> None:
        room = self._theirs.inside(parent.place)
        free = np.ones(len(self._theirs.spans), dtype=bool)
        for taken in level.taken:
            touched = self._theirs.touching(taken.start, taken.end)
            free[touched.start : touched.stop] = False
        poor = []
        for child in pairs:
            if found := self._best_run(child, parent, room, free):
                free[found.start : found.stop] = False
                child.place = self._around(child, self._grown(child, found), level)
                level.take(child.place)
            else:
                poor.append(child)
        for child in poor:
            self._place_poor(child, parent, room, free, level)

    def _best_run(self, child: _Node, parent: _Node, room: range, free: NDArray[np.bool_]) -> range | None:
        """The run of words that fits a pair best: most come from its words, and most of its words went there."""
        run = self._ours.touching(child.at, child.until)
        if not room or not run:
            return None
        if run == self._ours.touching(parent.at, parent.until):
            is_whole = free[room.start : room.stop].all()
            return room if is_whole else None
        scores = 2 * self._origins.of(run) - self._origins.of(range(len(self._ours.spans)))
        scores = np.where(free, scores, _NEVER)[room.start : room.stop]
        sums = np.concatenate(([0.0], scores.cumsum()))
        gains = sums[1:] - np.minimum.accumulate(sums)[:-1]
        last = int(gains.argmax())
        if gains[last] <= 0:
            return None
        first = int(sums[: last + 1].argmin())
        return range(room.start + first, room.start + last + 1)

    def _place_poor(self, child: _Node, parent: _Node, room: range, free: NDArray[np.bool_], level: Level) -> None:
        """Place a pair whose words gave no word most of its meaning: at the likeliest word that is left, if any."""
        if (atoms := self._atoms_in(child)) is not None:
            child.place = atoms
        elif not room and not any(level.taken):
            child.place = parent.place
        else:
            shares = self._origins.of(self._ours.touching(child.at, child.until))
            scores = np.where(free, shares, 0)[room.start : room.stop]
            best = int(scores.argmax()) if len(scores) else 0
            if len(scores) and scores[best] > 0:
                free[room.start + best] = False
                word = self._theirs.spans[room.start + best]
                child.place = self._around(child, word, level)
            else:
                child.place = level.outside(self._bitext.position(self._marks[child.first], parent.place))
                return
        level.take(child.place)

    def _atoms_in(self, child: _Node) -> Span | None:
        """From the first to the last of what must not be touched inside a pair."""
        first, last = (bisect_left(self._atom_numbers, number) for number in (child.first, child.last))
        places = [self._atoms[number] for number in self._atom_numbers[first:last]]
        if not places:
            return None
        return Span(min(each.start for each in places), max(each.end for each in places))

    def _grown(self, child: _Node, found: range) -> Span:
        """From the first to the last character of some words, and of what must not be touched inside a pair."""
        place = Span(self._theirs.starts[found.start], self._theirs.ends[found.stop - 1])
        ours = self._ours.touching(child.at, child.until)
        if len(found) == 1 and len(ours) == 1:
            place = _part_of_word(child, self._ours.spans[ours.start], place)
        if (atoms := self._atoms_in(child)) is not None:
            place = Span(min(place.start, atoms.start), max(place.end, atoms.end))
        return place

    def _around(self, child: _Node, place: Span, level: Level) -> Span:
        """A place with the signs and blanks beside it that the source also has inside the pair."""
        begins_blank, ends_blank = (self._text[at].isspace() for at in (child.at, child.until - 1))
        free = level.free_around(place)
        start, end = place.start, place.end
        for _ in range(signs_from(self._text, child.at + begins_blank, 1)):
            start -= start > free.start and is_sign(self._target[start - 1])
        for _ in range(signs_from(self._text, child.until - 1 - ends_blank, -1)):
            end += end < free.end and is_sign(self._target[end])
        start -= start > free.start and self._bitext.parts_token(child.at, start)
        start -= begins_blank and start > free.start and self._target[start - 1].isspace()
        end += ends_blank and end < free.end and self._target[end].isspace()
        return Span(start, end)


def _flat(root: _Node) -> Iterator[Placed]:
    """The marks of a tree in the order of the translation."""
    waiting: list[_Node | Placed] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Placed):
            yield item
            continue
        start, end = item.place.start, item.place.end
        if item.first == item.last and item.first >= 0:
            yield Placed(item.first, start, end if item.until > item.at else start)
            continue
        if item.first >= 0:
            yield Placed(item.first, start, start)
            waiting.append(Placed(item.last, end, end))
        # What is empty goes before what begins there.
        children: list[_Node | Placed] = [*sorted(item.children, key=_order, reverse=True)]
        waiting += children


def _order(node: _Node) -> tuple[int, bool, int]:
    return node.place.start, node.place.end > node.place.start, node.first


def _part_of_word(child: _Node, ours: Span, theirs: Span) -> Span:
    """As much of a word as a pair enclosed: a large first letter stays one."""
    length, size = ours.end - ours.start, theirs.end - theirs.start
    start = round(max(child.at - ours.start, 0) / length * size)
    end = round(min(child.until - ours.start, length) / length * size)
    start = min(start, size - 1)
    return Span(theirs.start + start, theirs.start + max(end, start + 1))
