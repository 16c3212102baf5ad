"""The words of a sentence as the checks count them."""

import re

from talmach.text import protected

__all__ = ["ALPHABETS", "CYRILLIC", "CYRILLIC_LETTERS", "LATIN", "LATIN_LETTERS", "without_protected", "words_of"]

ALPHABETS = {
    "ru": frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    "be": frozenset("абвгдеёжзійклмнопрстуўфхцчшыьэюя"),
}
LATIN_LETTERS, CYRILLIC_LETTERS = "a-zªµºß-ɏḀ-ỿ", "\u0400-\u052f"  # as a set of a regular expression
LATIN = re.compile(f"[{LATIN_LETTERS}]", re.IGNORECASE)
CYRILLIC = re.compile(f"[{CYRILLIC_LETTERS}]")

_WORD = re.compile(r"[^\W_]+(?:[’'ʼ`][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Runs of letters and digits, apostrophes inside them included; hyphens part words."""
    return _WORD.findall(text)


def without_protected(text: str) -> str:
    """`text` with a space in the place of each protected token."""
    parts, position = [], 0
    for token in protected.find(text):
        parts.append(text[position : token.span.start])
        position = token.span.end
    return " ".join([*parts, text[position:]])
