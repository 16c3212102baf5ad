"""The parts of one call's sentences: taken from the cache, or decoded in the batching queues, each once."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from talmach.batching import BatchingQueue, Decoded
from talmach.cache import HypothesisCache
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.errors import EngineFailure, EngineTimeout
from talmach.translation.values import Timings, Usage

Key = tuple[Direction, str]


class Hypotheses:
    """Asks cache and queues, keeps the answers and counts what they cost; texts of one call share one."""

    def __init__(
        self,
        queues: Mapping[Direction, BatchingQueue],
        *,
        beam_size: int | None,
        deadline: float | None,
        cache: HypothesisCache | None = None,
    ) -> None:
        self._queues = queues
        self._beam_size = beam_size
        self._deadline = deadline
        self._cache = cache
        self._turn = asyncio.Lock()
        self._tokens: dict[Key, list[str]] = {}
        self._recalled: dict[tuple[Key, DecodeOptions], Hypothesis] = {}
        # The boolean: decoded in a batch of its own.
        self._futures: dict[tuple[Key, DecodeOptions, bool], asyncio.Future[Decoded]] = {}
        self._decoded: dict[int, Decoded] = {}  # by identity: several sentences may share one
        self._source_tokens = 0
        self._used_models: set[str] = set()

    def pivot(self, direction: Direction) -> str | None:  # noqa: ARG002 - what has two halves knows more
        """Return the language in between where a direction has two halves, None where it has one."""
        return None

    def fits(self, key: Key) -> bool:
        """Whether a part fits the window of its model."""
        return len(self._tokenize(key)) <= self._queues[key[0]].engine.max_source_tokens

    def decoding(self, direction: Direction) -> DecodeOptions:
        """Return how the model of a direction is searched: as it wants, but with the beam that was asked for."""
        own = self._queues[direction].engine.decoding
        return own if self._beam_size is None else replace(own, beam_size=self._beam_size)

    async def submit(self, keys: Iterable[Key]) -> None:
        """Recall or queue the parts of a whole call, all or nothing; raises QueueFull or DeadlineExceeded."""
        searches = {key: self.decoding(key[0]) for key in keys}
        await self._recall(searches.items())
        wanted: dict[tuple[BatchingQueue, DecodeOptions], list[Key]] = {}
        for key, options in searches.items():
            if (key, options) not in self._recalled:
                wanted.setdefault((self._queues[key[0]], options), []).append(key)
        try:
            for (queue, options), parts in wanted.items():
                sentences = [self._tokenize(key) for key in parts]
                futures = queue.submit(sentences, options, deadline=self._deadline)
                for key, future in zip(parts, futures, strict=True):
                    self._remember(key, options, future)
        except BaseException:
            self.cancel()
            raise

    async def get(self, keys: Iterable[Key], options: DecodeOptions) -> dict[Key, Hypothesis]:
        """Return the hypotheses of some parts; raises EngineFailure, DeadlineExceeded."""
        keys = dict.fromkeys(keys)
        await self._recall((key, options) for key in keys if (key, options, False) not in self._futures)
        # All queued before the first is waited for.
        futures = {key: self._future(key, options) for key in keys if (key, options) not in self._recalled}
        if not futures:
            # A thousand sentences that are known would be put together and checked in one turn of the loop.
            async with self._turn:
                await asyncio.sleep(0)
        return {
            key: await self._wait(key, options, futures[key]) if key in futures else self._recalled[key, options]
            for key in keys
        }

    def cancel(self) -> None:
        """Take out of the queues what is still in them."""
        for future in self._futures.values():
            future.cancel()

    def model_ids(self) -> tuple[str, ...]:
        """Return the models that took part, now or when a part was first translated, ascending."""
        return tuple(sorted(self._used_models))

    def timings(self) -> Timings:
        """Return where the time went."""
        if not self._decoded:
            return Timings()
        queued = min(each.queued_at for each in self._decoded.values())
        taken = min(each.taken_at for each in self._decoded.values())
        done = max(each.done_at for each in self._decoded.values())
        return Timings(1_000 * (taken - queued), 1_000 * (done - taken), queued)

    def usage(self) -> Usage:
        """Return what the models were given and what they made; a part that took both cache and model is no hit."""
        return Usage(
            self._source_tokens,
            sum(each.hypothesis.tokens for each in self._decoded.values()),
            len({key for key, _ in self._recalled} - {key for key, _, _ in self._futures}),
        )

    async def _recall(self, searches: Iterable[tuple[Key, DecodeOptions]]) -> None:
        if self._cache is None:
            return
        unknown = {self._cache_key(*search): search for search in searches if search not in self._recalled}
        if unknown:
            for cache_key, hypothesis in (await self._cache.get_many(unknown)).items():
                key, options = unknown[cache_key]
                self._recalled[key, options] = hypothesis
                self._used_models.add(self._queues[key[0]].engine.model_id)

    def _cache_key(self, key: Key, options: DecodeOptions) -> bytes:
        assert self._cache is not None
        direction, text = key
        return self._cache.key(self._queues[direction].engine.model_id, options, direction, text)

    def _tokenize(self, key: Key) -> list[str]:
        if key not in self._tokens:
            direction, text = key
            self._tokens[key] = self._queues[direction].engine.tokenize(text, direction)
        return self._tokens[key]

    def _future(self, key: Key, options: DecodeOptions, *, alone: bool = False) -> asyncio.Future[Decoded]:
        if (future := self._futures.get((key, options, alone))) is None:
            queue = self._queues[key[0]]
            future = queue.resubmit(self._tokenize(key), options, deadline=self._deadline, alone=alone)
            self._remember(key, options, future, alone=alone)
        return future

    def _remember(
        self, key: Key, options: DecodeOptions, future: asyncio.Future[Decoded], *, alone: bool = False
    ) -> None:
        self._futures[key, options, alone] = future
        self._source_tokens += len(self._tokens[key])
        self._used_models.add(self._queues[key[0]].engine.model_id)

    async def _wait(self, key: Key, options: DecodeOptions, future: asyncio.Future[Decoded]) -> Hypothesis:
        try:
            decoded = await future
        except EngineTimeout:
            raise  # whatever the engine got stuck in, it would get stuck in it again
        except EngineFailure:
            # The batch may have failed because of another sentence in it.
            decoded = await self._future(key, options, alone=True)
        if self._cache is not None and id(decoded) not in self._decoded:
            await self._cache.put(self._cache_key(key, options), decoded.hypothesis)
        self._decoded[id(decoded)] = decoded
        return decoded.hypothesis
