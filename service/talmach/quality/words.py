"""The scripts and alphabets that the checks tell apart."""

import re

__all__ = ["ALPHABETS", "CYRILLIC", "CYRILLIC_LETTERS", "LATIN", "LATIN_LETTERS"]

ALPHABETS = {
    "ru": frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    "be": frozenset("абвгдеёжзійклмнопрстуўфхцчшыьэюя"),
}
LATIN_LETTERS, CYRILLIC_LETTERS = "a-zªµºß-ɏḀ-ỿ", "\u0400-\u052f"  # as a set of a regular expression
LATIN = re.compile(f"[{LATIN_LETTERS}]", re.IGNORECASE)
CYRILLIC = re.compile(f"[{CYRILLIC_LETTERS}]")
