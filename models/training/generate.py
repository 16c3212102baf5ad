"""Translates the sentences that `synthesize collect` gathered, on one GPU, until the clock runs out.

    python -m models.training.generate FOLDER OUT --seconds 120

Like `train` it needs Python, torch, numpy and sentencepiece, and nothing of the service: FOLDER is unpacked from parts,
with the weights (`start.bin`) and their vocabulary. Each translation is scored both ways by the same weights, for the
filters of `synthesize keep` (dual conditional cross-entropy, Junczys-Dowmunt 2018, arXiv:1809.00197). Greedy: beam
search brings the embedded model 0.6 to 1.1 chrF2 and takes four times as long.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from models.training.data.sentences import START, VOCABULARY
from models.training.data.synthetic import Task, Translated, read_tasks, write_translated
from models.training.data.vocabulary import Vocabulary
from models.training.network.greedy import GreedySearch
from models.training.network.warm_start import read_translator
from models.training.run.journal import Journal

_ROWS = 4_096  # sentences at once on a GPU
_POSITIONS = 160_000  # source positions at once on a GPU, padding included
_MAX_TOKENS = 250  # of a sentence or a translation; longer ones are left out
_CPU_SHARE = 64  # batches for a CPU are this much smaller


class Generator:
    """Translates tasks with one model."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        torch.backends.cuda.enable_cudnn_sdp(enabled=False)  # it plans anew for every shape
        self.vocabulary = Vocabulary(folder / VOCABULARY)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.journal = journal
        vocabulary = self.vocabulary
        model = read_translator(folder / START).to(self.device)
        self.search = GreedySearch(model, vocabulary.bos, vocabulary.eos, vocabulary.pad)

    def translate(self, task: Task, sentences: list[str], ends_s: float) -> Iterator[Translated]:
        """Yield the translations of a task's sentences, the longest first, until `ends_s` (time.monotonic())."""
        vocabulary = self.vocabulary
        ids = vocabulary.processor.encode(sentences, num_threads=8)
        lengths = np.array(list(map(len, ids)))
        order = [int(index) for index in np.argsort(-lengths, kind="stable") if 0 < lengths[index] <= _MAX_TOKENS]
        smaller = 1 if self.device.type == "cuda" else _CPU_SHARE
        start = 0
        while start < len(order) and time.monotonic() < ends_s:
            longest = int(lengths[order[start]])
            size = max(1, min(_ROWS, _POSITIONS // (longest + 3)) // smaller)
            chosen = order[start : start + size]
            start += size
            yield from self._translate_batch(task, chosen, [ids[index] for index in chosen])

    def _translate_batch(self, task: Task, indices: list[int], sources: list[list[int]]) -> Iterator[Translated]:
        vocabulary = self.vocabulary
        longest = max(map(len, sources))
        tagged = self._pad([[vocabulary.tags[task.into], *source, vocabulary.eos] for source in sources])
        found = self.search.translate(tagged, int(1.4 * longest) + 14)
        lengths = found.lengths.tolist()
        rows = [row for row, length in enumerate(lengths) if 0 < length <= _MAX_TOKENS]
        if not rows:
            return
        tokens = found.tokens.cpu().numpy()
        hypotheses = [tokens[row, : lengths[row]].tolist() for row in rows]
        back = self._pad([[vocabulary.tags[task.language], *each, vocabulary.eos] for each in hypotheses])
        reverse = self.search.score(back, self._pad([[vocabulary.bos, *sources[row], vocabulary.eos] for row in rows]))
        texts = vocabulary.processor.decode(hypotheses)
        scores = found.scores.tolist()
        for row, text, likelihood in zip(rows, texts, reverse.tolist(), strict=True):
            yield Translated(indices[row], scores[row], likelihood, " ".join(text.split()))

    def _pad(self, rows: list[list[int]]) -> torch.Tensor:
        """Return the rows as one array on the device; multiples of eight are the fast lengths."""
        length = -(-max(map(len, rows)) // 8) * 8
        padded = np.full((len(rows), length), self.vocabulary.pad, np.int64)
        for row, ids in enumerate(rows):
            padded[row, : len(ids)] = ids
        return torch.from_numpy(padded).to(self.device)


def main() -> None:
    """Run the step from the command line."""
    began_s = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what `synthesize collect` wrote")
    parser.add_argument("output", type=Path, help="folder for the translations and the log")
    parser.add_argument("--seconds", type=float, required=True, help="wall clock; later tasks may be left out")
    arguments = parser.parse_args()
    journal = Journal(arguments.output / "generate.log", began_s)
    generator = Generator(arguments.folder, journal)
    ends_s = began_s + arguments.seconds
    for task, sentences in read_tasks(arguments.folder):
        began = time.monotonic()
        translated = list(generator.translate(task, sentences, ends_s))
        write_translated(arguments.output, task, translated)
        took = time.monotonic() - began
        journal.say(f"{task.name}: {len(translated):,} of {len(sentences):,} sentences in {took:.1f} s")
        if time.monotonic() >= ends_s:
            journal.say("the time is up")
            break


if __name__ == "__main__":
    main()
