"""Reads the corpus: tab-separated pairs in, clean and normalised pairs out."""

import gzip
from collections.abc import Iterator
from pathlib import Path

from models.training.experiment import Data, Source
from talmach.engine.normalization import normalize, to_official_belarusian

Pair = tuple[str, str]
SYNTHETIC = "synthetic"  # the folder in WORK for pairs with one side made by a model


def read_pairs(folder: Path, source: Source, data: Data) -> Iterator[Pair]:
    """Yield the normalised pairs of one source that pass the length filters, in file order."""
    first, second = source.pair.split("-")
    with gzip.open(folder / f"{source.file}.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if columns[:2] != [first, second] or (source.only and columns[4] not in source.only):
                continue
            pair = normalize(columns[2]), normalize(columns[3])
            # A side that is never a target keeps its own orthography.
            if second == "be" and any(source.forward):
                pair = pair[0], to_official_belarusian(pair[1])
            if _is_usable(pair, data.max_length_ratio):
                yield pair


def source_folder(source: Source, corpus: Path, work: Path) -> Path:
    """Return the folder that the file of a source lies in."""
    return work / SYNTHETIC if source.synthetic else corpus


def _is_usable(pair: Pair, max_length_ratio: float) -> bool:
    shorter, longer = sorted(len(side) for side in pair)
    # Ten characters of grace: two short strings may differ by a whole word.
    return shorter > 0 and longer <= max_length_ratio * shorter + 10
