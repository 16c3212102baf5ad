"""Marks of a sentence in the order of its source, for those that do not nest, or that would cross."""

from talmach.text.markup import MarkKind, Placed
from talmach.text.span import Span
from talmach.translation.bitext import Bitext
from talmach.translation.ground import Level, OutOfPlace


def in_order(bitext: Bitext) -> list[Placed]:
    """Place marks one after the other; raises OutOfPlace where what must not be touched is in another order."""
    placed: list[Placed] = []
    limits = _limits(bitext)
    last = 0
    for number, mark in enumerate(bitext.marks):
        room = Span(last, limits[number])
        if mark.kind is MarkKind.ATOM:
            spot = bitext.atoms[number]
            if spot.start < last:
                raise OutOfPlace
        else:
            position = min(max(bitext.position(mark, room), room.start), room.end)
            spot = Span(position, position)
            if mark.kind is MarkKind.BLANK:
                spot = bitext.blank(position, Level(room)) or spot
        placed.append(Placed(number, spot.start, spot.end))
        last = spot.end
    return placed


def _limits(bitext: Bitext) -> list[int]:
    """For each mark, where the next untouchable thing begins."""
    limits, limit = [], len(bitext.target)
    for number in range(len(bitext.marks) - 1, -1, -1):
        limits.append(limit)
        if number in bitext.atoms:
            limit = min(limit, bitext.atoms[number].start)
    return limits[::-1]
