"""The callers: they run in a process of their own and share the machine with the server, as real ones would not."""

import asyncio
import itertools
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from benchmarks.articles import BEAM_SIZE, Item, Story
from talmach.client import Article, AsyncClient, SummaryOptions, TranslationOptions

_TIMEOUT_S = 120.0
_START_TIMEOUT_S = 60.0
_WARM_UP_S = 1.0  # until a server that is busy throughout gives as many answers as it gets calls
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Load:
    """What callers in a closed loop got."""

    tokens_per_s: float  # target tokens, while all of them called
    latencies_ms: list[float]  # of every call
    lasted_s: float  # from the first call to the last answer
    client_cpu_s: float


@dataclass(frozen=True, slots=True)
class Streamed:
    """When the parts of a streamed article came."""

    first_segment_ms: float
    whole_ms: float


class Callers:
    """Calls servers; one connection for each measurement, as a service with a pool of tasks has one."""

    def load(self, address: str, items: Sequence[Item], callers: int, seconds: float) -> Load:
        """Let `callers` tasks send one sentence per call, each its next when answered, and count for `seconds`."""
        return _run(_load(address, items, callers, seconds))

    def one_by_one(self, address: str, items: Sequence[Item]) -> list[float]:
        """Send one sentence per call; return the milliseconds of each."""
        return _run(_one_by_one(address, items))

    def article(self, address: str, story: Story, target: str) -> float:
        """Return the milliseconds of TranslateArticle."""
        return _run(_time(address, lambda client: client.translate_article(_article(story), _options(story, target))))

    def summary(self, address: str, story: Story, sentences: int, target: str = "") -> float:
        """Return the milliseconds of SummarizeArticle; `target` = in that language."""
        options = _options(story, target) if target else None
        return _run(
            _time(
                address,
                lambda client: client.summarize(_article(story), SummaryOptions(max_sentences=sentences), options),
            )
        )

    def stream(self, address: str, story: Story, target: str) -> Streamed:
        """Return when the first segment and the trailer of StreamTranslateArticle came."""
        return _run(_stream(address, story, target))


def _run(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    return asyncio.run(coroutine)


async def _load(address: str, items: Sequence[Item], callers: int, seconds: float) -> Load:
    latencies_ms: list[float] = []
    tokens = 0
    async with AsyncClient(address) as client:
        await client.wait_until_serving(_START_TIMEOUT_S)
        turns, cpu_s = itertools.cycle(items), time.process_time()
        started_at = time.perf_counter()
        counted_from = started_at + _WARM_UP_S
        counted_until = counted_from + seconds

        async def call_on() -> None:
            nonlocal tokens
            while (sent_at := time.perf_counter()) < counted_until:
                item = next(turns)
                await _translate(client, item)
                answered_at = time.perf_counter()
                latencies_ms.append(1_000 * (answered_at - sent_at))
                if counted_from <= answered_at < counted_until:
                    tokens += item.tokens

        await asyncio.gather(*(call_on() for _ in range(callers)))
        lasted_s = time.perf_counter() - started_at
        return Load(tokens / seconds, latencies_ms, lasted_s, time.process_time() - cpu_s)


async def _one_by_one(address: str, items: Sequence[Item]) -> list[float]:
    latencies_ms = []
    async with AsyncClient(address) as client:
        await client.wait_until_serving(_START_TIMEOUT_S)
        for item in items:
            sent_at = time.perf_counter()
            await _translate(client, item)
            latencies_ms.append(1_000 * (time.perf_counter() - sent_at))
    return latencies_ms


async def _time(address: str, call: Any) -> float:
    async with AsyncClient(address) as client:
        await client.wait_until_serving(_START_TIMEOUT_S)
        sent_at = time.perf_counter()
        await call(client)
        return 1_000 * (time.perf_counter() - sent_at)


async def _stream(address: str, story: Story, target: str) -> Streamed:
    first_segment_ms = 0.0
    async with AsyncClient(address) as client:
        await client.wait_until_serving(_START_TIMEOUT_S)
        sent_at = time.perf_counter()
        async for event in client.stream_article(_article(story), _options(story, target), timeout_s=_TIMEOUT_S):
            if not first_segment_ms and event.HasField("segment"):
                first_segment_ms = 1_000 * (time.perf_counter() - sent_at)
        return Streamed(first_segment_ms, 1_000 * (time.perf_counter() - sent_at))


async def _translate(client: AsyncClient, item: Item) -> None:
    options = TranslationOptions(
        source_language_code=item.source, target_language_code=item.target, beam_size=BEAM_SIZE
    )
    await client.translate_texts([item.text], options, timeout_s=_TIMEOUT_S)


def _article(story: Story) -> Article:
    return Article(headline=story.headline, lead=story.lead, body=story.body)


def _options(story: Story, target: str) -> TranslationOptions:
    return TranslationOptions(source_language_code=story.language, target_language_code=target, beam_size=BEAM_SIZE)
