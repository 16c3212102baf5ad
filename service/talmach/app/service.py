"""From loaded engines to the use cases with all that they stand on, whatever the door in front of them."""

from collections.abc import Callable

from talmach.app.loading import Engines, worker_count
from talmach.app.opening import open_cache
from talmach.batching import BatchingQueue
from talmach.config import Settings
from talmach.metrics import Metrics
from talmach.summary.summarizer import Summarizer
from talmach.translation.translator import Translator
from talmach.use_cases import UseCases

_CHARS_PER_TOKEN = 5  # of news, so that the encoder's queue is as long as the translators'


class Service:
    """Queues, cache, translator and summariser, wired; lives on one event loop."""

    def __init__(
        self,
        engines: Engines,
        settings: Settings,
        metrics: Metrics,
        on_workers_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_workers_change` is called when a worker of an engine gets free or stuck."""
        workers = worker_count(settings)
        self._queues = {
            spec.id: BatchingQueue(
                engine,
                workers=workers,
                max_batch_tokens=settings.max_batch_tokens,
                max_batch_size=settings.max_batch_size,
                max_queue_tokens=settings.max_queue_tokens,
                engine_timeout_s=settings.engine_timeout_s,
                metrics=metrics,
                on_workers_change=on_workers_change,
            )
            for spec, engine in engines.translators
        }
        self._cache = open_cache(settings, engines, metrics)
        self.translator = Translator(
            self._queues,
            preferred=engines.preferred,
            pivots=settings.pivot,
            low_confidence_score=settings.low_confidence_score,
            cache=self._cache,
            metrics=metrics,
        )
        self._summarizer = Summarizer(
            engines.encoder[1],
            workers=workers,
            max_queue_chars=_CHARS_PER_TOKEN * settings.max_queue_tokens,
            engine_timeout_s=settings.engine_timeout_s,
            metrics=metrics,
            on_workers_change=on_workers_change,
        )
        self.use_cases = UseCases(self.translator, self._summarizer)

    @property
    def is_stuck(self) -> bool:
        """Whether a model has no worker left."""
        return self._summarizer.is_stuck or any(queue.is_stuck for queue in self._queues.values())

    async def close(self) -> None:
        """Wait for running batches, but not for ever, and let go of everything."""
        for queue in self._queues.values():
            await queue.close()
        if self._cache is not None:
            await self._cache.close()
        self._summarizer.close()
