"""Reads the corpus: tab-separated pairs in, clean and normalised pairs out, with optional typographic noise on the
source.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from models.training.experiment import Data, Source
from talmach.engine.normalization import normalize, to_official_belarusian

Pair = tuple[str, str]


def read_pairs(folder: Path, source: Source, data: Data) -> Iterator[Pair]:
    """Yield the normalised pairs of one source that pass the length filters, in file order."""
    first, second = source.pair.split("-")
    with gzip.open(folder / f"{source.file}.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if columns[:2] != [first, second]:
                continue
            pair = normalize(columns[2]), normalize(columns[3])
            # A few names with ґ are enough for the transfer to spell others so.
            if second == "be" and source.directions != "backward":
                pair = pair[0], to_official_belarusian(pair[1])
            if _is_usable(pair, data.max_length_ratio):
                yield pair


def _is_usable(pair: Pair, max_length_ratio: float) -> bool:
    shorter, longer = sorted(len(side) for side in pair)
    # Ten characters of grace: two short strings may differ by a whole word.
    return shorter > 0 and longer <= max_length_ratio * shorter + 10


def perturb(text: str, rng: random.Random) -> str:
    """Return `text` with one of the perturbations that headlines and careless typing show."""
    return rng.choice(_PERTURBATIONS)(text)


_PERTURBATIONS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.title,
    lambda text: text.removesuffix("."),
    lambda text: text[:1].lower() + text[1:],
    lambda text: text.replace("ё", "е").replace("Ё", "Е"),
    lambda text: text.replace('"', ""),
    lambda text: text.replace(" — ", " - "),
    lambda text: text.replace("'", ""),
)
