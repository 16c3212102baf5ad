"""The words of a sentence as the checks count them."""

import re

from talmach.text import protected

__all__ = ["ALPHABETS", "CYRILLIC", "LATIN", "without_protected", "words_of"]

ALPHABETS = {
    "ru": frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    "be": frozenset("абвгдеёжзійклмнопрстуўфхцчшыьэюя"),
}
LATIN = re.compile("[a-zªµºß-ɏḀ-ỿ]", re.IGNORECASE)
CYRILLIC = re.compile("[\u0400-\u052f]")

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
