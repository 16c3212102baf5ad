"""Corpus and synthetic Belarusian -> SentencePiece vocabulary and token shards.

python -m models.training.data.prepare models/training/experiments/draft.toml --corpus CORPUS --work WORK
"""

import argparse
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import sentencepiece

from models.training import experiment as experiments
from models.training.data.corpus import Pair, perturb, read_pairs
from models.training.data.shards import Shard, write_shard
from models.training.experiment import Data, Experiment, Source

LANGUAGES = ("ru", "be", "en")
_BATCH = 20_000


def target_tag(language: str) -> str:
    """Return the source-side token that asks for a target language."""
    return f"<2{language}>"


def train_vocabulary(experiment: Experiment, corpus: Path, work: Path) -> None:
    """Train the joint SentencePiece model on sentences drawn by the mixture's weights, languages balanced by it."""
    data = experiment.data
    rng = random.Random(experiment.training.seed)
    genuine = [source for source in data.sources if not source.synthetic]
    total = sum(source.weight for source in genuine)

    def sample() -> Iterator[str]:
        for source in genuine:
            pairs = list(read_pairs(corpus, source, data))
            wanted = round(data.vocabulary_sentences / 2 * source.weight / total)
            for pair in rng.sample(pairs, min(wanted, len(pairs))):
                yield from pair[: 1 if source.directions == "backward" else 2]

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sample(),
        model_prefix=str(work / "sentencepiece"),
        vocab_size=data.vocabulary_size,
        model_type="unigram",
        byte_fallback=True,
        split_digits=True,
        character_coverage=0.9995,
        normalization_rule_name="identity",  # talmach.engine.normalization has done it
        user_defined_symbols=[target_tag(language) for language in LANGUAGES],
        pad_id=3,
        max_sentence_length=2_000,
        num_threads=2,
        minloglevel=1,
    )


def write_shards(experiment: Experiment, corpus: Path, work: Path) -> None:
    """Tokenise every source into `work/shards/<index>.npz`."""
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(work / "sentencepiece.model"))
    (work / "shards").mkdir(exist_ok=True)
    rng = random.Random(experiment.training.seed)
    for index, source in enumerate(experiment.data.sources):
        sides: list[list[list[int]]] = [[], [], [], []]
        pairs = read_pairs(work / "synthetic" if source.synthetic else corpus, source, experiment.data)
        while chunk := list(islice(pairs, _BATCH)):
            _append(sides, chunk, tokenizer, experiment.data, rng)
        write_shard(shard_path(work, index), sides)
        print(f"{source.file} {source.pair}: {len(sides[0]):,} pairs, {sum(map(len, sides[0])):,} tokens", flush=True)


def _append(
    sides: list[list[list[int]]],
    chunk: list[Pair],
    tokenizer: sentencepiece.SentencePieceProcessor,
    data: Data,
    rng: random.Random,
) -> None:
    first, second = zip(*chunk, strict=True)
    columns = [
        tokenizer.encode(list(texts), num_threads=2)
        for texts in (first, second, [perturb(text, rng) for text in first], [perturb(text, rng) for text in second])
    ]
    for row in zip(*columns, strict=True):
        if min(map(len, row)) > 0 and max(map(len, row)) <= data.max_tokens:
            for side, tokens in zip(sides, row, strict=True):
                side.append(tokens)


def shard_path(work: Path, index: int) -> Path:
    """Return where the shard of the experiment's source number `index` lies."""
    return work / "shards" / f"{index:02d}.npz"


def load_shards(sources: tuple[Source, ...], work: Path) -> list[Shard]:
    """Load all shards of an experiment, in its order."""
    return [Shard(source, shard_path(work, index)) for index, source in enumerate(sources)]


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    arguments.work.mkdir(parents=True, exist_ok=True)
    if not (arguments.work / "sentencepiece.model").exists():
        train_vocabulary(experiment, arguments.corpus, arguments.work)
    write_shards(experiment, arguments.corpus, arguments.work)


if __name__ == "__main__":
    main()
