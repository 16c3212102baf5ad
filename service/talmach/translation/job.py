"""The texts of one call on their way through the queues; segments come out in document order, each when ready."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from talmach.errors import EngineFailure, LanguageUndetermined
from talmach.metrics import Metrics
from talmach.quality import Flag, Mentions
from talmach.text.article import Field
from talmach.text.markup import MarkKind
from talmach.translation.decoding import Decoder, Outcome
from talmach.translation.glossary import Glossary, UsageCounter
from talmach.translation.hypotheses import Hypotheses
from talmach.translation.plan import Action, Plan
from talmach.translation.source import Source
from talmach.translation.values import Segment, SegmentStatus, Totals, Translation

_STATUS = {
    Action.COPY: SegmentStatus.COPIED,
    Action.DROP: SegmentStatus.DROPPED_BOILERPLATE,
    Action.TRANSLATE: SegmentStatus.TRANSLATED,
    Action.FAIL: SegmentStatus.FAILED,
}
_Key = tuple[str, str | None, bool, str, tuple[MarkKind, ...]]  # equal sentences of one call come out equal
_A_TURN = 128  # sentences that are put together in one turn of the loop
_AT_ONCE = 64  # sentences of one call that are checked, and decoded again, side by side; all are queued before


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is planned and not queued."""

    source: Source
    plans: Sequence[Plan]
    decoder: Decoder


class TranslationJob:
    """The translation of one or several texts: queued, all or none, when the block is entered, given up at its end."""

    def __init__(self, drafts: Sequence[Draft], hypotheses: Hypotheses, glossary: Glossary, metrics: Metrics) -> None:
        self.drafts = drafts
        self._hypotheses = hypotheses
        self._usages = UsageCounter(glossary.entries)
        self._metrics = metrics
        self._distinct = {
            _key(plan): (draft.decoder, plan)
            for draft in drafts
            for plan in draft.plans
            if plan.action is Action.TRANSLATE
        }
        self._parts = dict.fromkeys(part for decoder, plan in self._distinct.values() for part in decoder.keys_of(plan))
        self._outcomes: dict[_Key, asyncio.Future[Outcome | EngineFailure]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._statuses: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._successes = 0  # sentences translated so far
        self._failure: EngineFailure | None = None  # the last one

    @property
    def source(self) -> Source:
        """The only text."""
        (draft,) = self.drafts
        return draft.source

    @property
    def segment_count(self) -> int:
        """Segments that will come."""
        return sum(len(draft.plans) for draft in self.drafts)

    async def __aenter__(self) -> Self:
        """Raises QueueFull, or DeadlineExceeded, and then leaves nothing in a queue; nor does it when cancelled."""
        try:
            await self._hypotheses.submit(self._parts)
        except BaseException:
            self.cancel()
            raise
        loop = asyncio.get_running_loop()
        self._outcomes = {key: loop.create_future() for key in self._distinct}
        waiting = iter(self._distinct.items())
        self._workers = [asyncio.create_task(self._work(waiting)) for _ in range(min(_AT_ONCE, len(self._distinct)))]
        for worker in self._workers:
            worker.add_done_callback(_see)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()
        # Once for all of them: a label costs as much as a segment.
        for status, count in self._statuses.items():
            self._metrics.segments.labels(status).inc(count)
        for flag, count in self._flags.items():
            self._metrics.quality_flags.labels(flag).inc(count)

    def cancel(self) -> None:
        """Cancel what is not done yet; harmless when everything is done."""
        for worker in self._workers:
            worker.cancel()
        # A task ends only what it waits for now, and that is nothing when it has not begun.
        self._hypotheses.cancel()

    async def segments(self) -> AsyncGenerator[Segment, None]:
        """Yield every segment of every text; a sentence that the engine failed on is a segment too.

        Raises:
            DeadlineExceeded: the deadline passed while sentences were queued.
            EngineStuck: the engine does not come back.
            EngineFailure: after the last segment, when the engine failed on every sentence that it was given.

        """
        for draft in self.drafts:
            mentions = Mentions()
            for plan in draft.plans:
                outcome = self._outcomes[_key(plan)] if plan.action is Action.TRANSLATE else None
                yield self._segment(plan, None if outcome is None else await outcome, mentions)
        self._raise_if_all_failed()

    async def finish(self) -> tuple[Translation, ...]:
        """Wait for all segments, of which none was asked for before; raises what `segments` raises, but at once."""
        await asyncio.gather(*self._workers)
        translations = [await self._translation(draft) for draft in self.drafts]
        self._raise_if_all_failed()
        return tuple(translations)

    def totals(self) -> Totals:
        """Return what is known after the last segment."""
        return Totals(
            segment_count=self.segment_count,
            complete=self._failure is None
            and not any(plan.action is Action.FAIL for draft in self.drafts for plan in draft.plans),
            model_ids=self._hypotheses.model_ids(),
            glossary_usages=self._usages.usages(),
            timings=self._hypotheses.timings(),
            usage=self._hypotheses.usage(),
        )

    async def _work(self, waiting: Iterator[tuple[_Key, tuple[Decoder, Plan]]]) -> None:
        """Translate one sentence after the other that nobody else has taken."""
        for key, (decoder, plan) in waiting:
            outcome = self._outcomes[key]
            try:
                outcome.set_result(await _attempt(decoder, plan))
            except Exception as error:
                # One of our own too: whoever waits for this sentence would wait for ever.
                outcome.set_exception(error)
                outcome.exception()  # seen: maybe nobody waits for this one
                raise

    async def _translation(self, draft: Draft) -> Translation:
        segments = []
        mentions = Mentions()
        for plan in draft.plans:
            outcome = self._outcomes[_key(plan)] if plan.action is Action.TRANSLATE else None
            segments.append(self._segment(plan, None if outcome is None else outcome.result(), mentions))
            if self._statuses.total() % _A_TURN == 0:
                await asyncio.sleep(0)
        for position, segment in enumerate(segments):
            if segment.index in mentions.doubtful and Flag.NAME_MISMATCH not in segment.flags:
                segments[position] = replace(segment, flags=segment.flags | {Flag.NAME_MISMATCH})
                self._flags[Flag.NAME_MISMATCH.name] += 1
        return Translation(draft.source, _assemble(draft.source, segments), tuple(segments))

    def _segment(self, plan: Plan, came: Outcome | EngineFailure | None, mentions: Mentions) -> Segment:
        """Return the segment of a sentence; `came` None = no model was asked."""
        sentence, status, outcome, error = plan.sentence, _STATUS[plan.action], Outcome(plan.sentence.source), None
        if isinstance(came, EngineFailure):
            status, error, self._failure = SegmentStatus.FAILED, came.reason, came
        elif came is not None:
            outcome = came
            self._successes += 1
            self._usages.add(outcome.glossary)
            # Whatever the reason, it is no translation.
            status = SegmentStatus.COPIED if outcome.text == sentence.source else status
        elif plan.action is Action.FAIL:
            error = LanguageUndetermined.reason
        flags = outcome.flags | plan.flags
        if mentions.see(sentence.index, outcome.names):
            flags |= {Flag.NAME_MISMATCH}
        self._statuses[status.name] += 1
        for flag in flags:
            self._flags[flag.name] += 1
        return Segment(
            index=sentence.index,
            paragraph=sentence.paragraph,
            field=sentence.field,
            source_span=sentence.span,
            source_text=sentence.source,
            translated_text=sentence.tags if plan.action is Action.DROP else outcome.text,
            source_language=plan.source_language,
            status=status,
            flags=flags,
            boilerplate=sentence.boilerplate,
            score=outcome.score,
            pivot=outcome.pivot,
            error=error,
        )

    def _raise_if_all_failed(self) -> None:
        """A failed sentence does not fail the call as long as another one, of any text, is translated."""
        if self._failure is not None and not self._successes:
            raise self._failure


def _key(plan: Plan) -> _Key:
    sentence = plan.sentence
    # The same characters of Markdown may be a mark or none, which what is around them tells.
    kinds = tuple(mark.kind for mark in sentence.marked.marks) if sentence.marked is not None else ()
    return sentence.source, plan.source_language, plan.all_caps, sentence.resumes, kinds


async def _attempt(decoder: Decoder, plan: Plan) -> Outcome | EngineFailure:
    try:
        return await decoder.translate(plan)
    except EngineFailure as failure:
        return failure


def _see(task: asyncio.Task[None]) -> None:
    """Look at a task's error: nobody else may, when the segment before it ended the call."""
    if not task.cancelled():
        task.exception()


def _assemble(source: Source, segments: Sequence[Segment]) -> dict[Field, str]:
    """Put the translated fields together: gaps as they are, each sentence replaced by its segment's text."""
    texts: dict[Field, str] = {}
    for field, document in source.article.documents:
        replacements = [segment.translated_text for segment in segments if segment.field is field]
        texts[field] = document.assemble(replacements)
    return texts
