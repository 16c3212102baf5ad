"""Which of Russian, Belarusian and English a text is in, by evidence only; used before a direction is chosen.

Every word of a text contributes nats of evidence (letters, spellings, function words and frequent words, `evidence`) to
five languages or families, and a softmax turns the sums into shares. Two measures keep the shares honest: the evidence
of a long text is scaled down to that of eight words, so that a text in two languages never looks certain, and the share
of unsupported languages goes to those that are not the best, so that a doubtful text scores low. Where that share is
by far the largest there is no candidate at all.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from talmach.text import protected
from talmach.text.characters import fold_letters
from talmach.text.evidence import (
    FEATURES,
    FUNCTION_WORDS,
    LEXICON,
    LEXICON_NATS,
    OTHER_CYRILLIC,
    OTHER_LATIN,
    UKRAINIAN,
    UNKNOWN_NATS,
)
from talmach.text.protected import ProtectedKind

LANGUAGES = ("ru", "be", "en")
_CYRILLIC = ("ru", "be", UKRAINIAN, OTHER_CYRILLIC)
_LATIN = ("en", OTHER_LATIN)

_PRIOR = {"ru": 0.0, "be": 0.0, "en": 0.0, UKRAINIAN: -0.45, OTHER_CYRILLIC: -1.3, OTHER_LATIN: -0.4}
# Latin words (brands, names) are common in Cyrillic text, Cyrillic words in Latin text are not.
_CYRILLIC_WORD, _LATIN_WORD, _LATIN_NAME = 4.0, 1.5, 0.8
_FUNCTION_WORD = 3.0
_NAME_FEATURES = 0.4  # how a name is spelled tells little: São Paulo is also in English news
_LARGEST_WORD = 8.0  # nats that one word adds to those of its script; its features overlap
_COUNTED_WORDS = 8
_LONGEST_ACRONYM = 3  # letters
_LONGEST_WORD = 40  # code points; the rest of a longer one says nothing new
_FOREIGN_LEAD = 2.0  # how much likelier an unsupported language is than ours when there is no candidate
_FOREIGN = 0.9  # share of an unsupported language from which a sentence is said to be in it
_NEGLIGIBLE = 6.0  # nats behind the likeliest
_MIXTURE_LEAD = 8.0  # nats
_CERTAIN = 0.66  # share from which `determine` decides: a feature of a nat more than Ukrainian has is enough

# A #tag is made of words.
_UNLINGUISTIC = frozenset(ProtectedKind) - {ProtectedKind.HASHTAG}
_WORD = re.compile(r"[^\W\d_]+(?:[’'ʼ][^\W\d_]+)*")
_ANY_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN_ONLY = re.compile("[a-zA-Z\u00c0-\u024f’'ʼ]+")
_LOOKALIKES = str.maketrans("i’ʼ", "і''")  # Latin i is typed for Belarusian і on keyboards without it
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
    return list(_candidates(text))


def determine(text: str) -> str | None:
    """The language of `text`, or None when the evidence is too weak or divided to say."""
    candidates = _candidates(text)
    return candidates[0].language if candidates and candidates[0].confidence >= _CERTAIN else None


def is_foreign(text: str) -> bool:
    """Whether `text` is in a language that is none of ours, such as Ukrainian, as far as evidence can tell."""
    shares = _shares(text)
    return max((share for language, share in shares.items() if language not in LANGUAGES), default=0.0) >= _FOREIGN


# A text of one sentence is asked about as a text, as a sentence and for the reply: detection was a tenth of all Python.
@lru_cache(maxsize=16)
def _shares(text: str) -> Mapping[str, float]:
    """The shares of all languages, except one that fits only a mixture of ours; empty without evidence."""
    words = _words(text)
    scores = _scores(words)
    if not scores:
        return {}
    highest = max(scores.values())
    counted = [
        language
        for language, score in scores.items()
        if language in LANGUAGES or score < highest - _NEGLIGIBLE or not _is_mixture(words, language)
    ]
    highest = max(scores[language] for language in counted)
    weights = {language: math.exp(scores[language] - highest) for language in counted}
    total = sum(weights.values())
    return {language: weight / total for language, weight in weights.items()}


@lru_cache(maxsize=16)
def _candidates(text: str) -> tuple[Candidate, ...]:
    shares = _shares(text)
    if not shares:
        return ()
    foreign = [share for language, share in shares.items() if language not in LANGUAGES]
    best = max(LANGUAGES, key=lambda language: shares[language])
    if max(foreign, default=0.0) > _FOREIGN_LEAD * shares[best]:
        return ()
    unsupported = sum(foreign)
    # The unsupported share speaks for none of ours: least of all for the best one, as long as it stays the best.
    others = [language for language in LANGUAGES if language != best]
    doubt = min(unsupported / len(others), shares[best] - max(shares[language] for language in others))
    even = (unsupported - len(others) * doubt) / len(LANGUAGES)
    candidates = [
        Candidate(language, shares[language] + even + (doubt if language != best else 0.0)) for language in LANGUAGES
    ]
    return tuple(sorted(candidates, key=lambda candidate: candidate.confidence, reverse=True))


def _words(text: str) -> Counter[str]:
    """The words of a text that say something about its language."""
    text = fold_letters(text)
    text = protected.without(text, _UNLINGUISTIC)
    return Counter(word[:_LONGEST_WORD] for word in _WORD.findall(text))


def _scores(words: Counter[str]) -> Mapping[str, float]:
    """The evidence for each language in nats; empty without any."""
    sums: defaultdict[str, float] = defaultdict(float)
    counted = 0
    for word, count in words.items():
        evidence = _word_evidence(word)
        counted += count if evidence else 0
        for language, nats in evidence.items():
            sums[language] += nats * count
    if not counted:
        return {}
    scale = min(1.0, _COUNTED_WORDS / counted)
    return {language: prior + scale * sums[language] for language, prior in _PRIOR.items()}


def _is_mixture(words: Counter[str], language: str) -> bool:
    """Whether a language fits only because Russian and Belarusian are mixed, and each has something of it."""
    ours = theirs = 0.0
    for word, count in words.items():
        evidence = _word_evidence(word)
        if language in evidence:
            lead = evidence[language] - max(evidence[own] for own in LANGUAGES if own in evidence)
            ours, theirs = ours + count * max(0.0, -lead), theirs + count * max(0.0, lead)
    return ours > _MIXTURE_LEAD and ours > theirs


# An article is looked at whole and then by sentence, and its words repeat: a third less time to plan a long one.
@lru_cache(maxsize=20_000)
def _word_evidence(word: str) -> Mapping[str, float]:
    lowered = word.lower()
    if _ANY_CYRILLIC.search(lowered):
        return _evidence(lowered.translate(_LOOKALIKES), _CYRILLIC, script=_CYRILLIC_WORD, is_name=word.istitle())
    if not _LATIN_ONLY.fullmatch(lowered) or (word.isupper() and _is_acronym(lowered)):
        return {}
    if word.islower() or word.isupper():
        return _evidence(lowered, _LATIN, script=_LATIN_WORD)
    return _evidence(lowered, _LATIN, script=_LATIN_NAME, features=_NAME_FEATURES, is_name=True)


def _is_acronym(word: str) -> bool:
    """Units, agencies and the like: GB, BBC."""
    return len(word) <= _LONGEST_ACRONYM and not any(word in FUNCTION_WORDS[language] for language in _LATIN)


@cache
def _features(languages: tuple[str, ...]) -> list[tuple[re.Pattern[str], list[str], float]]:
    """The features that say something about any of these languages, with those of them that each speaks for."""
    spoken_for = [[each for each in languages if each in speaks_for] for _, speaks_for, _ in FEATURES]
    pairs = zip(FEATURES, spoken_for, strict=True)
    return [(pattern, speaks_for, weight) for (pattern, _, weight), speaks_for in pairs if speaks_for]


def _evidence(
    word: str, languages: tuple[str, ...], script: float, features: float = 1.0, *, is_name: bool = False
) -> dict[str, float]:
    """What `word` says for each of `languages`: by being a function or frequent word of it, and by its spelling."""
    nats = dict.fromkeys(languages, 0.0)
    if any(word in FUNCTION_WORDS[language] for language in languages):
        for language in languages:
            is_shared = word in FUNCTION_WORDS[language] or word in LEXICON.get(language, ())
            nats[language] = _FUNCTION_WORD if is_shared else 0.0
    else:
        for pattern, speaks_for, weight in _features(languages):
            if pattern.search(word):
                for language in speaks_for:
                    nats[language] += features * weight
        known = frozenset(language for language, words in LEXICON.items() if word in words)
        for language, weight in (LEXICON_NATS[known] if known else UNKNOWN_NATS).items():
            if language in nats:
                nats[language] += weight if known or not is_name else 0.0
    return {language: script + min(value, _LARGEST_WORD) for language, value in nats.items()}
