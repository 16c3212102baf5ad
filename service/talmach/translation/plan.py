"""What is to be done with each sentence, decided before any model runs."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from talmach.quality import Flag
from talmach.text import casing, protected
from talmach.text.article import Sentence
from talmach.text.clauses import split_clauses
from talmach.text.language import determine, is_foreign
from talmach.text.sentences import INVISIBLE
from talmach.text.span import Span

# Marks that stand behind a kept token, or in front of one, with or without spaces between.
_BEHIND = ",.;:!?…)]}»”—–/-" + INVISIBLE
_IN_FRONT = "([{«„—–/:,;-" + INVISIBLE
_ARTICLE = re.compile(r"(?:an?|the)[ \u00a0]+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s\b")
# A newspaper, a company, a film.
_QUOTED_NAME = re.compile(r"""[«"“„]([^«»"“”„]{1,40})[»"”“]""")


class Action(Enum):
    """What happens to a sentence."""

    TRANSLATE = auto()
    COPY = auto()
    DROP = auto()
    FAIL = auto()  # nobody knows which way to translate it


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence: translated by itself, or kept as it is."""

    text: str
    translate: bool
    is_article: bool = False  # or a possessive ending: English has it beside a kept token, other languages have none


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with one sentence."""

    sentence: Sentence
    action: Action
    source_language: str | None
    language_mismatch: bool = False  # it looks like another language than the one that was named, or than all of ours
    all_caps: bool = False
    is_uncertain: bool = False  # nothing but the rest of the call, or a default, tells its language
    inner: "tuple[InnerPlan, ...]" = ()  # of the texts inside its tags
    number: int = 0  # 0 = the sentence itself, else counted among the texts inside its tags

    @property
    def flags(self) -> frozenset[Flag]:
        """What is doubtful before anything is translated."""
        found = (
            (Flag.SOURCE_LANGUAGE_MISMATCH, self.language_mismatch),
            (Flag.MARKUP, self.has_markup),
            (Flag.SOURCE_LANGUAGE_UNCERTAIN, self.is_uncertain),
        )
        return frozenset(flag for flag, is_found in found if is_found)

    @property
    def has_markup(self) -> bool:
        """Whether the sentence is written in a format that is taken as plain text."""
        if self.action is Action.DROP or self.sentence.marked is not None:
            return False
        return protected.has_markup(self.sentence.text)

    @property
    def text(self) -> str:
        """What the model is to see: an ALL-CAPS sentence in ordinary letters."""
        return casing.to_sentence_case(self.sentence.text) if self.all_caps else self.sentence.text


@dataclass(frozen=True, slots=True)
class InnerPlan:
    """What is to be done with a sentence in an attribute of a tag."""

    mark: int  # number of the tag in the sentence around
    span: Span  # in the tag
    plan: Plan


def inner_sentences(sentence: Sentence) -> Iterator[tuple[int, Span, Sentence]]:
    """Yield the texts inside the tags of a sentence, each with the number of its tag and its place in that."""
    for number, mark in enumerate(sentence.marked.marks if sentence.marked is not None else ()):
        for span, marked in mark.texts:
            yield (
                number,
                span,
                replace(
                    sentence,
                    resumes="",
                    span=span,
                    text=marked.text,
                    marked=marked,
                    written=span.slice(mark.raw),
                    boilerplate=None,
                ),
            )


def plan(
    sentence: Sentence,
    *,
    named_language: str | None,
    article_language: str | None,
    target_language: str,
    drop: bool,
    is_uncertain: bool = False,
) -> Plan:
    """Decide on one sentence.

    `named_language` is the caller's word, `article_language` what the whole looks like, or, if `is_uncertain`, what the
    rest of the call or a default says.
    """
    language = named_language or article_language
    if drop and sentence.boilerplate is not None:
        return Plan(sentence, Action.DROP, language)
    prose = sentence.prose
    if not protected.has_words(prose):
        return Plan(sentence, Action.COPY, language)
    looks_like = _looks_like(prose, language)
    if named_language is None:
        language = looks_like or article_language
    is_other = looks_like != named_language if looks_like is not None else is_foreign(prose)
    mismatch = named_language is not None and is_other
    if language is None:
        return Plan(sentence, Action.FAIL, None)
    if named_language is None and looks_like is None and is_other:
        return Plan(sentence, Action.COPY, None, language_mismatch=True)
    is_uncertain = is_uncertain and looks_like is None
    if target_language in (language, looks_like):
        return Plan(sentence, Action.COPY, language, mismatch, is_uncertain=is_uncertain)
    all_caps = casing.is_all_caps(prose)
    return Plan(sentence, Action.TRANSLATE, language, mismatch, all_caps=all_caps, is_uncertain=is_uncertain)


def _looks_like(prose: str, expected: str | None) -> str | None:
    """Return what a sentence looks like; in an article of another language a quoted name does not tell.

    «Наша Ніва» in a Russian sentence has the only letter that Russian lacks.
    """
    found = determine(prose)
    if expected is None or found in (None, expected):
        return found
    around = _QUOTED_NAME.sub(lambda quoted: " " if quoted[1][:1].isupper() else quoted[0], prose)
    return determine(around) if around != prose and protected.has_words(around) else found


def prevailing_language(sentences: Sequence[Sentence]) -> str | None:
    """Return the language of most of an article whose languages are too mixed to call it by one."""
    lengths: Counter[str | None] = Counter()
    for sentence in sentences:
        if protected.has_words(sentence.prose):
            lengths[determine(sentence.prose)] += len(sentence.prose)
    unknown = lengths.pop(None, 0)
    # Where most of the text is in no known language, a few words that happen to look like one prove nothing.
    return lengths.most_common(1)[0][0] if lengths.total() > unknown else None


def parts(
    text: str, verbatim: Sequence[Span], fits: Callable[[str], bool], *, keep_tokens: bool = True
) -> tuple[Part, ...]:
    """Cut a sentence into parts that fit the model's window; protected tokens and `verbatim` spans stay as they are.

    A link in the middle of a sentence costs some fluency this way, but it is the only way that never damages the link;
    `keep_tokens` False leaves the links to the model. The parts' texts joined together are `text`; none is empty.
    """
    tokens = [token.span for token in protected.find(text)] if keep_tokens else []
    kept = sorted([*verbatim, *tokens], key=lambda span: span.start)
    result: list[Part] = []
    position = 0
    for span in kept:
        result += _translatable(text, Span(position, max(position, span.start)), fits)
        result.append(Part(text[max(position, span.start) : span.end], translate=False))
        position = max(position, span.end)
    return tuple(part for part in (*result, *_translatable(text, Span(position, len(text)), fits)) if part.text)


def _translatable(text: str, span: Span, fits: Callable[[str], bool]) -> Iterator[Part]:
    """Yield the clauses of what lies between two kept spans, with the white space around each as a part that is kept.

    The marks next to a kept span stay where they are, too: a model that drops a comma would glue a word to a link.
    """
    possessive = _POSSESSIVE.match(text, span.start, span.end) if span.start else None
    if possessive:
        yield Part(possessive[0], translate=False, is_article=True)
        span = Span(possessive.end(), span.end)
    between = text[span.start : span.end]
    start, end = 0, len(between)
    if span.start:
        start = end - len(between.removeprefix('"').removeprefix("“").lstrip(_BEHIND))
    if span.end < len(text):
        end = max(start, len(between.removesuffix('"').removesuffix("“").rstrip(_IN_FRONT)))
    yield Part(between[:start], translate=False)
    article = _ARTICLE.match(between, start) if span.end < len(text) else None
    if article and article.end() >= end:
        yield Part(article[0], translate=False, is_article=True)
        start = end = article.end()
    for clause in (each.slice(between[start:end]) for each in split_clauses(between[start:end], fits)):
        core = clause.strip(INVISIBLE)
        if protected.has_words(core):
            at = clause.index(core)
            yield Part(clause[:at], translate=False)
            yield Part(core, translate=True)
            yield Part(clause[at + len(core) :], translate=False)
        else:
            yield Part(clause, translate=False)
    yield Part(between[end:], translate=False)
