"""From a planned sentence to its checked translation: parts to the queue, hypotheses back, a second try where one is due."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from talmach import quality
from talmach.batching import BatchingQueue, Decoded
from talmach.engine.base import DecodeOptions, Direction
from talmach.errors import EngineFailure
from talmach.quality import Flag
from talmach.text.span import Span
from talmach.translation import glossary as glossaries
from talmach.translation.glossary import Glossary, Occurrence
from talmach.translation.plan import Action, Part, Plan, parts
from talmach.translation.restoration import restore
from talmach.translation.values import GlossaryEntry, Timings, Usage

# Rule 5: beam search finds the likelier sentence that greedy missed, and the penalties forbid the loop that it fell into.
STRICT = DecodeOptions(beam_size=4, repetition_penalty=1.2, no_repeat_ngram_size=4)

_Key = tuple[Direction, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one sentence."""

    text: str
    flags: frozenset[Flag] = frozenset()
    score: float | None = None
    glossary: "dict[GlossaryEntry, tuple[int, int]]" = field(default_factory=dict)  # see glossary.count_applied


@dataclass(frozen=True, slots=True)
class _Task:
    """A sentence cut into parts for the queue of its direction."""

    plan: Plan
    direction: Direction
    occurrences: tuple[Occurrence, ...]
    parts: tuple[Part, ...]


class Decoder:
    """Decodes the sentences of one request; equal parts are decoded once."""

    def __init__(
        self,
        queues: Mapping[Direction, BatchingQueue],
        glossary: Glossary,
        *,
        target_language: str,
        beam_size: int,
        deadline: float | None,
        low_confidence_score: float,
    ) -> None:
        self.glossary = glossary
        self._queues = queues
        self._target_language = target_language
        self._options = DecodeOptions(beam_size=beam_size)
        self._deadline = deadline
        self._low_confidence_score = low_confidence_score
        self._tasks: dict[int, _Task] = {}
        self._futures: dict[_Key, asyncio.Future[Decoded]] = {}
        self._decoded: dict[int, Decoded] = {}  # by identity: several sentences may share one
        self._source_tokens = 0
        self._used_models: set[str] = set()

    def prepare(self, plan: Plan, article_language: str | None) -> Plan:
        """Cut a sentence for its queue; one in a language that no model translates is taken for the article's own."""
        if plan.action is not Action.TRANSLATE:
            return plan
        assert plan.source_language is not None
        direction = Direction(plan.source_language, self._target_language)
        if direction not in self._queues:
            if article_language is None or article_language == self._target_language:
                return replace(plan, action=Action.COPY)
            plan = replace(plan, source_language=article_language, language_mismatch=True)
            direction = Direction(article_language, self._target_language)
        occurrences = self.glossary.find(plan.text)
        text = glossaries.substitute(plan.text, occurrences)
        self._tasks[plan.sentence.index] = _Task(
            plan, direction, tuple(occurrences), tuple(self._cut(text, [], direction))
        )
        return plan

    def submit(self) -> None:
        """Queue everything that was prepared, all or nothing; raises QueueFull or DeadlineExceeded."""
        wanted: dict[BatchingQueue, list[_Key]] = {}
        seen: set[_Key] = set()
        for task in self._tasks.values():
            for part in task.parts:
                key = (task.direction, part.text)
                if part.translate and key not in seen:
                    seen.add(key)
                    wanted.setdefault(self._queues[task.direction], []).append(key)
        for queue, keys in wanted.items():
            for key, future in zip(keys, self._submit(queue, keys, self._options), strict=True):
                self._futures[key] = future

    async def translate(self, plan: Plan) -> Outcome:
        """Translate one prepared sentence; raises EngineFailure, DeadlineExceeded."""
        task = self._tasks[plan.sentence.index]
        outcome = await self._decode(task, self._options)
        if not outcome.flags.isdisjoint(quality.GRAVE):
            outcome = _better(outcome, await self._decode(task, STRICT))
        if any(entry.verbatim and honoured < count for entry, (count, honoured) in outcome.glossary.items()):
            outcome = await self._decode(self._around_phrases(task), self._options)
        return outcome

    def mismatch_flags(self, plan: Plan) -> frozenset[Flag]:
        """Return the flag of a sentence that looks like another language than the one it was taken for."""
        return frozenset({Flag.SOURCE_LANGUAGE_MISMATCH}) if plan.language_mismatch else frozenset()

    def model_ids(self) -> tuple[str, ...]:
        """Return the models that took part, ascending."""
        return tuple(sorted(self._used_models))

    def timings(self, total_ms: float) -> Timings:
        """Return where the time went."""
        if not self._decoded:
            return Timings(total_ms=total_ms)
        queued, taken = (min(getattr(each, name) for each in self._decoded.values()) for name in ("queued_at", "taken_at"))
        done = max(each.done_at for each in self._decoded.values())
        return Timings(1_000 * (taken - queued), 1_000 * (done - taken), total_ms)

    def usage(self) -> Usage:
        """Return what the models were given and what they made."""
        return Usage(self._source_tokens, sum(each.hypothesis.tokens for each in self._decoded.values()))

    def _cut(self, text: str, verbatim: Sequence[Span], direction: Direction) -> list[Part]:
        engine = self._queues[direction].engine

        def fits(part: str) -> bool:
            # A piece has at least one character, but one character may take a piece for each of its bytes.
            return len(part.encode(errors="replace")) < engine.max_source_tokens or (
                len(engine.tokenize(part, direction)) <= engine.max_source_tokens
            )

        return parts(text, verbatim, fits)

    def _around_phrases(self, task: _Task) -> _Task:
        """Cut out the do-not-translate phrases: what the model does not see it cannot change."""
        spans = [occurrence.span for occurrence in task.occurrences if occurrence.entry.verbatim]
        return replace(task, parts=tuple(self._cut(task.plan.text, spans, task.direction)))

    def _submit(self, queue: BatchingQueue, keys: list[_Key], options: DecodeOptions) -> "list[asyncio.Future[Decoded]]":
        sentences = [queue.engine.tokenize(text, direction) for direction, text in keys]
        futures = queue.submit(sentences, options, deadline=self._deadline)
        self._source_tokens += sum(map(len, sentences))
        self._used_models.add(queue.engine.model_id)
        return futures

    async def _decode(self, task: _Task, options: DecodeOptions) -> Outcome:
        decoded = [await self._part(task.direction, part, options) for part in task.parts]
        text = "".join(
            part.text if each is None else each.hypothesis.text
            for part, each in zip(task.parts, decoded, strict=True)
        )
        hypotheses = [each.hypothesis for each in decoded if each is not None]
        tokens = sum(hypothesis.tokens for hypothesis in hypotheses)
        # Weighted by length, so that a split sentence scores as if it had been decoded in one piece.
        score = sum(hypothesis.score * hypothesis.tokens for hypothesis in hypotheses) / max(tokens, 1)
        source = task.plan.sentence.text
        target = restore(source, text, self._target_language, all_caps=task.plan.all_caps)
        flags = quality.check(
            source,
            target,
            task.direction,
            truncated=any(hypothesis.truncated for hypothesis in hypotheses),
            score=score,
            low_confidence_score=self._low_confidence_score,
        )
        applied = glossaries.count_applied(task.occurrences, target)
        if any(honoured < count for count, honoured in applied.values()):
            flags |= {Flag.GLOSSARY_NOT_APPLIED}
        return Outcome(target, flags, score if hypotheses else None, applied)

    async def _part(self, direction: Direction, part: Part, options: DecodeOptions) -> Decoded | None:
        if not part.translate:
            return None
        key, queue = (direction, part.text), self._queues[direction]
        future = self._futures.get(key) if options == self._options else None
        if future is None:
            future = self._submit(queue, [key], options)[0]
        try:
            decoded = await future
        except EngineFailure:
            # The batch may have failed because of another caller's sentence: once more, in other company.
            decoded = await self._submit(queue, [key], options)[0]
        self._decoded[id(decoded)] = decoded
        return decoded


def _better(first: Outcome, second: Outcome) -> Outcome:
    """Choose by the number of grave flags, then of all flags; in doubt the first."""

    def badness(outcome: Outcome) -> tuple[int, int]:
        return len(outcome.flags & quality.GRAVE), len(outcome.flags)

    return min(first, second, key=badness)
