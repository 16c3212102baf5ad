"""ALL-CAPS headlines: recognised, written as a sentence for the model, and put back into capitals after it.

Models are trained on sentences and take a headline in capitals for a row of acronyms. What is lost in sentence case
(capitals of names) comes back with the capitals of the translation; acronyms keep theirs, because «сша» and "us" are
other words. Protected tokens keep their spelling in both directions.
"""

import re
from collections.abc import Callable

from talmach.text import protected
from talmach.text.characters import word_set

# Those with a vowel; consonants alone give an acronym away. Common words are left out (WHO, IT, МАРТ).
_ACRONYMS = word_set(
    "США РФ РБ ЕС ООН НАТО СНГ ЕАЭС ОДКБ ОБСЕ ЕЭК ШОС БРИКС МАГАТЭ ЮНЕСКО ЮНИСЕФ ВОЗ ВТО МОК ФИФА УЕФА МИД ОАО ООО ЗАО "
    "АО ИП ГАИ МГУ БГУ АЭС ТЭЦ ОПЕК УВД УК КНР КНДР ФРГ ОАЭ ЮАР СССР БССР НАСА ИИ АПК "
    "ЗША ЕЗ ААН АБСЕ АДКБ ЕАЭК ЮНІСЕФ САЗ АПЕК БДУ УНП ДАІ МЗС АТ ААТ ЗАТ ТАА ААЭ СНД НАН "
    "USA US UK EU UN NATO UAE USSR CIS CSTO OSCE EAEU EEU EEC IAEA UNESCO UNICEF OPEC ASEAN FIFA UEFA IOC IMF NASA "
    "AIDS AI CEO CIA FBI NBA UFO PR ISS USAID BRICS"
)
# No acronyms, although they have no vowel.
_PLAIN = word_set("МЛН МЛРД ТРЛН КГ КМ СМ ММ ГГ ВВ ДР ПР СТР MR MRS DR VS ST KG KM MLN BLN PM")
_PART = re.compile(r"[^\W_]+(?:[’'ʼ][^\W_]+)*")
_ROMAN = re.compile(r"[IVXІХ]{2,}")
_VOWEL = re.compile("[AEIOUYАЕЁИОУЫЭЮЯІЎ]", re.IGNORECASE)
_ORDINAL = re.compile(r"\d+(?:ST|ND|RD|TH|S)")  # 21ST, 90S; not 5G
_NUMBERED = re.compile(r"-\d")  # after the name of a model or an event: COVID-19, ТУ-154, ЧМ-2026
_LEAST_UPPER_SHARE = 0.85  # of the letters: «ЦЕНЫ ВЫРОСЛИ НА 5 млн РУБЛЕЙ», "iPHONE SALES FALL"
_LONG_WORD = 5  # letters; a single word this long is a headline: «ВАЖНО», "BREAKING"


def is_all_caps(text: str) -> bool:
    """Whether `text` is written in capitals: two words or one long one that are no acronyms, and few small letters."""
    words = [word for part in _unprotected(text) for word in _PART.findall(part)]
    upper, lower = (sum(map(test, "".join(words))) for test in (str.isupper, str.islower))
    if upper < _LEAST_UPPER_SHARE * (upper + lower):
        return False
    spoken = [word for word in words if word.isupper() and not _keeps_capitals(word) and _letters(word) > 1]
    return len(spoken) > 1 or any(_letters(word) >= _LONG_WORD for word in spoken)


def to_sentence_case(text: str) -> str:
    """Return `text` in small letters but for its first letter, acronyms, initials and names with digits."""
    lowered = _map_unprotected(text, lambda part: _PART.sub(_lower_part, part))
    tokens = protected.find(lowered)
    first = re.search(r"[^\W_]", lowered)
    if first is None or (tokens and tokens[0].span.start <= first.start() < tokens[0].span.end):
        return lowered
    return lowered[: first.start()] + lowered[first.start()].upper() + lowered[first.end() :]


def to_all_caps(text: str) -> str:
    """Return `text` in capitals; protected tokens stay as they are."""
    return _map_unprotected(text, str.upper)


def _lower_part(match: re.Match[str]) -> str:
    """A word, or one part of a word with hyphens, in small letters unless its capitals mean something."""
    part, follows = match.group(), match.string[match.end() : match.end() + 2]
    is_initial = len(part) == 1 and follows.startswith(".")
    is_name = len(part) <= _LONG_WORD and bool(_NUMBERED.match(follows))
    has_digit = any(char.isdigit() for char in part) and not _ORDINAL.fullmatch(part)
    if is_initial or is_name or has_digit:
        return part
    stem = re.split("[’'ʼ]", part)[0]  # "US's", "I'm", "TV's"
    return (stem if _keeps_capitals(stem) else stem.lower()) + part[len(stem) :].lower()


def _keeps_capitals(word: str) -> bool:
    """Whether a word is an acronym, a Roman numeral or the English pronoun."""
    if word.upper() in _PLAIN:
        return False
    is_vowelless = len(word) > 1 and word.isalpha() and word.isupper() and not _VOWEL.search(word)
    return word == "I" or word in _ACRONYMS or is_vowelless or bool(_ROMAN.fullmatch(word))


def _letters(word: str) -> int:
    return sum(char.isalpha() for char in word)


def _unprotected(text: str) -> list[str]:
    """The parts of `text` around its protected tokens."""
    tokens = protected.find(text)
    ends = [0, *(token.span.end for token in tokens)]
    starts = [*(token.span.start for token in tokens), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


def _map_unprotected(text: str, change: Callable[[str], str]) -> str:
    parts = [change(part) for part in _unprotected(text)]
    tokens = [token.span.slice(text) for token in protected.find(text)]
    return parts[0] + "".join(token + part for token, part in zip(tokens, parts[1:], strict=True))
