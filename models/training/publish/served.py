"""Runs an exported model exactly as the service does: the same segmentation, queue, checks and second try."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from talmach.batching import BatchingQueue
from talmach.calls import Call
from talmach.engine.base import DecodeOptions, Direction
from talmach.engine.ct2 import Ct2Translator
from talmach.metrics import Metrics
from talmach.text.article import Field
from talmach.translation.translator import Translator
from talmach.translation.values import Translation, TranslationOptions
from talmach.use_cases import UseCases

GREEDY = DecodeOptions()
_IN_FLIGHT = 64
_ANY_CONFIDENCE = -100.0


def translate_lines(
    directory: Path,
    direction: Direction,
    lines: Sequence[str],
    *,
    max_source_tokens: int,
    compute_type: str = "int8",
    decoding: DecodeOptions = GREEDY,
    workers: int = 2,
) -> list[Translation]:
    """Translate every line as a text of its own, in order."""
    engine = Ct2Translator(
        directory.name,
        directory,
        frozenset({direction}),
        max_source_tokens=max_source_tokens,
        device="cpu",
        decoding=decoding,
        compute_type=compute_type,
        workers=workers,
    )
    return asyncio.run(_translate(engine, direction, lines, workers))


async def _translate(
    engine: Ct2Translator, direction: Direction, lines: Sequence[str], workers: int
) -> list[Translation]:
    queue = BatchingQueue(engine, workers=workers, metrics=Metrics())
    use_cases = UseCases(
        Translator({engine.model_id: queue}, low_confidence_score=_ANY_CONFIDENCE, metrics=Metrics()), None
    )
    options = TranslationOptions(direction.target, source_language=direction.source)
    room = asyncio.Semaphore(_IN_FLIGHT)

    async def translate(line: str) -> Translation:
        async with room:
            return await use_cases.translate_article({Field.TEXT: line}, options, Call("recipe", ""))

    try:
        return list(await asyncio.gather(*map(translate, lines)))
    finally:
        await queue.close()
