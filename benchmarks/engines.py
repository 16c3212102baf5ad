"""talmach without gRPC: the bare engine, and the use case with its queue, checks and second tries."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.articles import BEAM_SIZE, Item
from benchmarks.process import Timed, stopwatch
from talmach.app.loading import CPU_BATCH
from talmach.batching import BatchingQueue
from talmach.calls import Call
from talmach.catalog.manifest import ModelSpec
from talmach.engine import malloc
from talmach.engine.base import DecodeOptions, Direction
from talmach.engine.ct2 import Ct2Translator
from talmach.metrics import Metrics
from talmach.text.article import Field
from talmach.translation.translator import Translator
from talmach.translation.values import TranslationOptions
from talmach.use_cases import UseCases

MAX_BATCH_TOKENS, BATCH_SIZE = CPU_BATCH
GREEDY = DecodeOptions(beam_size=BEAM_SIZE)
_IN_FLIGHT = 64


class BareEngine:
    """CTranslate2 as talmach loads it, given whole batches."""

    def __init__(self, spec: ModelSpec, models_dir: Path, workers: int, compute_type: str = "int8") -> None:
        """Load the model as the server does."""
        malloc.tune()
        self.engine = Ct2Translator(
            spec.id,
            models_dir / spec.path,
            frozenset(map(Direction.parse, spec.directions)),
            max_source_tokens=spec.max_source_tokens,
            device="cpu",
            compute_type=compute_type,
            workers=workers,
        )
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers)

    def count(self, items: Sequence[Item]) -> list[tuple[Item, str]]:
        """Return the items that fit the model's window with their token counts, and their translations."""
        engine = self.engine
        items = [item for item in items if len(self._tokens(item)) <= engine.max_source_tokens]
        made = engine.translate([self._tokens(item) for item in items], GREEDY)
        return [(replace(item, tokens=each.tokens), each.text) for item, each in zip(items, made, strict=True)]

    def translate(
        self, items: Sequence[Item], max_batch_tokens: int | None = None, max_batch_size: int = BATCH_SIZE
    ) -> tuple[list[str], Timed]:
        """Translate in batches of sentences of like length, as many at once as there are workers.

        Args:
            items: sentences.
            max_batch_tokens: source tokens of a batch, padding included; None = whatever its sentences have.
            max_batch_size: sentences of a batch.

        """
        options, texts = GREEDY, [""] * len(items)
        with stopwatch(items) as timed:
            sources = [self._tokens(item) for item in items]
            parts = list(_batches(list(map(len, sources)), max_batch_tokens, max_batch_size))
            made = self._threads.map(
                lambda part: self.engine.translate([sources[index] for index in part], options), parts
            )
            for part, hypotheses in zip(parts, made, strict=True):
                for index, hypothesis in zip(part, hypotheses, strict=True):
                    texts[index] = hypothesis.text
        return texts, timed

    def translate_one_by_one(self, items: Sequence[Item]) -> list[float]:
        """Return the milliseconds of each sentence, from its text to its translation's."""
        return [self._time_one(item) for item in items]

    def source_tokens(self, items: Sequence[Item]) -> int:
        """Count what the encoder reads, end-of-sentence tokens included."""
        return sum(len(self._tokens(item)) + 1 for item in items)

    def _time_one(self, item: Item) -> float:
        started_at = time.perf_counter()
        self.engine.translate([self._tokens(item)], GREEDY)
        return 1_000 * (time.perf_counter() - started_at)

    def _tokens(self, item: Item) -> list[str]:
        return self.engine.tokenize(item.text, Direction(item.source, item.target))


def _batches(lengths: Sequence[int], max_tokens: int | None, max_size: int) -> Iterator[list[int]]:
    """Yield the positions of the sentences of each batch, the longest sentences first."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        is_full = max_tokens is not None and batch and lengths[batch[0]] * (len(batch) + 1) > max_tokens
        if is_full or len(batch) == max_size:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


class UseCase:
    """The translation use case in one process: queue, quality checks, second tries, no gRPC."""

    def __init__(self, spec: ModelSpec, models_dir: Path, workers: int) -> None:
        """Load the model as the server does."""
        self._engine = BareEngine(spec, models_dir, workers).engine
        self._workers = workers

    def translate(self, items: Sequence[Item]) -> tuple[list[int], Timed]:
        """Translate every item as a text of its own, 64 in flight; return the tokens that were made for each."""
        with stopwatch(items) as timed:
            tokens = asyncio.run(self._translate(items))
        return tokens, timed

    async def _translate(self, items: Sequence[Item]) -> list[int]:
        queue = BatchingQueue(self._engine, workers=self._workers, metrics=Metrics())
        use_cases = UseCases(
            Translator({self._engine.model_id: queue}, low_confidence_score=-100, metrics=Metrics()), None
        )
        room = asyncio.Semaphore(_IN_FLIGHT)

        async def translate(item: Item) -> int:
            options = TranslationOptions(item.target, source_language=item.source, beam_size=BEAM_SIZE)
            async with room:
                done = await use_cases.translate_article({Field.TEXT: item.text}, options, Call("benchmark", ""))
            return done.totals.usage.target_tokens

        try:
            return list(await asyncio.gather(*map(translate, items)))
        finally:
            await queue.close()
