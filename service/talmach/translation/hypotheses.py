"""The parts of one call's sentences: taken from the cache, or decoded in the batching queues, each once."""

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from talmach.batching import BatchingQueue, Decoded
from talmach.cache import HypothesisCache
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.errors import EngineFailure, EngineStuck, EngineTimeout, ModelNotLoaded, ModelUnusable
from talmach.threads import Turns
from talmach.translation.alignment import Attention, Looks
from talmach.translation.values import Timings, Usage

Key = tuple[Direction, str]
_cancelling: set[asyncio.Task[None]] = set()  # kept, or they might be collected before they are done
_ALIGNING = DecodeOptions(align=True)
_PARTS_A_TURN = 256  # of the event loop; looking them up and queueing them takes some milliseconds


class Hypotheses:
    """Asks cache and queues, keeps the answers and counts what they cost; texts of one call share one."""

    def __init__(
        self,
        queues: Mapping[Direction, BatchingQueue],
        *,
        beam_size: int | None,
        deadline: float | None,
        cache: HypothesisCache | None = None,
        turns: Turns | None = None,
    ) -> None:
        """`turns` are those of the event loop, which all calls share."""
        self.turns = turns or Turns()
        self._queues = queues
        self._beam_size = beam_size
        self._deadline = deadline
        self._cache = cache
        self._tokens: dict[Key, list[str]] = {}
        self._recalled: dict[tuple[Key, DecodeOptions], Hypothesis] = {}
        # The boolean: decoded in a batch of its own.
        self._futures: dict[tuple[Key, DecodeOptions, bool], asyncio.Future[Decoded]] = {}
        self._aligning: set[asyncio.Future[Decoded]] = set()
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
        """Return how the model of a direction is searched: as its manifest says, but with the wanted beam."""
        own = self._queues[direction].engine.decoding
        return own if self._beam_size is None else _with_beam(own, self._beam_size)

    async def submit(self, keys: Iterable[Key]) -> None:
        """Recall or queue the parts of a whole call, all or nothing; raises QueueFull or DeadlineExceeded."""
        searches: dict[Direction, DecodeOptions] = {}
        wanted: dict[tuple[BatchingQueue, DecodeOptions], list[Key]] = {}
        remaining = iter(dict.fromkeys(keys))
        while some := list(itertools.islice(remaining, _PARTS_A_TURN)):
            for direction in {key[0] for key in some} - searches.keys():
                searches[direction] = self.decoding(direction)
            await self._recall((key, searches[key[0]]) for key in some)
            for key in some:
                options = searches[key[0]]
                if (key, options) not in self._recalled:
                    wanted.setdefault((self._queues[key[0]], options), []).append(key)
            if len(some) == _PARTS_A_TURN:
                await asyncio.sleep(0)
        try:
            for (queue, options), parts in wanted.items():
                await self._queue(queue, options, parts)
        except BaseException:
            self.cancel()
            raise

    async def _queue(self, queue: BatchingQueue, options: DecodeOptions, parts: Sequence[Key]) -> None:
        with queue.admitted(sum(len(self._tokenize(key)) for key in parts), options, self._deadline) as add:
            for position, key in enumerate(parts):
                if position % _PARTS_A_TURN == _PARTS_A_TURN - 1:
                    await asyncio.sleep(0)
                self._remember(key, options, add(self._tokens[key], position))

    async def get(self, keys: Iterable[Key], options: DecodeOptions) -> dict[Key, Hypothesis]:
        """Return the hypotheses of some parts; raises EngineFailure, DeadlineExceeded."""
        keys = dict.fromkeys(keys)
        # All queued before the first is waited for.
        futures: dict[Key, asyncio.Future[Decoded]] = {}
        remaining = iter(keys)
        while some := list(itertools.islice(remaining, _PARTS_A_TURN)):
            await self._recall((key, options) for key in some if (key, options, False) not in self._futures)
            futures |= {key: self._future(key, options) for key in some if (key, options) not in self._recalled}
            if len(some) == _PARTS_A_TURN:
                await asyncio.sleep(0)
        return {
            key: await self._wait(key, options, futures[key]) if key in futures else self._recalled[key, options]
            for key in keys
        }

    async def looks(self, key: Key, target: str, options: DecodeOptions) -> Looks:  # noqa: ARG002 - of two halves
        """Return how a part became `target`, as far as models tell; `options` are those that it was decoded with."""
        direction, text = key
        back = (Direction(direction.target, direction.source), target)
        return Looks(*await asyncio.gather(self._attention(key, target), self._attention(back, text)))

    async def _attention(self, key: Key, target: str) -> Attention | None:
        direction, text = key
        queue = self._queues.get(direction)
        if queue is None or not queue.is_loaded:  # another model would have to make room
            return None
        pair = queue.engine.tokenize_pair(text, target, direction)
        if max(len(pair), len(pair.target_prefix)) > queue.engine.max_source_tokens:
            return None
        future = queue.resubmit(pair, _ALIGNING, deadline=self._deadline)
        self._aligning.add(future)
        try:
            decoded = await future
        except (EngineFailure, EngineStuck, ModelNotLoaded, ModelUnusable):
            return None  # the translation stands without it
        finally:
            self._aligning.discard(future)
        self._source_tokens += len(pair)
        matrix = decoded.hypothesis.attention
        if matrix is None or matrix.shape != (len(pair.target_prefix), len(pair)):
            return None
        return Attention(matrix, pair.target_letters, pair.source_letters)

    def cancel(self) -> None:
        """Take out of the queues what is still in them."""
        waiting = [future for future in (*self._futures.values(), *self._aligning) if not future.done()]
        for future in waiting[:_PARTS_A_TURN]:
            future.cancel()
        if len(waiting) > _PARTS_A_TURN:
            # Each has its place in the queue to leave: tens of thousands in one turn would take seconds.
            rest = asyncio.get_running_loop().create_task(_cancel(waiting[_PARTS_A_TURN:]))
            _cancelling.add(rest)
            rest.add_done_callback(_cancelling.discard)

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
            raise  # the engine would get stuck in the same thing again
        except EngineFailure:
            # The batch may have failed because of another sentence in it.
            decoded = await self._future(key, options, alone=True)
        if self._cache is not None and id(decoded) not in self._decoded:
            await self._cache.put(self._cache_key(key, options), decoded.hypothesis)
        self._decoded[id(decoded)] = decoded
        return decoded.hypothesis


@cache
def _with_beam(options: DecodeOptions, beam_size: int) -> DecodeOptions:
    return options._replace(beam_size=beam_size)


async def _cancel(futures: Sequence[asyncio.Future[Decoded]]) -> None:
    for number, future in enumerate(futures):
        if not number % _PARTS_A_TURN:
            await asyncio.sleep(0)
        future.cancel()
