"""Writes the numbers of a translation as its language does.

A model that copies the comma of "3,274" into Russian makes three and a bit of three thousand, and one that drops the
comma of «3,274» makes three thousand of three and a bit. The digits tell which number of the source was meant.
"""

import re

from talmach.engine.base import Direction
from talmach.quality.numerals import readings_in

_LEAST_PARTED = 5  # digits; Russian and Belarusian do not part the thousands of fewer
_PARTING = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")
_NO_BREAK_SPACE = "\u00a0"


def localize_numbers(source: str, target: str, direction: Direction) -> str:
    """Return `target` with each number that has the digits of one of `source`, but not its value, written anew.

    A number that `source` leaves open, and a time of day, stay as they are. Takes time linear in both.
    """
    theirs = list(readings_in(target, direction.target))
    if not theirs:
        return target
    values: dict[str, set[str]] = {}  # by the digits
    spellings: dict[str, str] = {}
    for match, readings in readings_in(source, direction.source):
        digits = _digits(match.group())
        values.setdefault(digits, set()).update(readings)
        spellings[digits] = match.group()
    pieces, position = [], 0
    for match, readings in theirs:
        digits = _digits(match.group())
        ours = values.get(digits, set())
        if len(ours) != 1:
            continue
        (value,) = ours
        if readings != ours or _has_decimal_comma(match.group(), value, direction.target):
            pieces += [target[position : match.start()], _written(value, spellings[digits], direction)]
            position = match.end()
    return "".join([*pieces, target[position:]])


def _digits(numeral: str) -> str:
    return "".join(filter(str.isdecimal, numeral))


def _has_decimal_comma(numeral: str, value: str, language: str) -> bool:
    """Whether English, which has none, got one: "2,5"."""
    _, sign, fraction = value.partition(".")
    return language == "en" and bool(sign) and numeral.endswith("," + fraction)


def _written(value: str, spelling: str, direction: Direction) -> str:
    """A number in the notation of the translation, its thousands parted if they are in the source's `spelling`."""
    if "en" not in direction:
        return spelling
    whole, sign, fraction = value.partition(".")
    separator, decimal_sign = (",", ".") if direction.target == "en" else (_NO_BREAK_SPACE, ",")
    is_parted = not spelling.startswith(whole)
    if is_parted and (direction.target == "en" or len(whole) >= _LEAST_PARTED):
        whole = _PARTING.sub(separator, whole)
    return whole + (decimal_sign + fraction if sign else "")
