"""From loaded engines to the use cases and everything that they need, for any door."""

from collections.abc import Callable

from talmach.app.loading import Engines, batch_limits, worker_count
from talmach.app.opening import open_cache
from talmach.batching import BatchingQueue, ModelMemory
from talmach.config import Settings
from talmach.engine.base import Direction
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
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_change` is called when an engine's worker gets free or stuck, or a model was loaded or could not be."""
        workers, (batch_tokens, batch_size) = worker_count(settings), batch_limits(settings)
        self._encoder_id = engines.encoder[0].id
        self._weights = {each.model_id: each for each in engines.weights}
        self._memory = ModelMemory(
            engines.weights_limit_bytes,
            metrics=metrics,
            load_timeout_s=settings.engine_timeout_s,
            on_change=on_change,
        )
        for each in engines.weights:
            self._memory.add(each)
        self._queues = {
            spec.id: BatchingQueue(
                engine,
                workers=workers,
                max_batch_tokens=batch_tokens,
                max_batch_size=batch_size,
                max_queue_tokens=settings.max_queue_tokens,
                engine_timeout_s=settings.engine_timeout_s,
                metrics=metrics,
                on_workers_change=on_change,
                weights=self._weights.get(spec.id),
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
            on_workers_change=on_change,
        )
        self.use_cases = UseCases(self.translator, self._summarizer)

    @property
    def is_stuck(self) -> bool:
        """Whether a model has no worker left."""
        return self._summarizer.is_stuck or any(queue.is_stuck for queue in self._queues.values())

    @property
    def in_memory(self) -> frozenset[str]:
        """The models whose weights are in memory now."""
        always = (self._encoder_id, *(model for model in self._queues if model not in self._weights))
        return self._memory.loaded.union(always)

    def working(self) -> tuple[dict[str, bool], dict[Direction, bool]]:
        """Return whether each model, by its id, and each direction can do its work."""
        models = {self._encoder_id: not self._summarizer.is_stuck}
        for model, queue in self._queues.items():
            has_failed = model in self._weights and self._weights[model].has_failed
            models[model] = not (queue.is_stuck or has_failed)
        directions = {
            direction: all(models[model] for model in self.translator.default_models(direction))
            for direction in self.translator.directions
        }
        return models, directions

    async def close(self) -> None:
        """Wait for running batches, but not for ever, and let go of everything."""
        for queue in self._queues.values():
            await queue.close()
        self._memory.close()
        if self._cache is not None:
            await self._cache.close()
        self._summarizer.close()
