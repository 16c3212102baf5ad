"""Corpus -> everything that a bare machine needs for training: sentences, vocabulary, experiment and the code itself.

    python -m models.training.bundle EXPERIMENT.toml --corpus CORPUS --work WORK --output BUNDLE [--part-mib 60]

Without `--part-mib` BUNDLE is what `train` reads. With it BUNDLE gets `bundle.tar.00`, `bundle.tar.01`, ... of at most
so many MiB, for a machine with Python 3.12, torch, numpy and sentencepiece:

    cat bundle.tar.* | tar x && python -m models.training.train . OUT --seconds 540

The vocabulary is that of WORK when there is one, else it is trained. With `--start FOLDER` training goes on from a
translation model that was exported, with its vocabulary.
"""

import argparse
import random
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training import experiment as experiments
from models.training.data import sentences
from models.training.data.corpus import Pair, read_pairs, source_folder
from models.training.data.sentences import START, VOCABULARY
from models.training.data.vocabulary import LANGUAGES, Vocabulary, sample_sentences, train_vocabulary
from models.training.experiment import Experiment, Source
from talmach.engine.normalization import normalize

PART = "bundle.tar"
_ENCODED_AT_ONCE = 100_000
_CODE = Path(__file__).parent
# What trains on the other machine; nothing of it imports the service.
_MODULES = (
    *("__init__.py", "experiment.py", "train.py", "train_encoder.py", "generate.py", "network/*.py", "run/*.py"),
    *(f"data/{name}.py" for name in ("__init__", "noise", "packing", "sentences", "synthetic", "vocabulary")),
)


def read_sources(experiment: Experiment, corpus: Path, work: Path) -> Iterator[tuple[Source, list[Pair]]]:
    """Yield each source with its distinct pairs, at most `limit` of them."""
    rng = random.Random(experiment.training.seed)
    for source in experiment.data.sources:
        pairs = list(dict.fromkeys(read_pairs(source_folder(source, corpus, work), source, experiment.data)))
        if source.limit is not None and len(pairs) > source.limit:
            pairs = rng.sample(pairs, source.limit)
        print(f"{source.name}: {len(pairs):,} pairs", flush=True)
        yield source, pairs


def vocabulary_text(experiment: Experiment, corpus: Path, work: Path) -> Iterator[str]:
    """Yield sentences to train SentencePiece on, drawn from the genuine sources by their shares."""
    rng = random.Random(experiment.training.seed)
    weights = {source: sum(source.forward + source.backward) for source in experiment.data.sources}
    total = sum(weight for source, weight in weights.items() if not source.synthetic)
    for source, pairs in read_sources(experiment, corpus, work):
        if not source.synthetic and any(source.forward):
            wanted = round(experiment.data.vocabulary_sentences / 2 * weights[source] / total)
            yield from sample_sentences(pairs, wanted, rng)


def collect(
    experiment: Experiment, corpus: Path, work: Path
) -> tuple[list[str], list[NDArray[np.int64]], dict[str, tuple[int, int]]]:
    """Return every sentence once, the pairs (n, 2) of each source as indices, and the range of the development set."""
    index: dict[str, int] = {}
    pairs = []
    for _, texts in read_sources(experiment, corpus, work):
        flat = [index.setdefault(text, len(index)) for pair in texts for text in pair]
        pairs.append(np.array(flat, np.int64).reshape(-1, 2))
    lines = list(index)
    dev = {}
    for language in LANGUAGES:
        dev_lines = (corpus / "dev" / f"flores-dev.{language}").read_text(encoding="utf-8").splitlines()
        begin = len(lines)
        lines += map(normalize, dev_lines[: experiment.data.dev_sentences])
        dev[language] = (begin, len(lines))
    return lines, pairs, dev


def encode(lines: list[str], vocabulary: Vocabulary) -> list[NDArray[np.uint16]]:
    """Return the tokens of each line."""
    tokens = []
    for start in range(0, len(lines), _ENCODED_AT_ONCE):
        chunk = vocabulary.processor.encode(lines[start : start + _ENCODED_AT_ONCE], num_threads=2)
        tokens += [np.array(ids, np.uint16) for ids in chunk]
    return tokens


def write_folder(experiment: Experiment, corpus: Path, work: Path, start: Path | None, folder: Path) -> None:
    """Write the content of a bundle into `folder`, not packed."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile((start or work) / VOCABULARY, folder / VOCABULARY)
    if start is not None:
        shutil.copyfile(start / "model.bin", folder / START)
    lines, pairs, dev = collect(experiment, corpus, work)
    tokens = encode(lines, Vocabulary(folder / VOCABULARY))
    lengths = np.array(list(map(len, tokens)))
    usable = (lengths > 0) & (lengths <= experiment.data.max_tokens)
    kept = [ids[usable[ids].all(1)] for ids in pairs]
    print(f"{len(lines):,} sentences, {lengths.sum():,} tokens, {sum(map(len, kept)):,} pairs", flush=True)
    sentences.write(folder, experiment, tokens, kept, dev)
    copy_code(folder)


def copy_code(folder: Path) -> None:
    """Copy the modules that run on the other machine into `folder`."""
    for pattern in _MODULES:
        for path in _CODE.glob(pattern):
            target = folder / path.relative_to(_CODE.parents[1])
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def write_parts(folder: Path, output: Path, part_bytes: int) -> None:
    """Write `folder` as one tar in parts; its large files are compressed already."""
    output.mkdir(parents=True, exist_ok=True)
    for old in output.glob(f"{PART}.[0-9][0-9]"):
        old.unlink()
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for path in sorted(folder.iterdir()):
                archive.add(path, arcname=path.name)
        file.seek(0)
        number = 0
        while data := file.read(part_bytes):
            (output / f"{PART}.{number:02d}").write_bytes(data)
            print(f"{output / PART}.{number:02d}: {len(data) / 2**20:.1f} MiB", flush=True)
            number += 1


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder of the vocabulary and of synthetic pairs")
    parser.add_argument("--output", type=Path, required=True, help="folder for the bundle or its parts")
    parser.add_argument("--part-mib", type=int, help="write one tar in parts of at most so many MiB")
    parser.add_argument("--start", type=Path, help="folder of a CTranslate2 translation model to go on from")
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    corpus, work = arguments.corpus, arguments.work
    work.mkdir(parents=True, exist_ok=True)
    if arguments.start is None and not (work / VOCABULARY).exists():
        text = vocabulary_text(experiment, corpus, work)
        train_vocabulary(text, experiment.data.vocabulary_size, work / VOCABULARY)
    if arguments.part_mib is None:
        write_folder(experiment, corpus, work, arguments.start, arguments.output)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_folder(experiment, corpus, work, arguments.start, Path(folder))
        write_parts(Path(folder), arguments.output, arguments.part_mib * 2**20)


if __name__ == "__main__":
    main()
