"""Which sentences may stand in a summary: those that can be understood without the ones around them."""

import re

from talmach.text.article import Field, Sentence

_MIN_WORDS = 4
_WORD = re.compile(r"\w+")
_TERMINAL = re.compile(r"[.!?…][\"'»”’)\]]*$")
_QUESTION = re.compile(r"\?[\"'»”’)\]]*$")
# A pronoun or connective in front points back to a sentence that the reader of the summary may not see.
_POINTS_BACK = frozenset(
    "он она оно они его её ее их ему ей им этот эта это эти такой такая такие там тогда поэтому однако кроме "
    "ён яна яно яны яго яе іх яму ёй гэты гэтая гэта гэтыя такі такая такія там тады таму аднак акрамя "
    "he she it they his her their this that these those there then therefore however besides".split()
)
_OPENING_QUOTES = "«“„\"'"
_SPEECH_DASH = re.compile(r"[»”\"],?\s+[—–-]\s")


def objection(sentence: Sentence) -> str | None:
    """Return why a sentence is no candidate, in a few words, or None when it is one."""
    if sentence.field is Field.HEADLINE:
        return "headline"
    if sentence.boilerplate is not None:
        return f"boilerplate ({sentence.boilerplate.value})"
    words = _WORD.findall(sentence.text)
    if len(words) < _MIN_WORDS or not _TERMINAL.search(sentence.text):
        return "fragment"
    if _QUESTION.search(sentence.text):
        return "question"
    if sentence.text[0] in _OPENING_QUOTES and not _SPEECH_DASH.search(sentence.text):
        return "quotation without its speaker"
    if words[0].casefold() in _POINTS_BACK:
        return "points back to another sentence"
    return None
