"""What training reads: every sentence once as token ids, and pairs of sentences as indices.

A folder with `experiment.json`, `sentencepiece.model`, blocks of tokens and lengths (uint16) and of pairs (int32,
differences), `ranges.json`, and `start.bin` when training begins from existing weights.
"""

import json
import lzma
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.training import experiment as experiments
from models.training.data.vocabulary import LANGUAGES, Vocabulary
from models.training.experiment import Experiment, Shares

VOCABULARY, START, EXPERIMENT = "sentencepiece.model", "start.bin", "experiment.json"
Ids = NDArray[np.int64]
Range = tuple[int, int]
_BLOCK_BYTES = 2**24
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Stream:
    """The pairs of one source in one direction, as indices of sentences."""

    name: str
    target_language: str
    sources: Ids
    targets: Ids
    shares: Shares
    tagged: bool = False


class Sentences:
    """Token ids of all sentences in one flat array."""

    def __init__(self, tokens: NDArray[np.uint16], lengths: NDArray[np.uint16]) -> None:
        self.tokens = tokens
        self.lengths = lengths.astype(np.int64)
        self._offsets = np.concatenate(([0], self.lengths.cumsum()))

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> NDArray[np.uint16]:
        return self.tokens[self._offsets[index] : self._offsets[index + 1]]


class Bundle:
    """A folder written by `write`, read into memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.experiment: Experiment = experiments.from_dict(json.loads((folder / EXPERIMENT).read_text()))
        self.vocabulary = Vocabulary(folder / VOCABULARY)
        self.sentences = Sentences(_read(folder, "tokens", np.uint16), _read(folder, "lengths", np.uint16))
        self._pairs = _undo_differences(_read(folder, "pairs", np.int32))
        ranges = json.loads((folder / "ranges.json").read_text())
        self._ranges: list[Range] = ranges["sources"]
        self._dev: dict[str, Range] = ranges["dev"]

    def change_experiment(self, experiment: Experiment) -> None:
        """Take another experiment's options; its sources must be those that the bundle was made of.

        Raises:
            ValueError: the sources are others, or in another order.
        """
        for mine, other in zip_longest(self.experiment.data.sources, experiment.data.sources):
            if mine is None or other is None or mine.selection != other.selection:
                raise ValueError(f"data.sources: the bundle has {mine} where the experiment has {other}")
        self.experiment = experiment

    def pairs(self, source: int) -> Ids:
        """Return the pairs (n, 2) of the experiment's source number `source`."""
        start, end = self._ranges[source]
        return self._pairs[start:end]

    def streams(self) -> list[Stream]:
        """Return every direction of every source that the experiment gives a share."""
        streams = []
        for number, source in enumerate(self.experiment.data.sources):
            pairs, (first, second) = self.pairs(number), source.pair.split("-")
            for language, (origin, target), shares in (
                (second, (0, 1), source.forward),
                (first, (1, 0), source.backward),
            ):
                if any(shares) and len(pairs):
                    name = f"{source.name} into {language}"
                    sides = pairs[:, origin], pairs[:, target]
                    streams.append(Stream(name, language, *sides, shares, source.tagged))
        return streams

    def dev_streams(self) -> list[Stream]:
        """Return the development set in its six directions."""
        lines = {language: np.arange(*self._dev[language], dtype=np.int64) for language in LANGUAGES}
        return [
            Stream(f"{origin}-{target}", target, lines[origin], lines[target], (1.0, 1.0))
            for origin, target in (("ru", "en"), ("en", "ru"), ("be", "en"), ("en", "be"), ("ru", "be"), ("be", "ru"))
        ]


def write(
    folder: Path,
    experiment: Experiment,
    tokens: Sequence[NDArray[np.uint16]],
    pairs: Sequence[Ids],
    dev: dict[str, Range],
) -> None:
    """Write all of a bundle but vocabulary and start: `tokens` of each sentence, `pairs` (n, 2) of each source."""
    ends = np.cumsum([0, *map(len, pairs)]).tolist()
    ranges = {"sources": list(pairwise(ends)), "dev": dev}
    (folder / "ranges.json").write_text(json.dumps(ranges))
    (folder / EXPERIMENT).write_text(json.dumps(experiments.to_dict(experiment)))
    _write(folder, "tokens", np.concatenate(tokens))
    _write(folder, "lengths", np.array(list(map(len, tokens)), np.uint16))
    _write(folder, "pairs", _differences(np.concatenate(pairs)))


def _differences(pairs: Ids) -> NDArray[np.int32]:
    """Return small numbers: a new sentence mostly follows the one before it, and its translation is its neighbour."""
    first = np.diff(pairs[:, 0], prepend=0)
    return np.concatenate((first, pairs[:, 1] - pairs[:, 0])).astype(np.int32)


def _undo_differences(flat: NDArray[np.int32]) -> Ids:
    first, offset = flat.astype(np.int64).reshape(2, -1)
    first = first.cumsum()
    return np.stack((first, first + offset), 1)


def _write(folder: Path, name: str, array: NDArray[np.uint16] | NDArray[np.int32]) -> None:
    """Write an array as blocks that are packed and unpacked side by side."""
    aligned = {"lc": 0, "lp": 1, "pb": 1} if array.itemsize == 2 else {"lc": 0, "lp": 2, "pb": 2}
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": _BLOCK_BYTES, **aligned}]
    raw = array.tobytes()
    blocks = [raw[start : start + _BLOCK_BYTES] for start in range(0, len(raw), _BLOCK_BYTES)]
    with ThreadPoolExecutor() as pool:
        packed = pool.map(lambda block: lzma.compress(block, check=lzma.CHECK_CRC32, filters=filters), blocks)
        for number, block in enumerate(packed):
            (folder / f"{name}.{number:02d}.xz").write_bytes(block)


def _read(folder: Path, name: str, dtype: type[Number]) -> NDArray[Number]:
    paths = sorted(folder.glob(f"{name}.[0-9][0-9].xz"))
    with ThreadPoolExecutor() as pool:
        return np.frombuffer(b"".join(pool.map(lambda path: lzma.decompress(path.read_bytes()), paths)), dtype)
