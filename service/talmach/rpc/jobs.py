"""Translation jobs as the servicers need them: entered in the record of the call, cancelled when it ends early."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from talmach import calls
from talmach.rpc.totals import merge
from talmach.text.article import Article
from talmach.text.language import Candidate
from talmach.translation.job import TranslationJob, raise_if_all_failed
from talmach.translation.use_case import Translator
from talmach.translation.values import Segment, Totals, TranslationOptions


@dataclass(frozen=True, slots=True)
class Job:
    """A job with what it was started for."""

    job: TranslationJob
    article: Article
    options: TranslationOptions

    @property
    def language(self) -> str | None:
        """The language of the article, as named or detected."""
        return self.job.source_language

    @property
    def candidates(self) -> list[Candidate]:
        """What detection says about the whole article."""
        return self.job.candidates

    @property
    def detected(self) -> str | None:
        """What detection decides about the whole article: nothing of a mixed one, whatever the caller named."""
        return self.job.detected

    async def finish(self) -> "Done":
        """Wait for all segments; raises what `TranslationJob.segments` and `raise_if_all_failed` raise."""
        segments = await self.segments()
        raise_if_all_failed([self.job])
        return Done(self, segments, self.count())

    async def segments(self) -> tuple[Segment, ...]:
        """Wait for all segments, and leave the totals to the caller."""
        return tuple([segment async for segment in self.job.segments()])

    def count(self) -> Totals:
        """Return the totals, when the last segment is done, and enter them in the record of the call."""
        totals = self.job.totals()
        calls.current().end_work(totals)
        return totals


@dataclass(frozen=True, slots=True)
class Done:
    """A finished job."""

    job: Job
    segments: tuple[Segment, ...]
    totals: Totals


async def finish_all(jobs: Sequence[Job]) -> tuple[list[Done], Totals]:
    """Wait for all segments of the texts of one call; return them with the totals of the call.

    A text that the engine failed on is no failure of the call while another one is translated. Any other failure ends
    the wait; the rest goes on until it is cancelled.
    """
    segments = await asyncio.gather(*(job.segments() for job in jobs))
    raise_if_all_failed([job.job for job in jobs])
    totals = [job.job.totals() for job in jobs]
    total = merge(totals)
    calls.current().end_work(total)
    return [Done(*each) for each in zip(jobs, segments, totals, strict=True)], total


@asynccontextmanager
async def running(
    translator: Translator,
    article: Article,
    options: TranslationOptions,
    *,
    deadline: float | None,
    only: frozenset[int] | None = None,
) -> AsyncIterator[Job]:
    """Start a job and cancel at the end what is not done by then; raises what `Translator.start` raises."""
    with calls.current().tokenising():
        job = await translator.start(article, options, deadline=deadline, only=only)
    async with _entered([job], options) as (entered,):
        yield entered


@asynccontextmanager
async def running_texts(
    translator: Translator, texts: Sequence[Article], options: TranslationOptions, *, deadline: float | None
) -> AsyncIterator[list[Job]]:
    """Do the same with a job for each text, or none; raises what `Translator.start_texts` raises."""
    with calls.current().tokenising():
        jobs = await translator.start_texts(texts, options, deadline=deadline)
    async with _entered(jobs, options) as entered:
        yield entered


@asynccontextmanager
async def _entered(jobs: Sequence[TranslationJob], options: TranslationOptions) -> AsyncIterator[list[Job]]:
    try:
        for job in jobs:
            calls.current().begin_work(job.source_language, options.target_language, job.segment_count)
        yield [Job(job, job.article, options) for job in jobs]
    finally:
        for job in jobs:
            job.cancel()
