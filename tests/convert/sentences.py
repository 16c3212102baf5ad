"""Fifty sentences of each language, from the articles of the tests."""

import re
from pathlib import Path

_ARTICLES = Path(__file__).parents[1] / "data" / "articles"
DIRECTIONS = ("ru-en", "en-ru", "be-en", "en-be", "ru-be", "be-ru")
GOLDEN = {
    "ru": "Город открыл новую школу.",
    "be": "Горад адкрыў новую школу.",
    "en": "The town opened a new school.",
}


def _sentences(language: str) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(_ARTICLES.glob(f"*.{language}.txt"))]
    found = [each.strip() for text in texts for each in re.split(r"(?<=[.!?])\s+|\n+", text)]
    return [each for each in dict.fromkeys(found) if 25 < len(each) < 160][:50]


SENTENCES = {language: _sentences(language) for language in GOLDEN}
