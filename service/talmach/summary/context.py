"""Whether a sentence can be understood without the ones around it: pronouns, connectives, quotations."""

import re
from enum import Enum

from talmach.summary.terms import words_of


class Dependence(Enum):
    """What a sentence lacks when it stands alone."""

    QUESTION = "question"
    POINTS_BACK = "points back to another sentence"
    QUOTES_SOMEONE_NAMED_BEFORE = "quotation of someone named before"
    ENDS_QUOTATION = "end of a quotation"
    LACKS_SPEAKER = "quotation without its speaker"

    @property
    def is_met_by_previous(self) -> bool:
        """Whether the sentence before it usually has what is missing."""
        return self in (Dependence.POINTS_BACK, Dependence.QUOTES_SOMEONE_NAMED_BEFORE)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PRONOUNS = _set("он она оно они ён яна яно яны he she it they")
_OBLIQUE = _set("ней нем нём них нему ним ними него неё нее ёй ім імі іх яго яе яму him her them it")
_POSSESSIVES = _set("его её ее их яго яе іх his her its their")
# A pronoun or connective in front points back to a sentence that the reader of the summary may not see.
_OPENERS = (
    _PRONOUNS
    | _POSSESSIVES
    | _set(
        "ему ей им этот эта это эти такой такая такие там тогда поэтому кроме "
        "яму ёй гэты гэтая гэта гэтыя такі такая такія там тады таму акрамя "
        "this that these those there then therefore besides"
    )
)
_CONTRASTS = _set("однако аднак however")
_CONTRAST_WITHIN = 6  # words: "In the 35th minute, however, ..."
# The same behind a preposition: «У ёй», «О них», "With them", "In her opinion", «Паводле яе разлікаў».
_PREPOSITIONS = _set(
    "в во на с со к о об от до из у за под над при про без для по ў ва з са да пра аб ад паводле "
    "in on with for at of by"
)
# Russian and Belarusian free their word order, but put a comma in front of every clause: a pronoun this early, in the
# first clause, has its name in another sentence. His and her often belong to a name beside them.
_PRONOUN_WITHIN = 4  # words: «За одну ночь он ...»
_EARLY_PRONOUNS = _set("он она оно они ему ей ён яна яно яны яму ёй ім им")
_FIRST_CLAUSE = re.compile(r"[^,;:—–«»“”\"(]*")
_IN_THE_NAME_OF = re.compile(r"\b(?:им|ім)\.")  # an abbreviation
# "In one night it ...", "At the same time, he ...", "According to him": a pronoun behind an opening without a name.
_ENGLISH_OPENING = re.compile(
    r"(?:According|After|As|At|Before|By|During|For|From|In|On|Since|Under|Until|With)(?:\s[a-z\d]\S*){1,5}?"
    r"\s(?:he|she|it|they|him|them)\b"
)
_ABOUT_THIS = re.compile(r"(?:Об?|Аб|Про|Пра)\s(?:этом|это|гэтым|гэта)\b")
# "There is ...", "It took two years to ...", "It is not known how ..." name nothing before them.
_EXPLETIVE = re.compile(
    r"There\s+(?:is|are|was|were|has|have|had|will|would|may|might|can|could)\b"
    r"|It\s+(?:is|was|takes|took|will\s+take)\b(?!\s+(?:expected|planned|due|set|going)\b).{0,60}?"
    r"\b(?:that|how|whether|why|who|to)\b"
)
_QUESTION = re.compile(r"\?!?[\"'»”’)\]]*$")
_CLOSING_QUOTES = {"«": "»", "“": "”", "„": "“", '"': '"'}
_SPEAKER_WITHIN = 3  # words behind a quotation: «сказал он», "he said", «расказала нам яна»


def dependence(text: str) -> Dependence | None:
    """Return what the sentence `text` lacks, None when it stands alone."""
    if _QUESTION.search(text):
        return Dependence.QUESTION
    if _points_back(text):
        return Dependence.POINTS_BACK
    return _lacking_of_quotation(text)


def _points_back(text: str) -> bool:
    words = words_of(text)
    if not words or _EXPLETIVE.match(text):
        return False
    if words[0] in _OPENERS or not _CONTRASTS.isdisjoint(words[:_CONTRAST_WITHIN]):
        return True
    if words[0] in _PREPOSITIONS and not (_OBLIQUE | _POSSESSIVES).isdisjoint(words[1:2]):
        return True
    if _ENGLISH_OPENING.match(text) or _ABOUT_THIS.match(text):
        return True
    first_clause = _FIRST_CLAUSE.match(_IN_THE_NAME_OF.sub("", text))
    assert first_clause is not None  # it matches the empty text, too
    return not _EARLY_PRONOUNS.isdisjoint(words_of(first_clause.group())[:_PRONOUN_WITHIN])


def _lacking_of_quotation(text: str) -> Dependence | None:
    if text.count("»") > text.count("«"):
        return Dependence.ENDS_QUOTATION
    if (closing := _CLOSING_QUOTES.get(text[0])) is None:
        return None
    _, _, behind = text[1:].partition(closing)
    following = words_of(behind)
    if not following:
        return Dependence.LACKS_SPEAKER
    if not _PRONOUNS.isdisjoint(following[:_SPEAKER_WITHIN]):
        return Dependence.QUOTES_SOMEONE_NAMED_BEFORE
    return None
