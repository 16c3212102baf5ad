"""Reads the numbers of a sentence that are written in digits, with every value that each may have.

One notation means different things in different languages («1,500» is one and a half, "1,500" is a thousand more), and
in one language, too («1.500»), so a numeral keeps all the readings that its language has for it: canonical decimals
("1500", "1.5") and times of day ("t21:30"), both of them where the half of the day is open.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from talmach.quality.number_words import scale_exponent

_DIGIT = re.compile(r"\d")
_NUMERAL = re.compile(r"(?<!\d)(\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?!\d)|\d+)((?:[.,:]\d+)*)")
_FOLLOWING_WORD = re.compile(r"[ \u00a0\u202f-]?([^\W\d_]+)")
_RANGE = re.compile(r"\s*(?:[-–—]|to|and|or|до|и|или|да|і|або)\s*[$€£¥₽₴₹]?")
_HALF_OF_DAY = re.compile(r"\s?([ap])\.?\s?m\b", re.IGNORECASE)
_LATE = re.compile(r"вечер|вечар|ноч|полудн|поўдн|\bдня\b", re.IGNORECASE)  # «9:30 вечера» is 21:30
_SCALED = re.compile(r"[ \u00a0\u202f]?[^\W\d_]{2,}\.?[ \u00a0\u202f]")  # before the rest: «2 тыс. 300»
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_DECADE = re.compile(r"['’]?s\b|-?(?:х|е|я|ых|ые|ыя)\b")
_YEAR_BEFORE = re.compile(r"(\d\d)\d\d[-–—/]")
_UNIT_POWER = re.compile(r"\b([kcdm]?m|[ксдм]?м)[23]\b")  # "km2" is «кв. км»
_CENTURIES = ("17", "18", "19", "20")
_DIGITS, _SEPARATOR = re.compile(r"\d+"), re.compile(r"\D")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d\d)|(\d\d)(\d\d)")
_HOURS, _MINUTES, _DIAL = 24, 60, 12
_THOUSAND_GROUP = 3  # digits
# Before three digits, a lone one of these is never a thousands separator; of the others, a point may be either.
_DECIMAL_SIGNS = {"ru": ",", "be": ",", "en": "."}
_LONGEST_VALUE = 24  # digits; what is longer is an identifier


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in digits.

    Args:
        values: what it may be, at least one.
        hours: what else it may be opposite a number that is no time.
        parts: what it is as several numbers; () = it is not.
    """

    values: frozenset[str]
    hours: frozenset[str] = frozenset()
    parts: tuple["Numeral", ...] = ()

    def may_be_time(self) -> bool:
        """Whether one of its readings is a time of day."""
        return any(value.startswith("t") for value in self.values)


def numerals_in(text: str, language: str) -> list[Numeral]:
    """Return the numerals of `text`, last first."""
    if not _DIGIT.search(text):
        return []
    text = _UNIT_POWER.sub(r"\1", text)
    is_dial = language == "en" or bool(_LATE.search(text))
    numerals: list[Numeral] = []
    exponent, next_start = 0, len(text)
    for match in reversed(list(_NUMERAL.finditer(text))):
        own_exponents = _exponents_behind(text, match.end())
        is_in_range = own_exponents == {0} and bool(_RANGE.fullmatch(text, match.end(), next_start))
        exponents = own_exponents | ({exponent} if is_in_range else set())  # "2-3 million" says 2 or 2,000,000
        numeral = _time(match, is_dial=is_dial)
        if not numeral or not _HALF_OF_DAY.match(text, match.end()):
            values = {_canonical(number, power) for number in _numbers(match, language) for power in exponents}
            values.update(_years(match), numeral.values if numeral else ())
            hours = numeral.hours if numeral else frozenset()
            numeral = Numeral(frozenset(values or {match.group()}), hours, _parts(match.group()))
        if min(own_exponents) and numerals and _SCALED.fullmatch(text, match.end(), next_start):
            numeral = _with_rest(numeral, numerals, Decimal(10) ** min(own_exponents))
        numerals.append(numeral)
        exponent, next_start = max(exponents), match.start()
    return numerals


def readings_in(text: str, language: str) -> Iterator[tuple[re.Match[str], frozenset[str]]]:
    """Yield the numerals of `text` that may be numbers, in order, each with its readings as numbers and as times."""
    for match in _NUMERAL.finditer(text):
        numbers = frozenset(_numbers(match, language))
        if numbers:
            time = _time(match, is_dial=False)
            yield match, numbers | (time.values if time else frozenset())


def _parts(numeral: str) -> tuple[Numeral, ...]:
    """A date, time or score as so many numerals, zeros left out: «21:17» may be "21-17"."""
    if ":" not in numeral and numeral.count(".") <= 1:
        return ()
    return tuple(Numeral(frozenset({_canonical(group)})) for group in _DIGITS.findall(numeral) if group.strip("0"))


def _with_rest(numeral: Numeral, following: list[Numeral], scale: Decimal) -> Numeral:
    """«2 тыс. 300» as a sum, whose second summand is taken from `following`, if that is below the scale."""
    rest = following[-1]
    summands = _decimals(rest)
    if not summands or max(summands) >= scale:
        return numeral
    following.pop()
    sums = frozenset(_canonical(str(one + other)) for one in _decimals(numeral) for other in summands)
    return Numeral(sums or numeral.values, parts=(*(numeral.parts or (numeral,)), *(rest.parts or (rest,))))


def _decimals(numeral: Numeral) -> list[Decimal]:
    return [Decimal(value) for value in numeral.values if _DECIMAL.fullmatch(value)]


def _exponents_behind(text: str, position: int) -> set[int]:
    """Powers of ten that the next word may multiply a numeral by; {0} for none."""
    following = _FOLLOWING_WORD.match(text, position)
    if not following:
        return {0}
    word = following.group(1)
    if len(word) == 1:  # "$5m", "10k"; "30 m" and «5 м» are metres, "5m" may be
        return {0, scale_exponent(word) or 0} if following.group() == word else {0}
    return {scale_exponent(word) or 0}


def _numbers(match: re.Match[str], language: str) -> Iterator[str]:
    """Every reading as a number, with a decimal point; none for what can only be a date, a time or a version."""
    head, tail = match.groups()
    whole = _SEPARATOR.sub("", head)
    groups, signs = _DIGITS.findall(tail), _SEPARATOR.findall(tail)
    if not groups:
        yield whole
    if not groups or ":" in signs:
        return
    is_grouped = len(whole) <= _THOUSAND_GROUP and all(len(group) == _THOUSAND_GROUP for group in groups[:-1])
    has_thousands = is_grouped and len(set(signs)) == 1 and len(groups[-1]) == _THOUSAND_GROUP and whole != "0"
    if has_thousands and signs != [_DECIMAL_SIGNS[language]]:
        yield whole + "".join(groups)
        if signs == [","]:
            return
    if len(groups) == 1 or (is_grouped and len(set(signs[:-1])) == 1 and signs[-1] != signs[0]):
        yield whole + "".join(groups[:-1]) + "." + groups[-1]


def _time(match: re.Match[str], *, is_dial: bool) -> Numeral | None:
    """A time of day: 9:30, 9.30, 0930, 9 p.m.; with `is_dial`, 9:30 alone may be in the evening."""
    numeral = match.group()
    clock, half = _CLOCK.fullmatch(numeral), _HALF_OF_DAY.match(match.string, match.end())
    is_hour = numeral.isdecimal() and int(numeral[:3]) <= _DIAL and bool(half)
    if not clock and not is_hour:
        return None
    hour, minute = (int(part) for part in clock.groups() if part) if clock else (int(numeral[:3]), 0)
    if hour > _HOURS or minute >= _MINUTES:
        return None
    early, late = hour % _DIAL, hour % _DIAL + _DIAL
    parts: tuple[Numeral, ...] = ()
    if 0 < hour <= _DIAL and half:
        readings = {late if half.group(1) in "pP" else early}
        # «9 часов 30 минут вечера»
        parts = (Numeral(frozenset(map(str, {hour, *readings}))), Numeral(frozenset({str(minute)}))) if minute else ()
    else:
        readings = {early, late} if 0 < hour <= _DIAL and is_dial else {hour % _HOURS}
    hours = {str(hour), str(early), str(late)} if minute == 0 and (is_hour or ":" in numeral) else ()
    return Numeral(frozenset(f"t{reading}:{minute:02d}" for reading in readings), frozenset(hours), parts)


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
