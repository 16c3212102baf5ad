"""Whether a translation has the signs of its source: currency, mathematics, superscripts, arrows, emoji.

A translator may write a sign as a word («$5 млн» - "5 million dollars"), which excuses it; one that appears, vanishes
or turns into another sign is an error that readers see at once.
"""

import re
import unicodedata
from collections import Counter

from talmach.text.span import Span

_CATEGORIES = frozenset({"Sc", "Sm", "So", "No"})
# Typographic marks, or signs that are written in many ways: bullets, ticks, bars, plus and minus.
_IGNORED = frozenset("+<>=|~−∙•·●○◦▪■□►▶➤✓✔‣⁃¦¬\ufffc")
_ASCII_OR_LETTERS = re.compile(r"[\x00-#%-\x7f\u0400-\u04ff«»“”„‘’…–—\u00a0]*")  # has no sign; faster to look for
# What may stand for a sign on the other side, in any of the languages.
_WORDS = {
    sign: re.compile(words, re.IGNORECASE)
    for signs, words in (
        ("$", r"dollar|доллар|долар|долл|дол\b|\bUSD\b|бакс|buck"),
        ("€", r"euro|евро|еўра|эўра|\bEUR\b"),
        ("£", r"pound|sterling|фунт|стэрл|стерл|\bGBP\b"),
        ("¥", r"\byen\b|yuan|иен|юан|іен|\bJPY\b|\bCNY\b"),
        ("₽", r"rouble|ruble|руб|\bRUB\b"),
        ("₴", r"hryvni|гривн|грыўн|\bUAH\b"),
        ("₹", r"rupee|рупи|рупі|\bINR\b"),
        ("¢", r"cent|цент"),
        ("№", r"\d"),
        ("°º˚", r"degree|градус|град\b|[°º˚]"),
        ("²", r"2|кв|sq|квадрат|squar"),
        ("³", r"3|куб|cub"),
        ("½", r"half|пол|пал|паў|[.,]5|1/2"),
        ("¼", r"quarter|четверт|чвэрц|[.,]25|1/4"),
        ("¾", r"quarters|четверт|чвэрц|[.,]75|3/4"),
        ("×", r"[xх*]|\bby\b|\bна\b"),
        ("±", r"plus|плюс|\+/?-"),
        ("≈", r"about|approx|около|каля|прыкладна|примерно|~"),
        ("§", r"section|раздел|параграф"),
        ("©", r"\(c\)|copyright"),
        ("™®", r"."),
        ("→", r"->"),
    )
    for sign in signs
}
_SIGN_WITH_NUMBER = r"(?:\d[\d.,]{0,20}[ \u00a0\u202f]?)?{sign}(?:[ \u00a0\u202f]?\d(?:[\d.,]{0,20}\d)?)?"
_NONE: Counter[str] = Counter()
_VARIATION = "\ufe0e\ufe0f"


def has_sign_mismatch(source: str, target: str) -> bool:
    """Whether a sign is missing, added or changed, and no word stands for it."""
    ours, theirs = _signs(source), _signs(target)
    if ours == theirs:
        return False
    return not (_are_excused(ours - theirs, target) and _are_excused(theirs - ours, source))


def sign_spans(text: str) -> list[Span]:
    """Where the signs of `text` stand, each with the number beside it, in order and apart."""
    signs = _signs(text)
    if not signs:
        return []
    one = "[" + "".join(map(re.escape, signs)) + "][" + _VARIATION + "]?"
    pattern = re.compile(_SIGN_WITH_NUMBER.replace("{sign}", f"(?:{one})+"))
    return [Span(*match.span()) for match in pattern.finditer(text)]


def _signs(text: str) -> Counter[str]:
    if _ASCII_OR_LETTERS.fullmatch(text):
        return _NONE
    return Counter(char for char in text if unicodedata.category(char) in _CATEGORIES and char not in _IGNORED)


def _are_excused(signs: Counter[str], text: str) -> bool:
    """Whether each sign may be a word in `text`."""
    return all(sign in _WORDS and _WORDS[sign].search(text) for sign in signs)
