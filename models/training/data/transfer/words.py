"""Words of a normalised text and what stands between them; letter case, and the consonants that cognates share."""

import re

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_VOWELS = dict.fromkeys("аеёиоуыэюяіьъй'-")
_SKELETON = str.maketrans({**_VOWELS, "ў": "в", "ц": "т", "щ": "ш"})
_DOUBLED = re.compile(r"(.)\1")
_SHORT_U = re.compile(r"(?<=[аеёіоуыэюяАЕЁІОУЫЭЮЯ] )у")


def split(text: str) -> tuple[list[str], list[str]]:
    """Return the n words of a text and the n + 1 pieces around them."""
    return _WORD.findall(text), _WORD.split(text)


def fold_short_u(word: str) -> str:
    """Return a word with the ў that it owes to the word before it as у, see `restore_short_u`."""
    return "у" + word[1:] if word[:1] == "ў" else word


def restore_short_u(text: str) -> str:
    """Write ў for у at the beginning of a word after a vowel, where no pause is."""
    return _SHORT_U.sub("ў", text)


def with_case_of(model: str, word: str) -> str:
    """Return a lower-case word (or words) with the capitals of `model`."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def skeleton(word: str) -> str:
    """Return the first three consonants as both languages would write them, or nothing where there are fewer than two.

    >>> skeleton("возможность"), skeleton("магчымасць"), skeleton("цвёрды"), skeleton("твёрдый")
    ('взм', 'мгч', 'твр', 'твр')
    """
    consonants = word.replace("дз", "д").replace("шч", "ш").translate(_SKELETON)
    prefix = _DOUBLED.sub(r"\1", consonants)[:3]
    return prefix if len(prefix) > 1 else ""
