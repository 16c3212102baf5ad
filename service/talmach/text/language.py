"""Which of Russian, Belarusian and English a text is in, by evidence only; used before a direction is chosen.

Every word of a text contributes nats of evidence (letters, spellings and function words, `evidence`) to five
languages or families, and a softmax turns the sums into shares. Two measures keep the shares honest: the evidence of
a long text is scaled down to that of eight words, so that a text in two languages never looks certain, and the share
of unsupported languages is spread evenly, so that a doubtful text scores low for all. Where that share is the largest
there is no candidate at all.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass

from talmach.text.evidence import FEATURES, FUNCTION_WORDS, OTHER_CYRILLIC, OTHER_LATIN, UKRAINIAN

__all__ = ["LANGUAGES", "Candidate", "detect", "determine", "normalize_code"]

LANGUAGES = ("ru", "be", "en")
_CYRILLIC = ("ru", "be", UKRAINIAN, OTHER_CYRILLIC)
_LATIN = ("en", OTHER_LATIN)

_PRIOR = {"ru": 0.0, "be": 0.0, "en": 0.0, UKRAINIAN: -1.0, OTHER_CYRILLIC: -2.0, OTHER_LATIN: -0.4}
# Latin words (brands, names) are common in Cyrillic text, Cyrillic words in Latin text are not.
_CYRILLIC_WORD, _LATIN_WORD, _LATIN_NAME = 4.0, 1.5, 0.8
_FUNCTION_WORD = 3.0
_LARGEST_WORD = 8.0  # nats of one word beyond its script; its features overlap
_COUNTED_WORDS = 8
_LONGEST_WORD = 40  # code points; the rest of a longer one says nothing new
_CERTAIN = 0.75  # share from which `determine` decides; one feature of 2.5 nats is enough, a bare script is not

_UNLINGUISTIC = re.compile(r"\b(?:https?://|www\.)\S+|\S+@\S+|@\w+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}\b(?:/\S*)?", re.I)
_WORD = re.compile(r"[^\W\d_]+(?:[’'ʼ][^\W\d_]+)*")
_ANY_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN_ONLY = re.compile("[a-zA-Z\u00c0-\u024f’'ʼ]+")
_LOOKALIKES = str.maketrans("i", "і")  # typed for Belarusian і on keyboards without it
_SUBTAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
_THREE_LETTERS = {"rus": "ru", "bel": "be", "eng": "en"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A supported language and its share of the evidence, in (0, 1]."""

    language: str
    confidence: float


def normalize_code(code: str) -> str | None:
    """The supported language of a BCP 47 code, e.g. "be" for "be-tarask" or "BE_by"; None for any other."""
    if not _SUBTAG.fullmatch(code):
        return None
    primary = re.split("[-_]", code.lower())[0]
    language = _THREE_LETTERS.get(primary, primary)
    return language if language in LANGUAGES else None


def detect(text: str) -> list[Candidate]:
    """All supported languages, the likeliest first, with confidences that sum to 1.

    Empty when there is no evidence (numbers, links, emoji) or when most of it is for an unsupported language.
    """
    scores = _scores(text)
    if not scores:
        return []
    highest = max(scores.values())
    weights = {language: math.exp(score - highest) for language, score in scores.items()}
    total = sum(weights.values())
    shares = {language: weight / total for language, weight in weights.items()}
    unsupported = sum(share for language, share in shares.items() if language not in LANGUAGES)
    if unsupported > max(shares[language] for language in LANGUAGES):
        return []
    spread = unsupported / len(LANGUAGES)
    candidates = [Candidate(language, shares[language] + spread) for language in LANGUAGES]
    return sorted(candidates, key=lambda candidate: candidate.confidence, reverse=True)


def determine(text: str) -> str | None:
    """The language of `text`, or None when the evidence is too weak or divided to say."""
    candidates = detect(text)
    return candidates[0].language if candidates and candidates[0].confidence >= _CERTAIN else None


def _scores(text: str) -> dict[str, float]:
    """The evidence for each language in nats; empty without any."""
    words = Counter(_WORD.findall(_UNLINGUISTIC.sub(" ", unicodedata.normalize("NFC", text))))
    sums: defaultdict[str, float] = defaultdict(float)
    counted = 0
    for word, count in words.items():
        evidence = _word_evidence(word[:_LONGEST_WORD])
        counted += count if evidence else 0
        for language, nats in evidence.items():
            sums[language] += nats * count
    if not counted:
        return {}
    scale = min(1.0, _COUNTED_WORDS / counted)
    return {language: prior + scale * sums[language] for language, prior in _PRIOR.items()}


def _word_evidence(word: str) -> dict[str, float]:
    lowered = word.lower()
    if _ANY_CYRILLIC.search(lowered):
        lowered, languages, script = lowered.translate(_LOOKALIKES), _CYRILLIC, _CYRILLIC_WORD
    elif _LATIN_ONLY.fullmatch(lowered):
        languages, script = _LATIN, _LATIN_WORD if word.islower() else _LATIN_NAME
    else:
        return {}
    evidence = dict.fromkeys(languages, 0.0)
    for language in languages:
        if lowered in FUNCTION_WORDS[language]:
            evidence[language] += _FUNCTION_WORD
    is_known = any(evidence.values())
    if not is_known:
        _add_features(evidence, lowered, 0.5 if languages is _LATIN and not word.islower() else 1.0)
    if languages is _LATIN and not is_known and word.isupper() and len(word) <= 3:
        return {}  # units and acronyms: GB, BBC
    return {language: script + min(nats, _LARGEST_WORD) for language, nats in evidence.items()}


def _add_features(evidence: dict[str, float], word: str, factor: float) -> None:
    for pattern, languages, weight in FEATURES:
        if not evidence.keys().isdisjoint(languages) and pattern.search(word):
            for language in evidence.keys() & languages:
                evidence[language] += factor * weight
