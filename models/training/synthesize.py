"""Pairs with one side made by a model: which sentences it translates, and which of its translations are kept.

    python -m models.training.synthesize collect EXPERIMENT.toml --corpus CORPUS --start MODEL --output FOLDER
    python -m models.training.generate FOLDER TRANSLATED --seconds 120       # on the GPU
    python -m models.training.synthesize keep EXPERIMENT.toml FOLDER TRANSLATED --corpus CORPUS --work WORK

`collect` goes through `data.synthetic` of the experiment; no sentence is translated twice into one language; with
`--part-mib` it writes parts for another machine. `keep` writes WORK/synthetic/FILE.tsv.gz in the corpus's format, for
the sources with `synthetic = true`. A decoder learns fluent text from genuine targets even where the sources are a
machine's (Sennrich et al. 2016, https://aclanthology.org/P16-1009/); where the made side is the target, the bounds on
the scores keep what the model is sure of.
"""

import argparse
import gzip
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from models.training import experiment as experiments
from models.training.bundle import copy_code, write_parts
from models.training.data import synthetic
from models.training.data.corpus import SYNTHETIC, read_pairs
from models.training.data.sentences import START, VOCABULARY
from models.training.experiment import Experiment, Source, Synthetic
from talmach.engine.normalization import normalize, to_official_belarusian

MIN_CHARS = 12  # a fragment teaches nothing
Row = tuple[str, str, str, str]  # two languages in the corpus's order, two texts


def read_lines(wanted: Synthetic, experiment: Experiment, corpus: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each sentence to be translated, with the genuine texts beside it by language (itself among them)."""
    for file in wanted.read:
        if wanted.pair:
            first, second = wanted.pair.split("-")
            source = Source(file, wanted.pair, forward=(1, 1), only=wanted.only)
            for pair in read_pairs(corpus, source, experiment.data):
                texts = dict(zip((first, second), pair, strict=True))
                yield texts[wanted.language], texts
        else:
            with gzip.open(corpus / f"{file}.txt.gz", "rt", encoding="utf-8") as lines:
                for line in lines:
                    text = normalize(line)
                    text = to_official_belarusian(text) if wanted.language == "be" else text
                    yield text, {wanted.language: text}


def collect(experiment: Experiment, corpus: Path) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield (name, language, into, sentences) of each task, every sentence once for each language."""
    rng = random.Random(experiment.training.seed)
    seen: dict[tuple[str, str], set[str]] = {}
    for number, wanted in enumerate(experiment.data.synthetic):
        known = seen.setdefault((wanted.language, wanted.into), set())
        lines = dict.fromkeys(text for text, _ in read_lines(wanted, experiment, corpus))
        sentences = [text for text in lines if len(text) >= MIN_CHARS and "\t" not in text and text not in known]
        if wanted.limit is not None and len(sentences) > wanted.limit:
            sentences = rng.sample(sentences, wanted.limit)
        known.update(sentences)
        name = f"{number:02d}-{wanted.file}-{wanted.language}-{wanted.into}"
        print(f"{name}: {len(sentences):,} sentences", flush=True)
        yield name, wanted.language, wanted.into, sentences


def write_folder(experiment: Experiment, corpus: Path, start: Path, folder: Path) -> None:
    """Write everything that `generate` needs on a machine that has nothing of this repository."""
    synthetic.write_tasks(folder, collect(experiment, corpus))
    shutil.copyfile(start / VOCABULARY, folder / VOCABULARY)
    shutil.copyfile(start / "model.bin", folder / START)
    copy_code(folder)


def keep(experiment: Experiment, folder: Path, translated: Path, corpus: Path, output: Path) -> Counter[str]:
    """Write the files of pairs into `output`; return how many translations were kept and why the others were not."""
    output.mkdir(parents=True, exist_ok=True)
    verdicts: Counter[str] = Counter()
    known: dict[tuple[str, str], dict[str, synthetic.Translated]] = {}
    for task, sentences in synthetic.read_tasks(folder):
        made = known.setdefault((task.language, task.into), {})
        made |= {sentences[each.index]: each for each in synthetic.read_translated(translated, task)}
    rows: dict[str, dict[Row, None]] = {}
    for wanted in experiment.data.synthetic:
        made = known.get((wanted.language, wanted.into), {})
        for text, beside in read_lines(wanted, experiment, corpus):
            if (found := made.get(text)) is not None:
                verdict = _fault(wanted, text, found) or "kept"
                verdicts[verdict] += 1
                if verdict == "kept":
                    rows.setdefault(wanted.file, {}).update(dict.fromkeys(_rows(wanted, beside, found.text)))
    for file, pairs in rows.items():
        with gzip.open(output / f"{file}.tsv.gz", "wt", encoding="utf-8") as lines:
            lines.writelines("\t".join((*row, f"{file}.synthetic")) + "\n" for row in pairs)
        print(f"{file}: {len(pairs):,} pairs", flush=True)
    return verdicts


def _fault(wanted: Synthetic, text: str, found: synthetic.Translated) -> str | None:
    if found.score < wanted.min_score:
        return "score"
    if found.reverse < wanted.min_reverse:
        return "reverse"
    return synthetic.fault(text, found.text, wanted.language, wanted.into)


def _rows(wanted: Synthetic, beside: dict[str, str], translation: str) -> Iterator[Row]:
    """Yield the translation beside each genuine text in another language."""
    made = normalize(translation)
    made = to_official_belarusian(made) if wanted.into == "be" else made
    for language, text in beside.items():
        if language != wanted.into:
            pair = {language: text, wanted.into: made}
            first, second = next(name.split("-") for name in experiments.PAIRS if set(name.split("-")) == set(pair))
            yield first, second, pair[first], pair[second]


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    collecting, keeping = steps.add_parser("collect"), steps.add_parser("keep")
    for step in (collecting, keeping):
        step.add_argument("experiment", type=Path)
        step.add_argument("--corpus", type=Path, required=True)
    collecting.add_argument("--start", type=Path, required=True, help="folder of the CTranslate2 model that translates")
    collecting.add_argument("--output", type=Path, required=True, help="folder for the sentences or their parts")
    collecting.add_argument("--part-mib", type=int, help="write one tar in parts of at most so many MiB")
    keeping.add_argument("folder", type=Path, help="what `collect` wrote, unpacked")
    keeping.add_argument("translated", type=Path, help="what `generate` wrote")
    keeping.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    if arguments.step == "keep":
        output = arguments.work / SYNTHETIC
        verdicts = keep(experiment, arguments.folder, arguments.translated, arguments.corpus, output)
        print("  ".join(f"{verdict} {count:,}" for verdict, count in verdicts.most_common()), flush=True)
    elif arguments.part_mib is None:
        write_folder(experiment, arguments.corpus, arguments.start, arguments.output)
    else:
        with tempfile.TemporaryDirectory() as folder:
            write_folder(experiment, arguments.corpus, arguments.start, Path(folder))
            write_parts(Path(folder), arguments.output, arguments.part_mib * 2**20)


if __name__ == "__main__":
    main()
