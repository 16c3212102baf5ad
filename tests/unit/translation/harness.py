"""A translator over the real batching queue with a naughty engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from talmach.batching import BatchingQueue
from talmach.cache import HypothesisCache
from talmach.calls import Call
from talmach.metrics import Metrics
from talmach.text.article import Field
from talmach.translation.job import TranslationJob
from talmach.translation.source import Source
from talmach.translation.translator import Translator
from talmach.translation.values import GlossaryEntry, Segment, TranslationOptions
from talmach.use_cases import ArticleTranslation, Fields, TextTranslations, UseCases
from tests.fakes import NaughtyEngine

TO_ENGLISH = TranslationOptions("en")


@dataclass
class Running:
    """The translator with everything that a test looks into."""

    engine: NaughtyEngine
    queue: BatchingQueue
    translator: Translator
    metrics: Metrics = field(default_factory=Metrics)

    async def translate(self, text: str, options: TranslationOptions = TO_ENGLISH) -> ArticleTranslation:
        """Translate a lone text."""
        return await self.translate_article({Field.TEXT: text}, options)

    async def translate_article(self, fields: Fields, options: TranslationOptions = TO_ENGLISH) -> ArticleTranslation:
        """Translate an article, or fail instead of waiting for ever."""
        use_cases = UseCases(self.translator, None)
        return await asyncio.wait_for(use_cases.translate_article(fields, options, Call("test", "")), 120)

    async def translate_texts(self, *texts: str) -> TextTranslations:
        """Translate texts in one call."""
        return await UseCases(self.translator, None).translate_texts(texts, TO_ENGLISH, Call("test", ""))

    async def segment(self, text: str, options: TranslationOptions = TO_ENGLISH) -> Segment:
        """Translate a text of one sentence."""
        (segment,) = (await self.translate(text, options)).segments
        return segment

    async def start(self, text: str, options: TranslationOptions = TO_ENGLISH, **arguments: Any) -> TranslationJob:
        """Start a job for a lone text, and leave its end to the test."""
        return await self.job(text, options, **arguments).__aenter__()

    def job(self, text: str, options: TranslationOptions = TO_ENGLISH, **arguments: Any) -> TranslationJob:
        """Prepare a job for a lone text."""
        source = Source.read({Field.TEXT: text}, options.source_language)
        return self.translator.prepare(source, options, **arguments)


@asynccontextmanager
async def running(
    *engines: NaughtyEngine, workers: int = 1, cache: HypothesisCache | None = None, **options: Any
) -> AsyncIterator[Running]:
    """Open a translator over the engines, in the order of preference; the first one is the one to look into."""
    engines = engines or (NaughtyEngine(),)
    metrics = Metrics()
    queues = {engine.model_id: BatchingQueue(engine, workers=workers, metrics=metrics, **options) for engine in engines}
    translator = Translator(queues, low_confidence_score=-5, cache=cache, metrics=metrics)
    try:
        yield Running(engines[0], queues[engines[0].model_id], translator, metrics)
    finally:
        for engine in engines:
            engine.gate.set()
            engine.release.set()
        for queue in queues.values():
            await asyncio.wait_for(queue.close(), 60)


def phrase(text: str) -> GlossaryEntry:
    """A do-not-translate phrase."""
    return GlossaryEntry(text, text, verbatim=True)
