"""Whether source and translation have the same numbers, however each language writes them."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from talmach.engine.base import Direction
from talmach.quality.number_words import roman_values_in, values_in
from talmach.quality.numerals import Numeral, numerals_in
from talmach.text.characters import words_of


def has_number_mismatch(source: str, target: str, direction: Direction) -> bool:
    """Whether a number is missing, added or changed.

    Tolerates decimal signs, thousands separators, leading zeros, scale words, ordinals, 12-hour and 24-hour clocks,
    decades, and digits or Roman numerals on one side that are words, months or the other kind of numerals on the other.
    """
    numerals = numerals_in(source, direction.source), numerals_in(target, direction.target)
    if _has_other_roman(source, target, numerals[1]) or _has_other_roman(target, source, numerals[0]):
        return True
    if numerals[0] == numerals[1]:
        return False
    source_left, target_left = _unmatched(*numerals)
    are_times = _has_times(source_left) and _has_times(target_left)  # which do not agree, in whatever parts
    if not are_times:
        source_left, target_left = _unmatched(_with_hours(source_left), _with_hours(target_left))
    source_left, target_left = (_split(left, keep_times=are_times) for left in (source_left, target_left))
    source_left, target_left = _unmatched(source_left, target_left)
    return not (_are_excused(source_left, target) and _are_excused(target_left, source))


def _has_other_roman(text: str, other: str, numerals: Iterable[Numeral]) -> bool:
    """Whether `text` has a Roman numeral for which `other`, with its `numerals` in digits, has none and no word."""
    values = roman_values_in(text)
    if not values:
        return False
    values -= roman_values_in(other)
    return not values <= values_in(words_of(other)).union(*(numeral.values for numeral in numerals))


def _has_times(numerals: Iterable[Numeral]) -> bool:
    return any(numeral.may_be_time() for numeral in numerals)


def _with_hours(numerals: Iterable[Numeral]) -> list[Numeral]:
    """Full hours may stand opposite a mere number: "9 p.m." - «21 час»."""
    return [Numeral(numeral.values | numeral.hours, parts=numeral.parts) for numeral in numerals]


def _split(numerals: Iterable[Numeral], *, keep_times: bool) -> list[Numeral]:
    split: list[Numeral] = []
    for numeral in numerals:
        split += [numeral] if not numeral.parts or (keep_times and numeral.may_be_time()) else numeral.parts
    return split


def _are_excused(numerals: list[Numeral], text: str) -> bool:
    """Whether each numeral may be a word in `text`."""
    values = values_in(words_of(text)) if numerals else set()
    return not any(values.isdisjoint(numeral.values) for numeral in numerals)


def _unmatched(source: list[Numeral], target: list[Numeral]) -> tuple[list[Numeral], list[Numeral]]:
    """What is left on each side when equal numerals, and then those that may be equal, have been paired."""
    same = Counter(numeral.values for numeral in source) & Counter(numeral.values for numeral in target)
    source, target = _without(source, same), _without(target, same)
    waiting: dict[str, list[int]] = defaultdict(list)  # positions in `target` by value
    for position, numeral in enumerate(target):
        for value in numeral.values:
            waiting[value].append(position)
    paired: set[int] = set()
    source_left = []
    for numeral in source:
        partner = _next_partner(numeral, waiting, paired)
        if partner is None:
            source_left.append(numeral)
        else:
            paired.add(partner)
    return source_left, [numeral for position, numeral in enumerate(target) if position not in paired]


def _next_partner(numeral: Numeral, waiting: dict[str, list[int]], paired: set[int]) -> int | None:
    for value in numeral.values:
        positions = waiting[value]
        while positions:
            position = positions.pop()
            if position not in paired:
                return position
    return None


def _without(numerals: list[Numeral], removed: Counter[frozenset[str]]) -> list[Numeral]:
    remaining = Counter(removed)
    kept = []
    for numeral in numerals:
        if remaining[numeral.values]:
            remaining[numeral.values] -= 1
        else:
            kept.append(numeral)
    return kept
