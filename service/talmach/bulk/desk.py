"""An engine with the server's own queue, checks and second tries behind it, for threads that have rows to translate."""

import asyncio
import sys
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from talmach.app.loading import Engines, check_device, load_engines
from talmach.app.opening import limits
from talmach.app.service import Service
from talmach.bulk import record
from talmach.bulk.job import TEXT_COLUMNS, Options, Texts
from talmach.bulk.record import Record
from talmach.calls import Call
from talmach.config import Settings
from talmach.contract import checks
from talmach.contract.checks import Problems
from talmach.errors import TalmachError
from talmach.metrics import Metrics
from talmach.summary.values import SummaryOptions
from talmach.text.article import Field
from talmach.text.markup import TextFormat
from talmach.translation.values import TranslationOptions

# Articles that are planned and queued: enough sentences of every length for batches without padding.
_ARTICLES_IN_FLIGHT = 128
# The event loop must not wait long for its turn among the threads that prepare articles; Python's default is 5 ms.
_SWITCH_S = 0.0005
# Nobody waits for a single sentence: batches larger than the server's are faster, the queue need refuse nothing, and a
# Redis that is slow once is not given up.
BATCHES = {"max_batch_tokens": 2_048, "max_batch_size": 64}
_REDIS_TIMEOUT_MS = 2_000
_QUEUE_TOKENS = 100_000_000
_FIELDS = tuple(map(Field, TEXT_COLUMNS))
_Result = TypeVar("_Result")


def tuned(settings: Settings) -> Settings:
    """Return settings for archives: whatever is not set favours throughput."""
    usual = BATCHES | {"redis_timeout_ms": _REDIS_TIMEOUT_MS}
    wanted = {name: value for name, value in usual.items() if name not in settings.model_fields_set}
    return settings.model_copy(update=wanted | {"max_queue_tokens": _QUEUE_TOKENS})


class Desk:
    """Translates articles for any thread.

    An article that is being translated for one is not translated again for another, and the cache knows the sentences
    of earlier ones.
    """

    def __init__(self, settings: Settings, options: Options) -> None:
        """Load and prove the models; raises StartFailure."""
        sys.setswitchinterval(_SWITCH_S)
        self._options = TranslationOptions(
            options.target,
            source_language=options.source,
            beam_size=options.beam_size,
            format=TextFormat(options.format),
        )
        self._summary = SummaryOptions(max_sentences=options.summary) if options.summary else None
        self._limits = limits(settings)
        check_device(settings)
        engines = load_engines(settings, Metrics())
        self._versions = {spec.id: spec.version for spec, _ in (*engines.translators, engines.encoder)}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="desk", daemon=True)
        self._thread.start()
        self._running: dict[Texts, asyncio.Task[Record]] = {}
        self._room = asyncio.Semaphore(_ARTICLES_IN_FLIGHT)
        self._service = self._wait_for(_open(engines, settings))

    @property
    def is_stuck(self) -> bool:
        """Whether a model has no worker left: only a new process can translate then."""
        return self._service.is_stuck

    def translate(self, articles: Sequence[Texts]) -> list[Record]:
        """Return one record for each article, in order."""
        return self._wait_for(self._translate(articles))

    def close(self) -> None:
        """Let go of everything."""
        self._wait_for(self._service.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run_loop(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _wait_for(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _translate(self, articles: Sequence[Texts]) -> list[Record]:
        return await asyncio.gather(*map(self._shared, articles))

    async def _shared(self, texts: Texts) -> Record:
        """Return the record of an article; whoever wants the same one meanwhile waits for it."""
        async with self._room:
            if (task := self._running.get(texts)) is None:
                task = self._running[texts] = asyncio.create_task(self._one(texts))
                task.add_done_callback(lambda _: self._running.pop(texts))
            return await task

    async def _one(self, texts: Texts) -> Record:
        try:
            problems = Problems()
            checks.article("article", texts, self._limits, problems)
            problems.settle()
            fields = dict(zip(_FIELDS, texts, strict=True))
            call = Call("bulk", "")
            done = await self._service.use_cases.translate_article(fields, self._options, call, summary=self._summary)
        except TalmachError as error:
            return record.failed(error)
        return record.translated(done, self._options.target_language, self._versions)


async def _open(engines: Engines, settings: Settings) -> Service:
    """Wire the service on the loop that it lives on."""
    return Service(engines, settings, Metrics())
