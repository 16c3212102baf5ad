"""Characters that several parts of the package look at: marks that close, words, and letters in disguise.

Text from PDFs, dictionaries and careless keyboards has letters that look right and are others: ligatures, full-width
and mathematical forms, Roman numeral signs, stress marks, and Latin letters inside Cyrillic words. `fold_letters` gives
what their reader sees.
"""

import re
import unicodedata

TERMINAL = ".!?…:;"  # after these a line or a clause has ended
CLOSING_QUOTES = "\"'’»”“›"  # “ closes what „ opened
DOUBLE_QUOTE = re.compile('[«»“”„"]')
BEFORE_OPENING = "([/—–-«„“"  # a straight mark opens behind one of these
CLOSING = CLOSING_QUOTES + ")]}"

_WORD = re.compile(r"[^\W_]+(?:[’'ʼ`][^\W_]+)*")

_STRESSED = re.compile("(?<=[\u0400-\u04ff])[\u0300\u0301]+")
_STRESSED_LETTERS = str.maketrans("ѐѝЀЍ", "еиЕИ")
# Presentation forms, full-width forms, Roman numerals, units in one square, letters in mathematical styles.
_COMPATIBLE_LETTERS = (
    "\ufb00-\ufb06\uff01-\uff5e\u2100-\u210f\u2112-\u2115\u2160-\u217f\u3371-\u33df\U0001d400-\U0001d7ff"
)
_COMPATIBLE = re.compile(f"[{_COMPATIBLE_LETTERS}]+")
# Few texts have any of these, and one search says so.
_DISGUISED = re.compile(f"[\u0300\u0301ѐѝЀЍ{_COMPATIBLE_LETTERS}]")
_LATIN_TWINS, _CYRILLIC_TWINS = "ABCEHIKMOPTXYaceiopxy", "АВСЕНІКМОРТХУасеіорху"
_TO_CYRILLIC = str.maketrans(_LATIN_TWINS, _CYRILLIC_TWINS)
_TO_LATIN = str.maketrans(_CYRILLIC_TWINS, _LATIN_TWINS)
_MIXED = re.compile("[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
# A lone Latin letter between Cyrillic words, typed for a preposition or conjunction; x and y are variables.
_LONE_TWIN = re.compile("(?<=[\u0400-\u04ff,;] )[acoi](?= [\u0400-\u04ff])")
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one string."""
    return frozenset(text.split())


def is_encodable(text: str) -> bool:
    """Whether UTF-8 can hold a text: JSON and a command's arguments may bring in halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def words_of(text: str) -> list[str]:
    """Runs of letters and digits, apostrophes inside them included; hyphens part words."""
    return _WORD.findall(text)


def fold_letters(text: str) -> str:
    """`text`, in NFC, with every letter as it looks: no stress marks, ligatures, styles or look-alikes.

    A word in two scripts is written in one, if all letters of the other have twins there; where either would do, in the
    one that more of its letters are in.
    """
    text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return text
    if _DISGUISED.search(text):
        text = _STRESSED.sub("", text).translate(_STRESSED_LETTERS)
        text = _COMPATIBLE.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    if _LATIN.search(text) and _CYRILLIC.search(text):
        text = _LONE_TWIN.sub(lambda match: match.group().translate(_TO_CYRILLIC), text)
        text = _LETTERS.sub(_in_one_script, text) if _MIXED.search(text) else text
    return text


def _in_one_script(match: re.Match[str]) -> str:
    word = match.group()
    if not _MIXED.search(word):
        return word
    prefers_latin = len(_LATIN.findall(word)) > len(_CYRILLIC.findall(word))
    as_latin, as_cyrillic = word.translate(_TO_LATIN), word.translate(_TO_CYRILLIC)
    for folded in (as_latin, as_cyrillic) if prefers_latin else (as_cyrillic, as_latin):
        if not (_LATIN.search(folded) and _CYRILLIC.search(folded)):
            return folded
    return word
