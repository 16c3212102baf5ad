"""One article on its way through the queues; segments come out in document order, each as soon as it is ready."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

from talmach.errors import EngineFailure
from talmach.metrics import Metrics
from talmach.quality import Flag
from talmach.text.article import Article
from talmach.text.language import Candidate
from talmach.translation.assembly import Assembler
from talmach.translation.decoding import Decoder, Outcome
from talmach.translation.glossary import UsageCounter
from talmach.translation.plan import Action, Plan
from talmach.translation.values import Segment, SegmentStatus, Totals

_STATUS = {
    Action.COPY: SegmentStatus.COPIED,
    Action.DROP: SegmentStatus.DROPPED_BOILERPLATE,
    Action.TRANSLATE: SegmentStatus.TRANSLATED,
}


class TranslationJob:
    """The translation of one article; made by `Translator.start`, on the event loop."""

    def __init__(
        self,
        article: Article,
        plans: list[Plan],
        decoder: Decoder,
        *,
        source_language: str | None,
        detected: str | None,
        candidates: list[Candidate],
        metrics: Metrics,
    ) -> None:
        """`source_language` is what it is translated from; detection says `detected`, and `candidates` beside it."""
        self.article = article
        self.source_language = source_language
        self.detected = detected
        self.candidates = candidates
        self._plans = plans
        self._decoder = decoder
        self._metrics = metrics
        self._usages = UsageCounter(decoder.glossary.entries)
        self._started_at = time.monotonic()
        self.successes = 0  # sentences translated so far
        self.failure: EngineFailure | None = None  # the last one
        self._tasks = {
            each.sentence.index: asyncio.ensure_future(decoder.translate(each))
            for each in plans
            if each.action is Action.TRANSLATE
        }
        for task in self._tasks.values():
            task.add_done_callback(_see)

    @property
    def segment_count(self) -> int:
        """Segments that will come."""
        return len(self._plans)

    async def segments(self) -> AsyncGenerator[Segment, None]:
        """Yield every segment in document order; closing the generator cancels what is still queued.

        A sentence that the engine failed on is a segment too; whether nothing else came, `raise_if_all_failed` says.

        Raises:
            DeadlineExceeded: the deadline passed while sentences were queued.
            EngineStuck: the engine does not come back.

        """
        assembler = Assembler(self.article)
        try:
            for each in self._plans:
                yield await self._segment(each, assembler)
        except BaseException:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Give up what is not done yet, with all texts of the same call; harmless when everything is done."""
        for task in self._tasks.values():
            task.cancel()
        # A task ends only what it waits for now, and that is nothing when it has not begun.
        self._decoder.hypotheses.cancel()

    def totals(self) -> Totals:
        """Return what is known after the last segment; models, timings and usage are those of the whole call."""
        hypotheses = self._decoder.hypotheses
        return Totals(
            segment_count=self.segment_count,
            complete=self.failure is None,
            model_ids=hypotheses.model_ids(),
            glossary_usages=self._usages.usages(),
            timings=hypotheses.timings(total_ms=1_000 * (time.monotonic() - self._started_at)),
            usage=hypotheses.usage(),
        )

    async def _segment(self, each: Plan, assembler: Assembler) -> Segment:
        sentence, status, outcome = each.sentence, _STATUS[each.action], Outcome(each.sentence.text)
        error = None
        if each.action is Action.TRANSLATE:
            try:
                outcome = await self._tasks[sentence.index]
                self.successes += 1
                # Whatever the reason, it is no translation.
                status = SegmentStatus.COPIED if outcome.text == sentence.text else status
            except EngineFailure as failure:
                status, error, self.failure = SegmentStatus.FAILED, failure.reason, failure
            self._usages.add(outcome.glossary)
        text = "" if each.action is Action.DROP else outcome.text
        flags = outcome.flags | each.flags
        self._count(status, flags)
        return Segment(
            index=sentence.index,
            paragraph=sentence.paragraph,
            field=sentence.field,
            source_span=sentence.span,
            target_span=assembler.add(sentence, text),
            source_text=sentence.text,
            translated_text=text,
            source_language=each.source_language,
            status=status,
            flags=flags,
            boilerplate=sentence.boilerplate,
            score=outcome.score,
            error=error,
        )

    def _count(self, status: SegmentStatus, flags: frozenset[Flag]) -> None:
        self._metrics.segments.labels(status.name).inc()
        for flag in flags:
            self._metrics.quality_flags.labels(flag.name).inc()


def raise_if_all_failed(jobs: Sequence[TranslationJob]) -> None:
    """Raise the engine's failure when nothing was translated of all the texts of a call, whose segments are known.

    Raises:
        EngineFailure: the engine failed on every sentence that it was given.

    """
    failures = [job.failure for job in jobs if job.failure is not None]
    if failures and not any(job.successes for job in jobs):
        raise failures[-1]


def _see(task: asyncio.Task[Outcome]) -> None:
    """Look at a task's error: nobody else may, when the segment before it ended the call."""
    if not task.cancelled():
        task.exception()
