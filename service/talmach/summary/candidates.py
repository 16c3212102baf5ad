"""Which sentences may stand in a summary: those that can be understood without the ones around them.

One that points back to the sentence before it may stand there too, but only together with that sentence. Where no
sentence is fit, the next best is taken: lines that end without a full stop, then whatever belongs to the story.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from talmach.summary.amounts import is_amount
from talmach.summary.context import Dependence, dependence
from talmach.summary.quotations import parts_of_quotations
from talmach.summary.terms import terms_of
from talmach.summary.verbs import has_verb
from talmach.text.article import Article, Field, Sentence

_MIN_WORDS = 4
_TERMINAL = re.compile(r"[.!?…][\"'»”’)\]]*$")
_LINE = "line without a full stop"
_VERBLESS = "fragment without a verb"
_PART_OF_QUOTATION = "part of a longer quotation"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence may be chosen: always, together with the sentence `needs` (an index), or not at all."""

    objection: str | None = None  # in a few words, None = none
    needs: int | None = None
    is_story: bool = True  # neither headline nor boilerplate nor said before
    stands_in: bool = False  # there is an objection, but the article has nothing better

    @property
    def is_candidate(self) -> bool:
        """Whether any summary may hold it."""
        return self.objection is None or self.needs is not None or self.stands_in


def judge(article: Article, *, include_lead: bool) -> list[Verdict]:
    """Return the verdict on every sentence.

    With `include_lead` the first whole sentence of the story is always a candidate, unless it repeats the headline.
    """
    verdicts = _judge(article, include_lead=include_lead)
    if any(verdict.is_candidate for verdict in verdicts):
        return verdicts
    for may_stand_in in _SUBSTITUTES:
        substitutes = [verdict.is_story and may_stand_in(verdict.objection) for verdict in verdicts]
        if any(substitutes):
            return [replace(each, stands_in=stands) for each, stands in zip(verdicts, substitutes, strict=True)]
    return verdicts


# Objections that may be passed over where nothing else is left, in this order.
_SUBSTITUTES: tuple[Callable[[str | None], bool], ...] = (
    lambda objection: objection == _LINE,
    lambda objection: objection != _PART_OF_QUOTATION,
    lambda objection: objection is not None,
)


def _judge(article: Article, *, include_lead: bool) -> list[Verdict]:
    parts = parts_of_quotations(article.sentences)
    is_cased = _is_cased(article)
    in_paragraph = Counter((sentence.field, sentence.paragraph) for sentence in article.sentences)
    seen: dict[tuple[str, ...], Sentence] = {}  # by their words: where each stood first
    verdicts: list[Verdict] = []
    previous: int | None = None  # the last sentence that is no boilerplate, where it was read first
    needs_lead = include_lead
    for sentence in article.sentences:
        first = seen.setdefault(tuple(terms_of(sentence.text)), sentence)
        outside = _objection_to_place(sentence, first)
        form = _PART_OF_QUOTATION if sentence.index in parts else _objection_to_form(sentence.text, is_cased=is_cased)
        if form is None and in_paragraph[sentence.field, sentence.paragraph] == 1 and is_amount(sentence.text):
            form = _LINE
        if needs_lead and form == _VERBLESS and sentence.field is Field.LEAD and _TERMINAL.search(sentence.text):
            form = None  # no caption stands there, and the guess about verbs must not cost the lead
        if outside is not None:
            verdict = Verdict(outside, is_story=False)
        elif form is not None:
            verdict = Verdict(form)
        elif needs_lead:
            verdict, needs_lead = Verdict(), False
        else:
            last = previous if previous is not None and verdicts[previous].is_candidate else None
            verdict = _verdict_in_context(sentence.text, last)
        verdicts.append(verdict)
        if sentence.boilerplate is None:
            previous = first.index
    return verdicts


def _is_cased(article: Article) -> bool:
    """Whether sentences begin with a capital here; some texts have none at all."""
    return 2 * sum(_continues(sentence.text) for sentence in article.sentences) < len(article.sentences)


def _continues(text: str) -> bool:
    """Whether it began in the line above: "pilgrims at the mosque in 2008." An "iPhone" may open a sentence."""
    return text[0].islower() and not text[1:2].isupper()


def _verdict_in_context(text: str, previous: int | None) -> Verdict:
    lacks: Dependence | None = dependence(text)
    if lacks is None:
        return Verdict()
    return Verdict(lacks.value, previous if lacks.is_met_by_previous else None)


def _objection_to_place(sentence: Sentence, first: Sentence) -> str | None:
    if sentence.field is Field.HEADLINE:
        return "headline"
    if sentence.boilerplate is not None:
        return f"boilerplate ({sentence.boilerplate.value})"
    if first is not sentence:
        # It would vote for itself: the centrality of a repeated sentence says nothing about the story.
        return "headline again" if first.field is Field.HEADLINE else "repeats an earlier sentence"
    return None


def _objection_to_form(text: str, *, is_cased: bool) -> str | None:
    if len(terms_of(text)) < _MIN_WORDS or (is_cased and _continues(text)):
        return "fragment"
    if not has_verb(text):
        return _VERBLESS
    return None if _TERMINAL.search(text) else _LINE
