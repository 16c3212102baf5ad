"""Which sentences may stand in a summary: those that can be understood without the ones around them."""

import re

from talmach.text.article import Article, Field, Sentence

_MIN_WORDS = 4
_WORD = re.compile(r"\w+(?:['’ʼ]\w+)*")
_TERMINAL = re.compile(r"[.!?…][\"'»”’)\]]*$")
_QUESTION = re.compile(r"\?!?[\"'»”’)\]]*$")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PRONOUNS = _set("он она оно они ён яна яно яны he she it they")
# A pronoun or connective in front points back to a sentence that the reader of the summary may not see.
_POINTS_BACK = _PRONOUNS | _set(
    "его её ее их ему ей им этот эта это эти такой такая такие там тогда поэтому однако кроме "
    "яго яе іх яму ёй гэты гэтая гэта гэтыя такі такая такія там тады таму аднак акрамя "
    "his her their this that these those there then therefore however besides"
)
# The same behind a preposition: «У ёй», «О них», "With them".
_PREPOSITIONS = _set(
    "в во на с со к о об от до из у за под над при про без для у ў ва на з са да пра аб ад in on with for at of by"
)
_OBLIQUE = _set("ней нем нём них нему ним ними него неё нее ёй ім імі іх яго яе яму him her them it")
_CLOSING_QUOTES = {"«": "»", "“": "”", "„": "“", '"': '"'}
_SPEAKER_WITHIN = 3  # words behind a quotation: «сказал он», "he said", «расказала нам яна»


def objections(article: Article, *, include_lead: bool) -> list[str | None]:
    """Return for every sentence why it is no candidate, in a few words, or None when it is one.

    With `include_lead` the first whole sentence of the story is one in any case, unless it is the headline again.
    """
    headline = {_fold(sentence) for sentence in article.sentences if sentence.field is Field.HEADLINE}
    result: list[str | None] = []
    needs_lead = include_lead
    for sentence in article.sentences:
        found = _objection_to_kind(sentence) or ("headline again" if _fold(sentence) in headline else None)
        if found is None and not needs_lead:
            found = _objection_to_context(sentence.text)
        needs_lead = needs_lead and found is not None
        result.append(found)
    return result


def _objection_to_kind(sentence: Sentence) -> str | None:
    if sentence.field is Field.HEADLINE:
        return "headline"
    if sentence.boilerplate is not None:
        return f"boilerplate ({sentence.boilerplate.value})"
    if len(_words(sentence.text)) < _MIN_WORDS or not _TERMINAL.search(sentence.text):
        return "fragment"
    return None


def _objection_to_context(text: str) -> str | None:
    if _QUESTION.search(text):
        return "question"
    first, second, *_ = _words(text)
    if first in _POINTS_BACK or (first in _PREPOSITIONS and second in _OBLIQUE):
        return "points back to another sentence"
    return _objection_to_quotation(text)


def _objection_to_quotation(text: str) -> str | None:
    if text.count("»") > text.count("«"):
        return "end of a quotation"
    if (closing := _CLOSING_QUOTES.get(text[0])) is None:
        return None
    _, _, behind = text[1:].partition(closing)
    following = _words(behind)
    if not following:
        return "quotation without its speaker"
    if not _PRONOUNS.isdisjoint(following[:_SPEAKER_WITHIN]):
        return "quotation of someone named before"
    return None


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _fold(sentence: Sentence) -> tuple[str, ...]:
    return tuple(_words(sentence.text))
