"""Names that come out in several spellings within one text.

A name of the source finds its place in the translation by the consonants of both. How it is spelled there is compared
with its first mention in the text; an ending is no other spelling.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from operator import eq

from talmach.engine.base import Direction
from talmach.text.characters import words_of
from talmach.text.evidence import LEXICON

_LEAST_LETTERS = 4
_LEAST_STEM = 3
_MOST_CONSONANTS = 3  # by which names find each other; of names that have fewer, all must be the same
_LEAST_CONSONANTS = 2
_MOST_NAMES = 32  # of one sentence
# Consonants that one alphabet, or a slip of a small model, puts for one another.
_LETTERS = {
    "p": "бпbp",
    "v": "вўфvwf",
    "t": "дтdt",
    "k": "гґкхkghqc",
    "s": "зсжшщцчszjx",
    "l": "лl",
    "m": "мm",
    "n": "нn",
    "r": "рr",
}
_CLASSES = str.maketrans({letter: sound for sound, letters in _LETTERS.items() for letter in letters})
_PAIRS = re.compile(r"дз|dz(?=[eiy])|t?[cs]h|zh|tz|ts|cz|c(?=[eiy])|[kg]h")
_SOUND_OF_PAIR = {"д": "t", "d": "t", "k": "k", "g": "k"}  # by the first letter; else a sibilant
_NO_CLASS = re.compile(r"[^pvtkslmnr]+")
_DOUBLED = re.compile(r"(.)\1+")
_CYRILLIC_ENDING = re.compile(
    "(?:[ыиіая]м[иі]|[оеая]го|[ая]га|[оеая]му|[оеая]й|[ую]ю|[ая]я|[ое]е|[оеаяыиі]м|[аяыиі]х|[ыи]й|[оеая]ю"
    "|[аеёийіоуыэюяь])?$"
)
_POSSESSIVE = re.compile("['’ʼ]s?$")
_ENGLISH_GENDER = re.compile("(?:aya|aia)$")
# A country may come out as its people or as its adjective: "Ukraine" - "Ukrainian", "England" - "English".
_ENGLISH_ENDINGS = frozenset(
    ("", *"aeyins", "is", "ns", "an", "ans", "ian", "ians", "ish", "ic", "ese", "and", "ance", "ench")
)
_LEAST_COMMON = 2
# Letters that change with the stress, or before an ending, as in «Пётр» - «Пятра».
_FOLDED = {"ru": str.maketrans("ё", "е"), "be": str.maketrans("оёяэў", "аееев")}


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a sentence and its translation, in small letters."""

    direction: Direction
    stem: str  # the same for all forms that the source has
    form: str  # the one that it has here
    spelling: str  # in the translation, without its ending


class Mentions:
    """The first mention of each name of one text."""

    def __init__(self) -> None:
        self._first: dict[tuple[Direction, str], tuple[int, Name]] = {}
        self.doubtful: set[int] = set()
        """The numbers of all sentences whose spellings differ from a first one, or have one that others differ from."""

    def see(self, number: int, names: Collection[Name]) -> bool:
        """Add the names of a sentence; return whether any was spelled otherwise at its first mention."""
        differs = False
        for name in names:
            first_number, first = self._first.setdefault((name.direction, name.stem), (number, name))
            if first_number != number and _differ(first, name):
                self.doubtful |= {first_number, number}
                differs = True
        return differs


def names_in(source: str, target: str, direction: Direction) -> tuple[Name, ...]:
    """Return the names of `source` for which `target` has exactly one spelling, in time linear in both."""
    ours = {word: _stem(word, direction.source) for word in _names(source, direction.source)}
    if not ours:
        return ()
    spellings: dict[str, set[str]] = {}
    for word in _names(target, direction.target):
        stem = _stem(word, direction.target)
        spellings.setdefault(_sounds(stem), set()).add(stem)
    found = ((word, stem, spellings.get(_sounds(stem), ())) for word, stem in ours.items())
    return tuple(Name(direction, stem, word, *those) for word, stem, those in found if len(those) == 1)


def _names(text: str, language: str) -> Iterator[str]:
    """The capitalised words that are not also frequent words, in small letters."""
    capitalised = (
        word.lower()
        for word in words_of(text)
        if len(word) >= _LEAST_LETTERS and word[0].isupper() and word[1:].islower()
    )
    names = (word for word in capitalised if word not in LEXICON[language])
    return (word for word in islice(names, _MOST_NAMES) if len(_sounds(word)) >= _LEAST_CONSONANTS)


def _stem(word: str, language: str) -> str:
    ending = _POSSESSIVE if language == "en" else _CYRILLIC_ENDING
    stem = ending.sub("", word, count=1)
    return stem if len(stem) >= _LEAST_STEM else word


def _sounds(word: str) -> str:
    """The classes of the first consonants."""
    word = _PAIRS.sub(lambda pair: _SOUND_OF_PAIR.get(pair.group()[0], "s"), word)
    return _DOUBLED.sub(r"\1", _NO_CLASS.sub("", word.translate(_CLASSES)))[:_MOST_CONSONANTS]


def _differ(first: Name, name: Name) -> bool:
    """Whether two mentions of a name are spelled so differently that no ending explains it."""
    one, other = first.spelling, name.spelling
    if one == other:
        return False
    if name.direction.target == "en":
        is_couple = first.form != name.form and _masculine(one) == _masculine(other)
        return not is_couple and not _are_of_one_country(one, other)
    one, other = (each.translate(_FOLDED[name.direction.target]) for each in (one, other))
    return _common(one, other) < min(len(one), len(other)) - 1


def _masculine(surname: str) -> str:
    return _ENGLISH_GENDER.sub("y", surname).removesuffix("a")


def _are_of_one_country(one: str, other: str) -> bool:
    common = _common(one, other)
    endings = {one[common:], other[common:]}
    # Two single letters are a slip: "Luhavichi" - "Luhavichy".
    return common >= _LEAST_COMMON and endings <= _ENGLISH_ENDINGS and sorted(map(len, endings)) != [1, 1]


def _common(one: str, other: str) -> int:
    """How many letters both begin with."""
    return sum(takewhile(bool, map(eq, one, other)))
