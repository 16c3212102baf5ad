"""Names in quotation marks that hold a stop: «Выставка «Сокровища. Возвращение домой» открылась».

A quotation opens behind a colon or a dash, or begins the sentence; what opens behind a word is a name. A name that
begins the sentence is told by the word in a small letter that goes on: speech has a comma or a dash there.
"""

import re

_LONGEST = 60  # code points
_OPENING = re.compile(r"(\w[ \u00a0]\(?)?(?<![^\s(])([«„“\"])[^\s«»„“”\"][^«»„“”\"]*$")
_CLOSING = re.compile(r"[^«»„“”\"]*([»“”\"])(?!\w)")
_CLOSES = {"«": "»", "„": "“”", "“": "”", '"': '"'}
_SPEECH = re.compile(r",?\s+[—–-]+\s")
_CYRILLIC = re.compile(r"\s+[а-яёіў]")
_LATIN = re.compile(r"\s+[a-z]")


def is_in_title(text: str, start: int, stop: int, behind: int) -> bool:
    """Whether the stop ``text[stop:behind]`` of the sentence from `start` is inside a name in quotation marks."""
    opening = _OPENING.search(text, max(start, stop - _LONGEST), stop)
    closing = _CLOSING.match(text, behind, behind + _LONGEST) if opening else None
    if opening is None or closing is None or closing[1] not in _CLOSES[opening[2]]:
        return False
    if closing.end() - opening.start() > _LONGEST:
        return False
    if opening[1]:
        return not _SPEECH.match(text, closing.end())
    if _CYRILLIC.match(text, closing.end()):
        return True
    return text[closing.start(1) - 1].isalnum() and bool(_LATIN.match(text, closing.end()))
