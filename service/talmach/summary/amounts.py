"""Whether a line gives an amount, as price lists and recipes do: «Хлеб — 2,15 руб.», «Сметана — 2 ст. л.».

Its dot belongs to the unit, so that the line is no sentence although it ends like one.
"""

import re

from talmach.summary.terms import terms_of
from talmach.summary.verbs import has_verb
from talmach.text.abbreviations import Ending, for_language
from talmach.text.characters import word_set

_SEPARATOR = re.compile(r"\s[—–-]+\s+|:\s+")
_BLANK = re.compile(r"[\s/]+")
_DIGIT = re.compile(r"[$€£]?\d")
_UNITS = (Ending.MEASURE, Ending.MONEY, Ending.YEAR, Ending.UNIT, Ending.QUANTITY)
_OTHER_UNITS = word_set("tbsp tsp pcs pc g ml l")  # the splitter has no need of them
_BESIDE = word_set("от до за по около ад да па каля from to per кв куб sq cu")  # words of a range or a price
_LONGEST_NAME = 3  # words; a longer name that holds a verb is a clause: «Банк установил новый курс: 3,27 руб.»


def is_amount(line: str) -> bool:
    """Whether `line` is a name, a dash or colon, and numbers with units up to its end."""
    separators = list(_SEPARATOR.finditer(line))
    if not line.endswith(".") or not separators:
        return False
    name, amount = line[: separators[-1].start()], line[separators[-1].end() :]
    words = [word.rstrip(".,") for word in _BLANK.split(amount)]
    if not _DIGIT.search(amount) or not _is_unit(words[-1]):
        return False
    if not all(_DIGIT.match(word) or _is_unit(word) or word.lower() in _BESIDE for word in words):
        return False
    return len(terms_of(name)) <= _LONGEST_NAME or not has_verb(name)


def _is_unit(word: str) -> bool:
    return for_language(None).ending(word) in _UNITS or word in _OTHER_UNITS
