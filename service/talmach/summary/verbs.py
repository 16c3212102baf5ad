"""Whether a short line makes a statement: a caption or a section title has no verb.

A guess from endings and a list of common forms that errs on the side of finding a verb: a sentence taken for a fragment
is lost to the summary, whereas a missed caption still has to win against the story's own sentences.
"""

import re

from talmach.summary.terms import terms_of
from talmach.text.characters import word_set

# Longer lines are sentences in practice, and a long list of endings finds something in all of them.
_LONGEST = 12  # words


_COPULA = re.compile(r"\s[—–-]\s")  # «Вербна — малы горад.» has no other verb
_CYRILLIC_ENDING = re.compile(
    r"..(?:"
    r"л|ла|ло|ли|лі|ў"  # past tense
    r"|[еёиюуая]т|[аеуюэ]е|дзе|ем|[іыуюая]ць"  # present tense
    r"|ть|ти|чь|ці|чы"  # infinitive
    r"|[аеёия]н[аоы]?|[ыия]т[аоы]?"  # short participles and adjectives: «открыт», «построена»
    r")(?:ся|сь)?$|..цца$"
)
# The present tense needs no verb behind a pronoun: «Она очень большая», «Гэта новая школа».
_CYRILLIC = word_set(
    "ёсць есть нет няма можно нельзя нужно трэба нельга вядома невядома известно "
    "ідзе едзе я ты он она оно мы вы они это ён яна яно яны гэта"
)
_ENGLISH = word_set(
    "am is are was were be been being has have had do does did will would can could may might must shall should "
    "became become began begin begun bring broke brought build built buy came chose come cost cut die draw drew drove "
    "fall fell felt fight find flew fought found gave get give go goes got grew held hit hold kept knew know lay lead "
    "led left lie lose lost made make mean meant meet met open paid pay put ran read rise rose run said saw say see "
    "sell send sent set show shut sing sit sold spend spent spoke stand stood take taught tell think thought told took "
    "understood want went win won wore work wrote"
)
# A subject form, or a contraction of one with its verb: "I agree", "they're", "isn't".
_ENGLISH_CLAUSE = re.compile(r"(?:i|we|you|he|she|they|let)|.+['’](?:m|re|ve|ll|d|t)|(?:it|that|there|what|who)['’]s")
_ENGLISH_ENDING = re.compile(r"[a-z]{2,}(?:ed|[^su']s)")


def has_verb(text: str) -> bool:
    """Whether `text` is long, or some word of it may be a verb."""
    words = terms_of(text)
    if len(words) > _LONGEST or _COPULA.search(text):
        return True
    return any(_may_be_verb(word) for word in words)


def _may_be_verb(word: str) -> bool:
    if word[0].isascii():
        return word in _ENGLISH or bool(_ENGLISH_ENDING.fullmatch(word) or _ENGLISH_CLAUSE.fullmatch(word))
    return word in _CYRILLIC or bool(_CYRILLIC_ENDING.search(word))
