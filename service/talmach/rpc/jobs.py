"""Translation jobs as the servicers need them: entered in the record of the call, cancelled when it ends early."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from talmach.rpc import calls
from talmach.text.article import Article
from talmach.text.language import Candidate, determine
from talmach.translation.use_case import TranslationJob, Translator
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
        return determine(self.article.text)

    async def finish(self) -> "Done":
        """Wait for all segments."""
        translated = tuple([segment async for segment in self.job.segments()])
        return Done(self, translated, self.count())

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


@contextmanager
def running(
    translator: Translator,
    article: Article,
    options: TranslationOptions,
    *,
    deadline: float | None,
    only: frozenset[int] | None = None,
) -> Iterator[Job]:
    """Start a job and cancel at the end what is not done by then; raises what `Translator.start` raises."""
    call = calls.current()
    with call.tokenising():
        job = translator.start(article, options, deadline=deadline, only=only)
    call.begin_work(job.source_language, options.target_language, job.segment_count)
    try:
        yield Job(job, article, options)
    finally:
        job.cancel()
