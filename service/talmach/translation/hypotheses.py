"""The parts of one request's sentences in the batching queues: each decoded once, and once more where that failed."""

import asyncio
from collections.abc import Iterable, Mapping

from talmach.batching import BatchingQueue, Decoded
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.errors import EngineFailure, EngineTimeout
from talmach.translation.values import Timings, Usage

Key = tuple[Direction, str]


class Hypotheses:
    """Asks the queues, remembers the answers and counts what they cost."""

    def __init__(self, queues: Mapping[Direction, BatchingQueue], *, deadline: float | None) -> None:
        self._queues = queues
        self._deadline = deadline
        self._tokens: dict[Key, list[str]] = {}
        # The boolean: decoded in a batch of its own.
        self._futures: dict[tuple[Key, DecodeOptions, bool], asyncio.Future[Decoded]] = {}
        self._decoded: dict[int, Decoded] = {}  # by identity: several sentences may share one
        self._source_tokens = 0
        self._used_models: set[str] = set()

    def fits(self, key: Key) -> bool:
        """Whether a part fits the window of its model."""
        return len(self._tokenize(key)) <= self._queues[key[0]].engine.max_source_tokens

    def submit(self, keys: Iterable[Key], options: DecodeOptions) -> None:
        """Queue the parts of a whole request, all or nothing; raises QueueFull or DeadlineExceeded."""
        wanted: dict[BatchingQueue, list[Key]] = {}
        for key in dict.fromkeys(keys):
            wanted.setdefault(self._queues[key[0]], []).append(key)
        try:
            for queue, parts in wanted.items():
                sentences = [self._tokenize(key) for key in parts]
                futures = queue.submit(sentences, options, deadline=self._deadline)
                for key, future in zip(parts, futures, strict=True):
                    self._remember(key, options, future)
        except BaseException:
            self.cancel()
            raise

    async def get(self, keys: Iterable[Key], options: DecodeOptions) -> dict[Key, Hypothesis]:
        """Return the hypotheses of some parts; raises EngineFailure, DeadlineExceeded."""
        futures = {key: self._future(key, options) for key in keys}  # all queued before the first is waited for
        return {key: await self._wait(key, options, future) for key, future in futures.items()}

    def cancel(self) -> None:
        """Take out of the queues what is still in them."""
        for future in self._futures.values():
            future.cancel()

    def model_ids(self) -> tuple[str, ...]:
        """Return the models that took part, ascending."""
        return tuple(sorted(self._used_models))

    def timings(self, total_ms: float) -> Timings:
        """Return where the time went."""
        if not self._decoded:
            return Timings(total_ms=total_ms)
        queued = min(each.queued_at for each in self._decoded.values())
        taken = min(each.taken_at for each in self._decoded.values())
        done = max(each.done_at for each in self._decoded.values())
        return Timings(1_000 * (taken - queued), 1_000 * (done - taken), total_ms)

    def usage(self) -> Usage:
        """Return what the models were given and what they made."""
        return Usage(self._source_tokens, sum(each.hypothesis.tokens for each in self._decoded.values()))

    def _tokenize(self, key: Key) -> list[str]:
        if key not in self._tokens:
            direction, text = key
            self._tokens[key] = self._queues[direction].engine.tokenize(text, direction)
        return self._tokens[key]

    def _future(self, key: Key, options: DecodeOptions, *, alone: bool = False) -> "asyncio.Future[Decoded]":
        if (future := self._futures.get((key, options, alone))) is None:
            queue = self._queues[key[0]]
            future = queue.resubmit(self._tokenize(key), options, deadline=self._deadline, alone=alone)
            self._remember(key, options, future, alone=alone)
        return future

    def _remember(
        self, key: Key, options: DecodeOptions, future: "asyncio.Future[Decoded]", *, alone: bool = False
    ) -> None:
        self._futures[key, options, alone] = future
        self._source_tokens += len(self._tokens[key])
        self._used_models.add(self._queues[key[0]].engine.model_id)

    async def _wait(self, key: Key, options: DecodeOptions, future: "asyncio.Future[Decoded]") -> Hypothesis:
        try:
            decoded = await future
        except EngineTimeout:
            raise  # whatever the engine got stuck in, it would get stuck in it again
        except EngineFailure:
            # The batch may have failed because of another sentence in it.
            decoded = await self._future(key, options, alone=True)
        self._decoded[id(decoded)] = decoded
        return decoded.hypothesis
