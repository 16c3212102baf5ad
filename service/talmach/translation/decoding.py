"""From a planned sentence to its checked translation: cut, decoded, put together, and tried again where needed."""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

from talmach import quality
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.errors import EngineFailure, EngineStuck, ModelNotLoaded, ModelUnusable
from talmach.quality import Flag, Name
from talmach.text.known_words import KnownWords
from talmach.text.markup import Marked
from talmach.text.span import Span
from talmach.translation import glossary as glossaries
from talmach.translation import marking
from talmach.translation.alignment import Looks
from talmach.translation.glossary import Glossary, Occurrence
from talmach.translation.hypotheses import Hypotheses, Key
from talmach.translation.joining import Joined, join
from talmach.translation.plan import Action, InnerPlan, Part, Plan, parts
from talmach.translation.restoration import Manner
from talmach.translation.values import GlossaryEntry

# A second try: a wider search finds a likelier sentence that was missed; the penalties forbid the loop.
_STRICT_BEAM_SIZE = 4
_STRICT_REPETITION_PENALTY = 1.2
_STRICT_NO_REPEAT_NGRAM_SIZE = 4


@cache
def strict(options: DecodeOptions, target_language: str) -> DecodeOptions:
    """Return the options of a second try, after a first one with `options`."""
    return options._replace(
        beam_size=max(options.beam_size, _STRICT_BEAM_SIZE),
        repetition_penalty=max(options.repetition_penalty, _STRICT_REPETITION_PENALTY),
        no_repeat_ngram_size=_STRICT_NO_REPEAT_NGRAM_SIZE,
        # Not in the first try: a name in quotes may keep the letters of its own language.
        forbidden_letters=quality.foreign_letters(target_language),
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one sentence."""

    text: str
    flags: frozenset[Flag] = frozenset()
    score: float | None = None
    glossary: dict[GlossaryEntry, tuple[int, int]] = field(default_factory=dict)  # see glossary.count_applied
    names: tuple[Name, ...] = ()
    pivot: str | None = None  # language in between
    is_incomplete: bool = False  # the model gave nothing for a part, which stays untranslated
    joined: tuple[Joined, ...] = ()  # what it was put together from, where tags are to be put into it
    options: DecodeOptions | None = None  # the same: how that was decoded


@dataclass(frozen=True, slots=True)
class _Task:
    """A sentence cut into parts for the queue of its direction."""

    plan: Plan
    direction: Direction
    occurrences: tuple[Occurrence, ...]
    places: tuple[Span, ...]  # of the occurrences' target terms in `text`
    text: str  # with the glossary's target terms in it
    phrases: tuple[Span, ...]  # of the do-not-translate phrases in `text`
    parts: tuple[Part, ...]

    def keys(self, parts: Sequence[Part]) -> list[Key]:
        """Return what is to be decoded of `parts`."""
        return [(self.direction, part.text) for part in parts if part.translate]

    def without_phrases(self, text: str, *, nor_terms: bool = False) -> str:
        """Return `text` without the do-not-translate phrases, whose script and numbers are not the model's."""
        for phrase in {each.entry.target_term for each in self.occurrences if each.entry.verbatim or nor_terms}:
            text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", text)
        return text


class Decoder:
    """Decodes the sentences of one article or text; equal parts are decoded once."""

    def __init__(
        self,
        hypotheses: Hypotheses,
        directions: Collection[Direction],
        glossary: Glossary,
        *,
        target_language: str,
        low_confidence: Mapping[Direction, float],
        known_words: Mapping[Direction, KnownWords | None],
    ) -> None:
        self.glossary = glossary
        self.hypotheses = hypotheses
        self._directions = directions
        self._target_language = target_language
        self._low_confidence = low_confidence
        self._known_words = known_words
        self._tasks: dict[tuple[int, int], _Task] = {}

    def prepare(self, plan: Plan, article_language: str | None) -> Plan:
        """Cut a sentence for its queue; one in a language that no model translates is taken for the article's own."""
        if plan.action is not Action.TRANSLATE:
            return plan
        assert plan.source_language is not None
        direction = Direction(plan.source_language, self._target_language)
        if direction not in self._directions:
            if article_language is None or article_language == self._target_language:
                return replace(plan, action=Action.COPY)
            plan = replace(plan, source_language=article_language, language_mismatch=True)
            direction = Direction(article_language, self._target_language)
        inner = (replace(each, plan=self.prepare(each.plan, article_language)) for each in plan.inner)
        plan = replace(plan, inner=tuple(inner))
        self._tasks[_key(plan)] = self._task(plan, direction)
        return plan

    def keys_of(self, plan: Plan) -> list[Key]:
        """Return what is to be decoded of a prepared sentence."""
        task = self._tasks[_key(plan)]
        return [*task.keys(task.parts), *(key for each in _translatable(plan) for key in self.keys_of(each.plan))]

    async def translate(self, plan: Plan) -> Outcome:
        """Translate one prepared and submitted sentence; raises EngineFailure, DeadlineExceeded."""
        task = self._tasks[_key(plan)]
        outcome = await self._translate(task)
        return outcome if plan.sentence.marked is None else await self._mark(task, plan.sentence.marked, outcome)

    async def _translate(self, task: _Task) -> Outcome:
        options = self.hypotheses.decoding(task.direction)
        outcome = await self._decode(task, task.parts, options)
        if not outcome.flags.isdisjoint(quality.GRAVE):
            outcome = _better(
                outcome, await self._decode_again(task, task.parts, strict(options, self._target_language))
            )
        if Flag.SIGN_MISMATCH in outcome.flags:
            around = await self._in_a_turn(task, self._around_signs)
            outcome = _better(outcome, await self._decode_again(task, around, options))
        if outcome.is_incomplete and len(task.parts) > 1:
            # A lone word between two links says too little; with the links in view the model may know it.
            whole = await self._in_a_turn(task, self._whole)
            outcome = _better(outcome, await self._decode_again(task, whole, options))
        is_missed = any(entry.verbatim and honoured < count for entry, (count, honoured) in outcome.glossary.items())
        if is_missed or not marking.has_atoms(task.plan.sentence.marked, outcome.text):
            # What the model does not see it cannot change.
            around = await self._in_a_turn(task, self._around_phrases)
            outcome = await self._decode_again(task, around, options) or outcome
        return outcome

    def _task(self, plan: Plan, direction: Direction) -> _Task:
        # Phrases are found in the sentence's own spelling, but the model should see ordinary letters.
        is_aligned = len(plan.text) == len(plan.sentence.text)
        occurrences = tuple(self.glossary.find(plan.sentence.text if is_aligned else plan.text))
        if is_aligned and plan.sentence.marked is not None:
            occurrences = marking.with_atoms(plan.sentence.marked, occurrences)
        text, spans = glossaries.substitute(plan.text, occurrences)
        phrases = [span for span, each in zip(spans, occurrences, strict=True) if each.entry.verbatim]
        return _Task(plan, direction, occurrences, tuple(spans), text, tuple(phrases), self._cut(text, [], direction))

    async def _mark(self, task: _Task, marked: Marked, outcome: Outcome) -> Outcome:
        """Put the tags of a sentence, and the texts inside them, into its translation."""
        flags, applied = outcome.flags, dict(outcome.glossary)
        inner = []
        for each in _translatable(task.plan):
            came = await self.translate(each.plan)
            inner.append((each, came.text))
            flags |= came.flags
            for entry, counts in came.glossary.items():
                so_far = applied.get(entry, (0, 0))
                applied[entry] = (so_far[0] + counts[0], so_far[1] + counts[1])
        if outcome.text == task.plan.sentence.text and not inner:
            return replace(outcome, text=task.plan.sentence.source)
        looks = await self._looks(task, outcome)
        move = partial(glossaries.moved, occurrences=task.occurrences, spans=task.places)
        work = partial(
            marking.mark,
            marked,
            task.plan.sentence.source,
            outcome.text,
            translated=task.text,
            joined=outcome.joined,
            looks=looks,
            move=move,
            inner=inner,
        )
        text = await self.hypotheses.turns.take(len(task.plan.sentence.source), work)
        return replace(outcome, text=text, flags=flags, glossary=applied)

    async def _looks(self, task: _Task, outcome: Outcome) -> list[Looks]:
        """Where the models looked for each part; equal ones are asked about once, and all together."""
        if outcome.options is None:
            return []
        options = outcome.options
        asked = dict.fromkeys((part.source, part.decoded) for part in outcome.joined if part.decoded is not None)
        looks = (self.hypotheses.looks((task.direction, source), decoded, options) for source, decoded in asked)
        known: dict[tuple[str, str | None], Looks] = dict(zip(asked, await asyncio.gather(*looks), strict=True))
        return [known.get((part.source, part.decoded), Looks()) for part in outcome.joined]

    async def _in_a_turn(self, task: _Task, cut: Callable[[_Task], tuple[Part, ...]]) -> tuple[Part, ...]:
        """Cut a sentence once more: a long one takes a second of tokenising."""
        return await self.hypotheses.turns.take(len(task.text), partial(cut, task))

    def _around_phrases(self, task: _Task) -> tuple[Part, ...]:
        """The parts of a sentence when its do-not-translate phrases are kept from the model."""
        return self._cut(task.text, task.phrases, task.direction)

    def _around_signs(self, task: _Task) -> tuple[Part, ...]:
        """The parts of a sentence when its signs are kept from the model, with the numbers beside them."""
        return self._cut(task.text, [*task.phrases, *quality.sign_spans(task.text)], task.direction)

    def _whole(self, task: _Task) -> tuple[Part, ...]:
        """The parts of a sentence when its protected tokens are not kept from the model."""
        return parts(task.text, [], lambda part: self.hypotheses.fits((task.direction, part)), keep_tokens=False)

    def _cut(self, text: str, verbatim: Sequence[Span], direction: Direction) -> tuple[Part, ...]:
        return parts(text, verbatim, lambda part: self.hypotheses.fits((direction, part)))

    async def _decode_again(self, task: _Task, parts: Sequence[Part], options: DecodeOptions) -> Outcome | None:
        """Decode a sentence that has been decoded; a second try that fails takes nothing away."""
        try:
            return await self._decode(task, parts, options)
        except (EngineFailure, EngineStuck, ModelNotLoaded, ModelUnusable):
            return None

    async def _decode(self, task: _Task, parts: Sequence[Part], options: DecodeOptions) -> Outcome:
        decoded = await self.hypotheses.get(task.keys(parts), options)
        return await self.hypotheses.turns.take(len(task.text), partial(self._outcome, task, parts, decoded, options))

    def _outcome(
        self, task: _Task, parts: Sequence[Part], decoded: Mapping[Key, Hypothesis], options: DecodeOptions
    ) -> Outcome:
        """Put the parts together and check the whole."""
        translations = {text: hypothesis.text for (_, text), hypothesis in decoded.items()}
        vanished = {text for text, translation in translations.items() if not any(map(str.isalnum, translation))}
        # A word that has no translation stays: nothing of a text is lost.
        joined = self._join(task, parts, translations | {text: text for text in vanished})
        target = "".join(part.target for part in joined)
        if not target.strip():
            target, joined, vanished = task.plan.sentence.text, (), vanished or {task.text}
        tokens = sum(hypothesis.tokens for hypothesis in decoded.values())
        # Weighted by length, so that a split sentence scores as if it had been decoded in one piece.
        score = sum(hypothesis.score * hypothesis.tokens for hypothesis in decoded.values()) / max(tokens, 1)
        sides = task.without_phrases(task.plan.sentence.text), task.without_phrases(target)
        flags = quality.check(
            *sides,
            task.direction,
            truncated=any(hypothesis.truncated for hypothesis in decoded.values()),
            score=score,
            low_confidence_score=self._low_confidence[task.direction],
        )
        known = self._known_words[task.direction]
        if known and known.lacks_any(task.without_phrases(target, nor_terms=True), task.direction.target):
            flags |= {Flag.UNKNOWN_WORD}
        applied = glossaries.count_applied(task.occurrences, target)
        if any(honoured < count for count, honoured in applied.values()):
            flags |= {Flag.GLOSSARY_NOT_APPLIED}
        if vanished:
            flags |= {Flag.UNTRANSLATED}
        pivot = self.hypotheses.pivot(task.direction) if decoded else None
        names = quality.names_in(*sides, task.direction)
        outcome = Outcome(
            target, flags, score if decoded else None, applied, names, pivot, is_incomplete=bool(vanished)
        )
        if task.plan.sentence.marked is None or not task.plan.sentence.marked.marks:
            return outcome
        return replace(outcome, joined=joined, options=options)

    def _join(self, task: _Task, parts: Sequence[Part], translations: Mapping[str, str]) -> tuple[Joined, ...]:
        """Put a sentence together, in the manner of its source."""
        source, all_caps = task.plan.sentence.text, task.plan.all_caps
        manner = Manner.of(source, self._target_language, all_caps=all_caps, resumes=task.plan.sentence.resumes)
        return join(parts, translations, manner, task.direction)


def _key(plan: Plan) -> tuple[int, int]:
    return plan.sentence.index, plan.number


def _translatable(plan: Plan) -> list[InnerPlan]:
    """The texts inside the tags of a sentence that are to be translated."""
    return [each for each in plan.inner if each.plan.action is Action.TRANSLATE]


def _better(first: Outcome, second: Outcome | None) -> Outcome:
    """Prefer the complete one, then the one with fewer grave flags, then with fewer flags; in doubt the first."""

    def badness(outcome: Outcome) -> tuple[bool, int, int]:
        return outcome.is_incomplete, len(outcome.flags & quality.GRAVE), len(outcome.flags)

    return first if second is None else min(first, second, key=badness)
