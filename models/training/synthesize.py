"""Makes Belarusian out of the Russian side of English-Russian pairs, for the register that Belarusian lacks.

    python -m models.training.synthesize models/training/experiments/draft.toml --corpus CORPUS --work WORK

Learns a statistical Russian -> Belarusian (see `transfer`) from the genuine pairs of the experiment, scores it on the
development set, and writes for every file with a synthetic source `WORK/synthetic/FILE.tsv.gz`: en-be and ru-be pairs
in the corpus's format. Sentences that are mostly words which the genuine pairs never show are left out.
"""

import argparse
import gzip
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from models.training import experiment as experiments
from models.training.back_translate import FILE as BACK_TRANSLATED
from models.training.data.corpus import Pair, read_pairs
from models.training.data.transfer import words
from models.training.data.transfer.alignment import align
from models.training.data.transfer.decoder import BigramModel, Transfer
from models.training.data.transfer.phrases import build_table, extract, likeliest_words
from models.training.data.transfer.spelling import SpellingModel, are_cognates
from models.training.experiment import Data, Source
from talmach.engine.normalization import normalize

MAX_UNKNOWN_SHARE = 0.35
MAX_ALIGNED_WORDS = 60
LOG_PAIRS = 20_000


def learn(corpus: Path, data: Data) -> Transfer:
    """Train the transfer on all genuine ru-be pairs; its language model also on the Belarusian of en-be pairs."""
    russian, belarusian, all_belarusian = [], [], []
    for source in data.sources:
        if source.synthetic or source.directions == "backward" or "be" not in source.pair:
            continue
        for first, second in read_pairs(corpus, source, data):
            target = [words.fold_short_u(word.lower()) for word in words.split(second)[0]]
            all_belarusian.append(target)
            origin = [word.lower() for word in words.split(first)[0]] if source.pair == "ru-be" else []
            if origin and target and max(len(origin), len(target)) <= MAX_ALIGNED_WORDS:
                russian.append(origin)
                belarusian.append(target)
    print(f"aligning {len(russian):,} ru-be pairs", flush=True)
    aligned = zip(russian, belarusian, align(russian, belarusian), strict=True)
    table = build_table(pair for sentences in aligned for pair in extract(*sentences))
    cognates = [pair for pair in likeliest_words(table) if are_cognates(*pair)]
    print(f"{len(table):,} phrases, {len(cognates):,} cognates", flush=True)
    return Transfer(table, SpellingModel(cognates), BigramModel(all_belarusian))


def synthesize(transfer: Transfer, pairs: Iterable[Pair], output: TextIO, name: str) -> None:
    """Write the en-be and ru-be pairs that come from (English, Russian) `pairs`."""
    kept = 0
    for number, (english, russian) in enumerate(pairs, start=1):
        if transfer.unknown_share(russian) <= MAX_UNKNOWN_SHARE:
            belarusian = transfer.translate(russian)
            output.write(f"en\tbe\t{english}\t{belarusian}\t{name}.synthetic\n")
            output.write(f"ru\tbe\t{russian}\t{belarusian}\t{name}.synthetic\n")
            kept += 1
        if number % LOG_PAIRS == 0:
            print(f"{name}: {kept:,} of {number:,} pairs kept", flush=True)
    print(f"{name}: {kept:,} pairs", flush=True)


def score(transfer: Transfer, dev: Path) -> float:
    """Return chrF2 of the transfer on the development set."""
    import sacrebleu  # noqa: PLC0415 - only the score needs it

    russian, belarusian = (
        [normalize(line) for line in (dev / f"flores-dev.{language}").read_text(encoding="utf-8").splitlines()]
        for language in ("ru", "be")
    )
    return float(sacrebleu.corpus_chrf([transfer.translate(line) for line in russian], [belarusian]).score)


def files(sources: Sequence[Source]) -> list[str]:
    """Return the names of the files that synthetic Belarusian is made from, each once."""
    made_here = (source.file for source in sources if source.synthetic and source.file != BACK_TRANSLATED)
    return list(dict.fromkeys(made_here))


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    data = experiment.data
    names = files(data.sources)
    if not names:
        print("no synthetic source in the experiment", flush=True)
        return
    (arguments.work / "synthetic").mkdir(parents=True, exist_ok=True)
    transfer = learn(arguments.corpus, data)
    print(f"ru-be by transfer: chrF2 {score(transfer, arguments.corpus / 'dev'):.1f}", flush=True)
    for name in names:
        pairs = list(read_pairs(arguments.corpus, Source(name, "en-ru", 1.0), data))
        sample = random.Random(experiment.training.seed).sample(pairs, min(data.synthetic_pairs, len(pairs)))
        with gzip.open(arguments.work / "synthetic" / f"{name}.tsv.gz", "wt", encoding="utf-8") as output:
            synthesize(transfer, sample, output, name)


if __name__ == "__main__":
    main()
