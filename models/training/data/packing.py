"""Packs pairs of sentences into rows of fixed length, in worker processes, so that every shape on the device is static.

A row holds several pairs one after the other, source pieces in one array and target pieces in another; segments say
which pair a position belongs to, and attention stays within a segment. A pair goes into the fullest open row that has
room for both of its sides: 82 to 86 % of the target positions hold a token.
"""

import contextlib
import multiprocessing
import queue
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from models.training.data.noise import perturb
from models.training.data.sentences import Bundle, Ids, Sentences, Stream
from models.training.data.vocabulary import Vocabulary
from models.training.experiment import Regularization, Training

NO_LABEL = -1
_OPEN_ROWS = 24  # more of them fill rows better and take longer to search
_DRAWN = 4_000
_WORD_START = "▁"


@dataclass(frozen=True, slots=True)
class Example:
    """One directed pair: `source` with language tag and end mark, `target` without marks."""

    source: list[int]
    target: list[int]


@dataclass(frozen=True, slots=True)
class Rows:
    """One step's input, arrays (rows, length); segments count the pairs of a row from 1, 0 is padding."""

    source: NDArray[np.int32]
    source_segments: NDArray[np.int16]
    target_input: NDArray[np.int32]
    labels: NDArray[np.int32]  # NO_LABEL where there is no token to predict
    target_segments: NDArray[np.int16]

    @property
    def target_tokens(self) -> int:
        """Return how many tokens there are to predict."""
        return int((self.labels != NO_LABEL).sum())


class Reader:
    """Reads the two sides of a pair, altered afresh at every visit when there is a regularisation."""

    def __init__(
        self, sentences: Sentences, vocabulary: Vocabulary, regularization: Regularization | None, seed: int
    ) -> None:
        self._sentences = sentences
        self._vocabulary = vocabulary
        self._options = regularization
        self._rng = random.Random(seed)
        self._generator = np.random.default_rng(seed)
        self._starts_word = np.array([piece.startswith(_WORD_START) for piece in vocabulary.pieces()])
        sentencepiece.set_random_generator_seed(seed)

    def read(self, stream: Stream, index: int) -> Example:
        """Return pair number `index` of a stream."""
        vocabulary = self._vocabulary
        source = self._sentences[int(stream.sources[index])].tolist()
        target = self._sentences[int(stream.targets[index])].tolist()
        if self._options is not None:
            chance = self._rng.random
            source = self._vary(
                source,
                sampled=chance() < self._options.source_sampled,
                perturbed=chance() < self._options.perturbed,
            )
            target = self._vary(target, sampled=chance() < self._options.target_sampled, perturbed=False)
            if self._options.masked_words:
                source = self._mask(source)
        # The vocabulary has no piece to say "made by a machine"; the start mark never stands in a source otherwise.
        machine_made = [vocabulary.bos] if stream.tagged else []
        return Example([vocabulary.tags[stream.target_language], *machine_made, *source, vocabulary.eos], target)

    def _vary(self, tokens: list[int], *, sampled: bool, perturbed: bool) -> list[int]:
        """Segment the text behind `tokens` again; 4 microseconds to decode it, 7 to encode it, 28 to sample."""
        if not sampled and not perturbed:
            return tokens
        assert self._options is not None
        processor = self._vocabulary.processor
        text = processor.decode(tokens)
        if perturbed:
            text = perturb(text, self._rng) or text
        if sampled:
            alpha = self._options.sampling_alpha
            return list(processor.encode(text, enable_sampling=True, alpha=alpha, nbest_size=-1))
        return list(processor.encode(text))

    def _mask(self, tokens: list[int]) -> list[int]:
        """Replace whole words by <unk>, which no text has otherwise: rare characters are spelled in bytes."""
        assert self._options is not None
        words = self._starts_word[tokens].cumsum()
        masked = self._generator.random(len(tokens) + 1) < self._options.masked_words
        return np.where(masked[words], self._vocabulary.unknown, tokens).tolist()


class RowPacker:
    """Collects examples in rows of one length until there are enough for a step."""

    def __init__(self, length: int, rows: int) -> None:
        self._length = length
        self._rows = rows
        self._open: list[_Row] = []
        self._full: list[_Row] = []

    def add(self, example: Example) -> list[list[Example]] | None:
        """Put an example into a row; return the rows of a step when they are complete."""
        source, target = len(example.source), len(example.target) + 1
        fitting = [row for row in self._open if max(row.source + source, row.target + target) <= self._length]
        if fitting:
            row = max(fitting, key=_Row.filled)
        else:
            if len(self._open) == _OPEN_ROWS:
                fullest = max(self._open, key=_Row.filled)
                self._open.remove(fullest)
                self._full.append(fullest)
            row = _Row()
            self._open.append(row)
        row.source += source
        row.target += target
        row.examples.append(example)
        if len(self._full) < self._rows:
            return None
        return self._take()

    def rest(self) -> Iterator[list[list[Example]]]:
        """Yield what is left, the last step padded with empty rows."""
        self._full += self._open
        self._open = []
        while self._full:
            rows = self._take()
            yield rows + [[] for _ in range(self._rows - len(rows))]

    def _take(self) -> list[list[Example]]:
        taken, self._full = self._full[: self._rows], self._full[self._rows :]
        return [row.examples for row in taken]


@dataclass(slots=True, eq=False)
class _Row:
    source: int = 0
    target: int = 0
    examples: list[Example] = field(default_factory=list)

    def filled(self) -> int:
        return self.source + self.target


def to_rows(packed: list[list[Example]], length: int, vocabulary: Vocabulary) -> Rows:
    """Lay out the examples of each row one after the other."""
    shape = (len(packed), length)
    rows = Rows(
        source=np.full(shape, vocabulary.pad, np.int32),
        source_segments=np.zeros(shape, np.int16),
        target_input=np.full(shape, vocabulary.pad, np.int32),
        labels=np.full(shape, NO_LABEL, np.int32),
        target_segments=np.zeros(shape, np.int16),
    )
    for row, examples in enumerate(packed):
        source_at = target_at = 0
        for segment, example in enumerate(examples, start=1):
            source_end, target_end = source_at + len(example.source), target_at + len(example.target) + 1
            rows.source[row, source_at:source_end] = example.source
            rows.source_segments[row, source_at:source_end] = segment
            rows.target_input[row, target_at:target_end] = [vocabulary.bos, *example.target]
            rows.labels[row, target_at:target_end] = [*example.target, vocabulary.eos]
            rows.target_segments[row, target_at:target_end] = segment
            source_at, target_at = source_end, target_end
    return rows


def pack(examples: Iterable[Example], training: Training, vocabulary: Vocabulary, *, rest: bool) -> Iterator[Rows]:
    """Yield steps of packed examples; with `rest` also the incomplete ones at the end. What fits no row is left out."""
    packers = {length: RowPacker(length, training.step_tokens // length) for length in training.row_tokens}
    for example in examples:
        longer = max(len(example.source), len(example.target) + 1)
        length = next((length for length in training.row_tokens if longer <= length), None)
        if length is not None and (complete := packers[length].add(example)):
            yield to_rows(complete, length, vocabulary)
    if rest:
        for length, packer in packers.items():
            yield from (to_rows(complete, length, vocabulary) for complete in packer.rest())


def draw(
    streams: list[Stream], reader: Reader, mean_lengths: NDArray[np.float64], phase: Any, seed: int, worker: Ids
) -> Iterator[Example]:
    """Yield examples without end by the shares of the current phase (`phase.value`).

    Of each stream only every n-th pair is drawn (`worker` = (k, n)), and all of those before any is repeated.
    """
    generator = np.random.default_rng(seed)
    part, parts = worker
    orders = [generator.permutation(np.arange(part, len(stream.sources), parts)) for stream in streams]
    positions = [0] * len(streams)
    present = np.array([len(order) > 0 for order in orders])
    while True:
        shares = np.array([stream.shares[phase.value] for stream in streams])
        weights = present * shares / mean_lengths  # a share of tokens is one of pairs over their length
        for choice in generator.choice(len(streams), size=_DRAWN, p=weights / weights.sum()):
            order, position = orders[choice], positions[choice]
            if position == len(order):
                generator.shuffle(order)
                position = 0
            positions[choice] = position + 1
            yield reader.read(streams[choice], int(order[position]))


class PackingWorkers:
    """Processes that keep packing, and the queue that they fill."""

    def __init__(self, bundle: Bundle, workers: int, seed: int) -> None:
        """`seed` tells the runs of one schedule apart; otherwise they would draw the same pairs."""
        context = multiprocessing.get_context("fork")  # the children share the sentences instead of copying them
        self._phase = context.Value("i", 0, lock=False)
        self._queue: multiprocessing.Queue[Rows] = context.Queue(maxsize=2 * workers + 8)
        self.waited_s = 0.0
        self._processes = [
            context.Process(
                target=_pack_forever,
                args=(bundle, np.array((worker, workers)), seed, self._phase, self._queue),
                daemon=True,
                name=f"packing-{worker}",
            )
            for worker in range(workers)
        ]
        for process in self._processes:
            process.start()

    def set_phase(self, phase: int) -> None:
        """Let the workers draw by the shares of phase 0 or 1 from now on; what is queued stays."""
        self._phase.value = phase

    def next(self) -> Rows:
        """Return the next step's rows, adding to `waited_s` how long the device waited for them."""
        began = time.monotonic()
        rows = None
        while rows is None:
            if not all(process.is_alive() for process in self._processes):
                raise RuntimeError("a packing worker has died; its error stands above")
            with contextlib.suppress(queue.Empty):
                rows = self._queue.get(timeout=5)
        self.waited_s += time.monotonic() - began
        return rows

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()
        self._queue.close()
        self._queue.cancel_join_thread()


def _pack_forever(bundle: Bundle, worker: Ids, seed: int, phase: Any, output: "multiprocessing.Queue[Rows]") -> None:
    experiment, streams = bundle.experiment, bundle.streams()
    own_seed = 1_000 * seed + int(worker[0])
    reader = Reader(bundle.sentences, bundle.vocabulary, experiment.regularization, own_seed)
    means = np.array([bundle.sentences.lengths[stream.targets].mean() + 1 for stream in streams])
    examples = draw(streams, reader, means, phase, own_seed, worker)
    for rows in pack(examples, experiment.training, bundle.vocabulary, rest=False):
        output.put(rows)
