"""Reads the numbers of a sentence that are written in digits, with every value that each may have.

One notation means different things in different languages («1.500», "1,500"), so a numeral keeps all its readings:
canonical decimals ("1500", "1.5") and times of day on the twelve-hour dial ("t9:30").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from talmach.quality.number_words import scale_exponent

_DIGIT = re.compile(r"\d")
_NUMERAL = re.compile(r"(?<!\d)(\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?!\d)|\d+)((?:[.,:]\d+)*)")
_FOLLOWING_WORD = re.compile(r"[ \u00a0\u202f-]?([^\W\d_]+)")
_RANGE = re.compile(r"\s*(?:[-–—]|to|and|or|до|и|или|да|і|або)\s*")
_HALF_OF_DAY = re.compile(r"\s?[ap]\.?\s?m\b", re.IGNORECASE)
_DECADE = re.compile(r"['’]?s\b|-?(?:х|е|я|ых|ые|ыя)\b")
_YEAR_BEFORE = re.compile(r"(\d\d)\d\d[-–—/]")
_UNIT_POWER = re.compile(r"\b([kcdm]?m|[ксдм]?м)[23]\b")  # "km2" is «кв. км»
_CENTURIES = ("17", "18", "19", "20")
_DIGITS, _SEPARATOR = re.compile(r"\d+"), re.compile(r"\D")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d\d)|(\d\d)(\d\d)")
_HOURS, _MINUTES, _DIAL = 24, 60, 12
_THOUSAND_GROUP = 3  # digits
_LONGEST_VALUE = 24  # digits; what is longer is an identifier


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in digits: the values that it may have, at least one, and its groups if they may be several numbers."""

    values: frozenset[str]
    groups: tuple[str, ...] = ()


def numerals_in(text: str) -> list[Numeral]:
    """Return the numerals of `text`, last first."""
    if not _DIGIT.search(text):
        return []
    text = _UNIT_POWER.sub(r"\1", text)
    numerals = []
    exponent, next_start = 0, len(text)
    for match in reversed(list(_NUMERAL.finditer(text))):
        own_exponents = _exponents_behind(text, match.end())
        is_in_range = own_exponents == {0} and bool(_RANGE.fullmatch(text, match.end(), next_start))
        exponents = own_exponents | ({exponent} if is_in_range else set())  # "2-3 million" says 2 or 2,000,000
        values = {_canonical(number, power) for number in _numbers(match) for power in exponents}
        values.update(_times(match), _years(match))
        is_compound = ":" in match.group() or match.group().count(".") > 1
        groups = tuple(_DIGITS.findall(match.group())) if is_compound else ()
        numerals.append(Numeral(frozenset(values or {match.group()}), groups))
        exponent, next_start = max(exponents), match.start()
    return numerals


def parts_of(numeral: Numeral) -> list[Numeral]:
    """A date, time or score as so many numerals, zeros left out: «21:17» may be "21-17"."""
    if not numeral.groups:
        return [numeral]
    return [Numeral(frozenset({_canonical(group)})) for group in numeral.groups if group.strip("0")]


def _exponents_behind(text: str, position: int) -> set[int]:
    """Powers of ten that the next word may multiply a numeral by; {0} for none."""
    following = _FOLLOWING_WORD.match(text, position)
    if not following:
        return {0}
    word = following.group(1)
    if len(word) == 1:  # "$5m", "10k"; "30 m" and «5 м» are metres, "5m" may be
        return {0, scale_exponent(word) or 0} if following.group() == word else {0}
    return {scale_exponent(word) or 0}


def _numbers(match: re.Match[str]) -> Iterator[str]:
    """Every reading as a number, with a decimal point; none for what can only be a date, a time or a version."""
    head, tail = match.groups()
    whole = _SEPARATOR.sub("", head)
    groups, signs = _DIGITS.findall(tail), _SEPARATOR.findall(tail)
    if not groups:
        yield whole
    if not groups or ":" in signs:
        return
    thousands = len(whole) <= _THOUSAND_GROUP and all(len(group) == _THOUSAND_GROUP for group in groups[:-1])
    if thousands and len(set(signs)) == 1 and len(groups[-1]) == _THOUSAND_GROUP:
        yield whole + "".join(groups)
    if len(groups) == 1 or (thousands and len(set(signs[:-1])) == 1 and signs[-1] != signs[0]):
        yield whole + "".join(groups[:-1]) + "." + groups[-1]


def _times(match: re.Match[str]) -> Iterator[str]:
    """Every reading as a time of day: 9:30, 9.30, 0930, 9 p.m.; full hours also as «21» and «9»."""
    numeral = match.group()
    clock = _CLOCK.fullmatch(numeral)
    is_hour = numeral.isdecimal() and int(numeral[:3]) <= _DIAL and bool(_HALF_OF_DAY.match(match.string, match.end()))
    if not clock and not is_hour:
        return
    hour, minute = (int(part) for part in clock.groups() if part) if clock else (int(numeral[:3]), 0)
    if hour > _HOURS or minute >= _MINUTES:
        return
    yield f"t{hour % _DIAL}:{minute:02d}"
    if minute == 0 and (is_hour or ":" in numeral):
        yield from (str(hour), str(hour % _DIAL), str(hour % _DIAL + _DIAL))


def _years(match: re.Match[str]) -> Iterator[str]:
    """Every reading of two digits as a year: «90-е», "1995-96"."""
    numeral = match.group()
    if len(numeral) != 2 or not numeral.isdecimal():  # noqa: PLR2004 - as the docstring says
        return
    before = _YEAR_BEFORE.fullmatch(match.string, max(0, match.start() - 5), match.start())
    if before:
        yield before.group(1) + numeral
    elif numeral.endswith("0") and _DECADE.match(match.string, match.end()):
        yield from (century + numeral for century in _CENTURIES)


def _canonical(number: str, exponent: int = 0) -> str:
    if len(number) > _LONGEST_VALUE:
        return number
    return format(Decimal(number).scaleb(exponent).normalize(), "f")
