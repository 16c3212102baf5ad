"""Makes English for genuine Belarusian, with a model that is there already.

    python -m models.training.back_translate EXPERIMENT.toml models/embedded/translation --corpus CORPUS --work WORK

Sennrich et al. 2016 (https://aclanthology.org/P16-1009/): a decoder learns fluent text from genuine targets even where
the sources are a machine's. `CORPUS/mono/be.*` is translated from Belarusian; where a genuine ru-be pair has a Russian
side, that side is translated instead, which the model does better. What carries a grave quality flag is left out.

Writes `WORK/synthetic/belarusian.tsv.gz`: en-be pairs in the corpus's format, for a source with `directions =
"forward"`. Does nothing for an experiment without that file.
"""

import argparse
import gzip
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from models.training import experiment as experiments
from models.training.data.corpus import Pair, read_pairs
from models.training.experiment import Data, Source
from models.training.publish.served import translate_lines
from talmach import quality
from talmach.engine.base import Direction
from talmach.engine.normalization import normalize, to_official_belarusian
from talmach.text.article import Field
from talmach.translation.values import ArticleTranslation

FILE = "belarusian"  # the name that a source of an experiment asks for it by
PARALLEL = Source("prose", "ru-be")  # the ru-be pairs that are running text
MIN_WORDS = 4
_CHUNK = 4_000


def read_monolingual(corpus: Path) -> list[str]:
    """Return the Belarusian sentences of `corpus/mono`, each once, without fragments."""
    lines: dict[str, None] = {}
    for path in sorted((corpus / "mono").glob("be.*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines.update(dict.fromkeys(to_official_belarusian(normalize(line)) for line in file))
    return [line for line in lines if len(line.split()) >= MIN_WORDS]


def read_parallel(corpus: Path, data: Data) -> list[Pair]:
    """Return the genuine (Russian, Belarusian) pairs of running text, without fragments."""
    return [pair for pair in read_pairs(corpus, PARALLEL, data) if len(pair[1].split()) >= MIN_WORDS]


def back_translate(
    model: Path, direction: Direction, pairs: list[Pair], max_source_tokens: int, output: TextIO
) -> None:
    """Translate the first side of `pairs` into English and write it beside the second, which is Belarusian."""
    kept = 0
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        sources = [source for source, _ in chunk]
        results = translate_lines(model, direction, sources, max_source_tokens=max_source_tokens)
        kept += write_pairs(zip(results, (target for _, target in chunk), strict=True), output)
        print(f"{direction}: {kept:,} of {start + len(chunk):,} sentences kept", flush=True)


def write_pairs(translations: Iterable[tuple[ArticleTranslation, str]], output: TextIO) -> int:
    """Write the translations that nothing grave is known of beside their Belarusian; return how many."""
    kept = 0
    for translation, belarusian in translations:
        english = translation.texts[Field.TEXT].strip()
        flags = frozenset().union(*(segment.flags for segment in translation.segments))
        if english and "\t" not in english and flags.isdisjoint(quality.GRAVE):
            output.write(f"en\tbe\t{english}\t{belarusian}\t{FILE}.synthetic\n")
            kept += 1
    return kept


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("model", type=Path, help="folder of a CTranslate2 translation model")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    data, rng = experiment.data, random.Random(experiment.training.seed)
    wanted = [source for source in data.sources if source.file == FILE]
    if not wanted:
        print(f"no source {FILE} in the experiment", flush=True)
        return
    limit = max(source.limit or sys.maxsize for source in wanted)
    (arguments.work / "synthetic").mkdir(parents=True, exist_ok=True)
    monolingual = [(line, line) for line in read_monolingual(arguments.corpus)]
    parallel = read_parallel(arguments.corpus, data)
    with gzip.open(arguments.work / "synthetic" / f"{FILE}.tsv.gz", "wt", encoding="utf-8") as output:
        for direction, pairs in (("be-en", monolingual), ("ru-en", parallel)):
            sample = rng.sample(pairs, min(limit, len(pairs)))
            back_translate(arguments.model, Direction.parse(direction), sample, data.max_tokens, output)


if __name__ == "__main__":
    main()
