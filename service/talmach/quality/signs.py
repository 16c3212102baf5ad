"""Whether a translation has the signs of its source: currency, percent, minus, mathematics, arrows, emoji.

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
_SIGN_WITH_NUMBER = (
    r"(?:(?:(?<!\S)[−–-])?\d[\d.,]{0,20}[ \u00a0\u202f]?)?{sign}"
    r"(?:[ \u00a0\u202f]?\d(?:[\d.,]{0,20}\d)?)?"
)
# Elsewhere a dash or hyphen before a number is a range, a score, part of a name or the mark of a list's entry.
_SURE_MINUS = re.compile(
    r"""
    (?<![^\s(«„“"'=<>≈~:…])(?<![\d%°][ \u00a0\u202f])(?:−|(?<=[ \u00a0\u202f(«„“"'=<>≈~:])[–-])\d[\d.,]{0,20}
    # the other end of a range may lack its sign in a translation
    (?:\s?(?:°\s?[CСF]?|%|градус\w{0,4}|degrees?))?(?:\s?(?:…|[-–—−]|to|and|or|до|да|и|или|і|або)\s?[−–-]\d)?""",
    re.VERBOSE,
)
_ANY_MINUS = re.compile(r"(?<![\w)])[−–—-]\s?(?=\d)")
_MINUS_WORDS = re.compile(
    r"минус|мінус|minus|negative|отриц|адмоў|below|sub-?zero|ниже|ніжэй|мороз|мароз|frost", re.IGNORECASE
)
# Of an enumeration or a range, the last number alone may have the sign: «5 %, 6 % и 7 %» - "5, 6 and 7%".
_SURE_PERCENT = re.compile(
    r"""\d[ \u00a0\u202f]?%
    (?!,?\s?(?:[-–—−…/]|\b(?:to|and|or|до|да|и|или|і|або)\s)\s?(?:(?:на|by)\s)?\d|,\s?(?:(?:на|by)\s)?\d)""",
    re.VERBOSE,
)
_ANY_PERCENT = re.compile(r"%")
_PERCENT_WORDS = re.compile(r"процент|працэнт|per[ -]?cent|\bpct\b|\bp\.?p\b|п\.\s?п", re.IGNORECASE)
_SPELT = ((_SURE_MINUS, _ANY_MINUS, _MINUS_WORDS), (_SURE_PERCENT, _ANY_PERCENT, _PERCENT_WORDS))
# "₽101,45 ₽"; the second one of "€5 €6" has a number of its own.
_DOUBLED = re.compile(r"([$€£¥₽₴₹])\s?\d[\d., \u00a0\u202f]{0,20}\s?\1(?!\s?\d)")
_NONE: Counter[str] = Counter()
_VARIATION = "\ufe0e\ufe0f"


def has_sign_mismatch(source: str, target: str) -> bool:
    """Whether a sign is missing, added or changed, and no word stands for it."""
    if _is_lost(source, target) or _is_lost(target, source):
        return True
    if len(_DOUBLED.findall(target)) > len(_DOUBLED.findall(source)):
        return True
    ours, theirs = _signs(source), _signs(target)
    if ours == theirs:
        return False
    lost, added = ours - theirs, theirs - ours
    if not (lost and added):  # «$2–3 млн» - "$2-$3 million"
        common = {sign for sign in ours.keys() & theirs.keys() if unicodedata.category(sign) == "Sc"}
        lost, added = (Counter({sign: signs[sign] for sign in signs.keys() - common}) for signs in (lost, added))
    return not (_are_excused(lost, target) and _are_excused(added, source))


def sign_spans(text: str) -> list[Span]:
    """Where the signs of `text` stand, each with the number beside it, in order and apart."""
    signs = _signs(text)
    if not signs:
        return []
    one = "[" + "".join(map(re.escape, signs)) + "][" + _VARIATION + "]?"
    pattern = re.compile(_SIGN_WITH_NUMBER.replace("{sign}", f"(?:{one})+"))
    return [Span(*match.span()) for match in pattern.finditer(text)]


def _is_lost(source: str, target: str) -> bool:
    """Whether fewer numbers of `target` have a minus or a percent sign, and no word stands for it."""
    return any(
        len(sure.findall(source)) > len(possible.findall(target)) and not words.search(target)
        for sure, possible, words in _SPELT
    )


def _signs(text: str) -> Counter[str]:
    if _ASCII_OR_LETTERS.fullmatch(text):
        return _NONE
    return Counter(char for char in text if unicodedata.category(char) in _CATEGORIES and char not in _IGNORED)


def _are_excused(signs: Counter[str], text: str) -> bool:
    """Whether each sign may be a word in `text`."""
    return all(sign in _WORDS and _WORDS[sign].search(text) for sign in signs)
