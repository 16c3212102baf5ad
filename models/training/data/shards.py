"""Token shards: every pair of a source as two flat uint16 arrays, and the sampler that turns them into batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.experiment import Source

Tokens = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Example:
    """One directed pair: tokens without language tag or end-of-sentence mark."""

    target_language: str
    source: Tokens
    target: Tokens


class Shard:
    """The pairs of one corpus source; sides 0 and 1 in the corpus's order, side 2 the noised side 0, side 3 the noised
    side 1.
    """

    def __init__(self, source: Source, path: Path) -> None:
        self.source = source
        self.languages = source.pair.split("-")
        with np.load(path) as arrays:
            self._tokens = [arrays[f"tokens{side}"] for side in range(4)]
            self._offsets = [arrays[f"offsets{side}"] for side in range(4)]

    def __len__(self) -> int:
        return len(self._offsets[0]) - 1

    def example(self, index: int, *, backward: bool, noised: bool) -> Example:
        """Return pair `index`, from the second language to the first when `backward`."""
        source_side, target_side = (1, 0) if backward else (0, 1)
        source = self._side(source_side + 2 * noised, index)
        return Example(self.languages[target_side], source, self._side(target_side, index))

    def token_counts(self, vocabulary_size: int) -> NDArray[np.int64]:
        """Return how often each token occurs in the two clean sides."""
        return sum(np.bincount(tokens, minlength=vocabulary_size) for tokens in self._tokens[:2])  # type: ignore[return-value]

    def _side(self, side: int, index: int) -> Tokens:
        start, end = self._offsets[side][index : index + 2]
        return self._tokens[side][start:end]


def write_shard(path: Path, sides: list[list[list[int]]]) -> None:
    """Store four sides of token lists (see `Shard`) compressed."""
    arrays = {}
    for side, sentences in enumerate(sides):
        lengths = np.array([len(tokens) for tokens in sentences], dtype=np.int64)
        arrays[f"offsets{side}"] = np.concatenate(([0], lengths.cumsum()))
        arrays[f"tokens{side}"] = np.array([token for tokens in sentences for token in tokens], dtype=np.uint16)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


class Sampler:
    """Draws directed examples by the sources' weights and yields length-bucketed batches without end.

    Each source is walked through in a random order before any of its pairs comes again.
    """

    def __init__(self, shards: list[Shard], noise: float, seed: int) -> None:
        self._shards = shards
        self._noise = noise
        self._rng = np.random.default_rng(seed)
        weights = np.array([shard.source.weight for shard in shards])
        self._shares = weights / weights.sum()
        self._orders = [self._rng.permutation(len(shard)) for shard in shards]
        self._positions = [0] * len(shards)

    def batches(self, max_tokens: int, pool_size: int = 40_000) -> Iterator[list[Example]]:
        """Yield batches whose padded source + target tokens stay within `max_tokens`, in random order within a pool."""
        while True:
            pool = sorted(self._draw(pool_size), key=lambda example: (len(example.target) // 4, len(example.source)))
            batches = list(_bucket(pool, max_tokens))
            for index in self._rng.permutation(len(batches)):
                yield batches[index]

    def _draw(self, count: int) -> Iterator[Example]:
        for choice in self._rng.choice(len(self._shards), size=count, p=self._shares):
            shard = self._shards[choice]
            directions = shard.source.directions
            backward = directions == "backward" or (directions == "both" and bool(self._rng.random() < 0.5))
            yield shard.example(
                self._next_index(choice), backward=backward, noised=bool(self._rng.random() < self._noise)
            )

    def _next_index(self, choice: int) -> int:
        if self._positions[choice] == len(self._orders[choice]):
            self._rng.shuffle(self._orders[choice])
            self._positions[choice] = 0
        self._positions[choice] += 1
        return int(self._orders[choice][self._positions[choice] - 1])


def _bucket(pool: list[Example], max_tokens: int) -> Iterator[list[Example]]:
    batch: list[Example] = []
    longest_source = longest_target = 0
    for example in pool:
        longest_source = max(longest_source, len(example.source) + 2)
        longest_target = max(longest_target, len(example.target) + 1)
        if batch and (longest_source + longest_target) * (len(batch) + 1) > max_tokens:
            yield batch
            batch, longest_source, longest_target = [], len(example.source) + 2, len(example.target) + 1
        batch.append(example)
    yield batch
