"""Which sentences may stand in a summary: those that can be understood without the ones around them.

One that points back to the sentence before it may stand there too, but only together with that sentence.
"""

import re
from dataclasses import dataclass
from itertools import groupby

from talmach.summary.context import Dependence, dependence
from talmach.summary.terms import words_of
from talmach.summary.verbs import has_verb
from talmach.text.article import Article, Field, Sentence
from talmach.text.boilerplate import BoilerplateKind

_MIN_WORDS = 4
_LONGEST_CAPTION = 2  # sentences; a longer paragraph belongs to the story, whatever ends it
_OF_PICTURES = (BoilerplateKind.CREDIT, BoilerplateKind.CAPTION)
_TERMINAL = re.compile(r"[.!?…][\"'»”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence may be chosen: always, together with the sentence `needs` (an index), or not at all."""

    objection: str | None = None  # in a few words, None = none
    needs: int | None = None

    @property
    def is_candidate(self) -> bool:
        """Whether there is a summary that it may stand in."""
        return self.objection is None or self.needs is not None


def judge(article: Article, *, include_lead: bool) -> list[Verdict]:
    """Return the verdict on every sentence.

    With `include_lead` the first whole sentence of the story is one in any case, unless it is the headline again.
    """
    captions = _captions(article)
    is_cased = _is_cased(article)
    seen: dict[tuple[str, ...], Sentence] = {}  # by their words, the first time
    verdicts: list[Verdict] = []
    previous: int | None = None  # the last sentence that is no boilerplate, where it was read first
    needs_lead = include_lead
    for sentence in article.sentences:
        first = seen.setdefault(_fold(sentence), sentence)
        caption = "caption" if sentence.index in captions else None
        found = _objection_to_kind(sentence, is_cased=is_cased) or caption or _objection_to_repetition(sentence, first)
        if found is not None:
            verdict = Verdict(found)
        elif needs_lead:
            verdict, needs_lead = Verdict(), False
        else:
            last = previous if previous is not None and verdicts[previous].is_candidate else None
            verdict = _verdict_in_context(sentence.text, last)
        verdicts.append(verdict)
        if sentence.boilerplate is None:
            previous = first.index
    return verdicts


def _captions(article: Article) -> set[int]:
    """Return what stands with a picture's credit in a paragraph: «Новая школа. Фото: Анна Лесная»."""
    found: set[int] = set()
    for _, paragraph in groupby(article.sentences, lambda sentence: (sentence.field, sentence.paragraph)):
        sentences = list(paragraph)
        story = [sentence.index for sentence in sentences if sentence.boilerplate is None]
        if sentences[-1].boilerplate in _OF_PICTURES and len(story) <= _LONGEST_CAPTION:
            found.update(story)
    return found


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


def _objection_to_kind(sentence: Sentence, *, is_cased: bool) -> str | None:
    if sentence.field is Field.HEADLINE:
        return "headline"
    if sentence.boilerplate is not None:
        return f"boilerplate ({sentence.boilerplate.value})"
    if len(words_of(sentence.text)) < _MIN_WORDS or not _TERMINAL.search(sentence.text):
        return "fragment"
    if is_cased and _continues(sentence.text):
        return "fragment"
    return None if has_verb(sentence.text) else "fragment without a verb"


def _objection_to_repetition(sentence: Sentence, first: Sentence) -> str | None:
    if first is sentence:
        return None
    # It would vote for itself: the centrality of what stands twice says nothing about the story.
    return "headline again" if first.field is Field.HEADLINE else "repeats an earlier sentence"


def _fold(sentence: Sentence) -> tuple[str, ...]:
    return tuple(words_of(sentence.text))
