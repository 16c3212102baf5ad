"""The callers of the soak: every method, small and large texts, and everything that real callers do wrong."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from benchmarks.articles import Story, stories
from benchmarks.attacks import ATTACKS
from benchmarks.web_attacks import WEB_ATTACKS, translate
from talmach.client import (
    Article,
    AsyncClient,
    BatchTranslateRequest,
    RpcFailed,
    SummaryOptions,
    TranslationOptions,
)

# How a call may end when the caller does something wrong, or asks for more than there is room for.
EXPECTED_CODES = frozenset(
    {"OK", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "CANCELLED", "RESOURCE_EXHAUSTED", "NOT_FOUND"}
    | {f"HTTP {end}" for end in ("200", "400", "413", "429", "no answer", "closed", "held", "left")}
)
_CALLERS = 8
_TIMEOUT_S = 120.0
_HASTY_S = (0.001, 0.5)  # deadlines that are sometimes met, or never
_START_TIMEOUT_S = 60.0


class MixedLoad:
    """Callers in closed loops, each acting at random; lives in a process of its own."""

    def run(self, address: str, http_address: str, seconds: float, seed: int) -> dict[str, int]:
        """Call for `seconds`; return how often each status code came."""
        return asyncio.run(self._run(address, http_address, seconds, seed))

    async def _run(self, address: str, http_address: str, seconds: float, seed: int) -> dict[str, int]:
        codes: Counter[str] = Counter()
        end = time.monotonic() + seconds
        async with AsyncClient(address) as client:
            await client.wait_until_serving(_START_TIMEOUT_S)
            callers = [Caller(client, http_address, random.Random(seed + number), number) for number in range(_CALLERS)]
            await asyncio.gather(*(_call_on(caller, end, codes) for caller in callers))
        return dict(codes)


class Caller:
    """One caller and what it can do."""

    def __init__(self, client: AsyncClient, http_address: str, chance: random.Random, number: int) -> None:
        self._client = client
        self._http_address = http_address
        self._chance = chance
        self._stories = [story for language in ("be", "en", "ru") for story in stories(language)]
        # In this order, so that the first calls of eight callers are of eight kinds.
        self._acts: tuple[Callable[[], Awaitable[object]], ...] = (
            self._texts,
            self._mistake,
            self._article,
            self._stream,
            self._abandoned_stream,
            self._batch,
            self._summary,
            self._web,
            self._change_of_mind,
            self._haste,
            self._detect,
            self._look,
            self._texts,
            self._attack,
            self._idle_stream,
            self._web_attack,
        )
        self._next: Callable[[], Awaitable[object]] = self._acts[number]

    async def act(self) -> str:
        """Make one call of some kind and return the code that it ended with."""
        chosen, self._next = self._next, self._chance.choice(self._acts)
        try:
            end = await chosen()
        except RpcFailed as failure:
            return failure.code
        except TimeoutError:  # the change of mind
            return "CANCELLED"
        return f"HTTP {end}" if isinstance(end, str) else "OK"

    async def _texts(self, timeout_s: float = _TIMEOUT_S) -> None:
        story = self._story()
        count = self._chance.choice((1, 1, 1, 4, len(story.sentences)))
        await self._client.translate_texts(story.sentences[:count], self._options(story), timeout_s=timeout_s)

    async def _article(self) -> None:
        story = self._story()
        summary = self._chance.choice((None, SummaryOptions(max_sentences=3)))
        await self._client.translate_article(_message(story), self._options(story), summary, timeout_s=_TIMEOUT_S)

    async def _stream(self) -> None:
        story = self._story()
        async for _ in self._client.stream_article(_message(story), self._options(story), timeout_s=_TIMEOUT_S):
            pass

    async def _abandoned_stream(self) -> None:
        story = self._story()
        stream = self._client.stream_article(_message(story), self._options(story), timeout_s=_TIMEOUT_S)
        assert isinstance(stream, AsyncGenerator)  # which is what closing it needs
        async with aclosing(stream) as events:
            async for event in events:
                if event.HasField("segment"):
                    return

    async def _batch(self) -> None:
        story = self._story()

        async def items() -> AsyncIterator[BatchTranslateRequest]:
            for number, text in enumerate([*story.sentences[:5], ""]):  # the last one is an error of its own
                yield BatchTranslateRequest(id=str(number), text=text, options=self._options(story))

        async for _ in self._client.batch_translate(items(), timeout_s=_TIMEOUT_S):
            pass

    async def _summary(self) -> None:
        story = self._story()
        options = self._chance.choice((None, self._options(story)))
        await self._client.summarize(_message(story), SummaryOptions(ratio=0.2), options, timeout_s=_TIMEOUT_S)

    async def _detect(self) -> None:
        await self._client.detect(self._story().sentences, timeout_s=_TIMEOUT_S)

    async def _look(self) -> None:
        await self._client.info(timeout_s=_TIMEOUT_S)
        await self._client.health(timeout_s=_TIMEOUT_S)

    async def _mistake(self) -> None:
        story = self._story()
        texts, options = self._chance.choice(
            (
                ([""], self._options(story)),
                (["текст"] * 3, TranslationOptions(source_language_code="be", target_language_code="xx")),
                (["a" * 200_000], self._options(story)),
                (["word " * 5], TranslationOptions(target_language_code="be", model="no-such-model")),
            )
        )
        await self._client.translate_texts(texts, options, timeout_s=_TIMEOUT_S)

    async def _attack(self) -> None:
        """Ask for the worst that the limits allow, and not wait for it."""
        attack = self._chance.choice(list(ATTACKS.values()))
        await attack(self._client, self._chance.randrange(1_000), self._chance.uniform(*_HASTY_S))

    async def _web(self) -> str:
        story, target = self._story(), self._chance.choice(("be", "en", "ru"))
        return await translate(self._http_address, story.sentences, story.language, target, _TIMEOUT_S)

    async def _web_attack(self) -> str:
        attack = self._chance.choice(list(WEB_ATTACKS.values()))
        return await attack(self._http_address, self._chance.randrange(1_000), self._chance.uniform(*_HASTY_S))

    async def _idle_stream(self) -> None:
        async def items() -> AsyncIterator[BatchTranslateRequest]:
            yield BatchTranslateRequest(id="x" * 200, text="текст", options=self._options(self._story()))
            await asyncio.sleep(self._chance.uniform(*_HASTY_S))

        async for _ in self._client.batch_translate(items(), timeout_s=_TIMEOUT_S):
            pass

    async def _haste(self) -> None:
        await self._texts(self._chance.uniform(*_HASTY_S))

    async def _change_of_mind(self) -> None:
        await asyncio.wait_for(self._article(), self._chance.uniform(*_HASTY_S))

    def _story(self) -> Story:
        return self._chance.choice(self._stories)

    def _options(self, story: Story) -> TranslationOptions:
        target = self._chance.choice([language for language in ("be", "en", "ru") if language != story.language])
        return TranslationOptions(source_language_code=story.language, target_language_code=target)


async def _call_on(caller: Caller, end: float, codes: Counter[str]) -> None:
    while time.monotonic() < end:
        codes[await caller.act()] += 1


def _message(story: Story) -> Article:
    return Article(headline=story.headline, lead=story.lead, body=story.body)
