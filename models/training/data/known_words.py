"""Counts the words that the translation model has met in each language, so that it can be told when it invents one.

    python -m models.training.data.known_words --corpus CORPUS

Writes `words.bloom` beside the model and names it in the manifest: the stems of all words of CORPUS and, for the
languages that need them, the groups of letters of words that occur twice. The file holds hashed facts about the corpus,
no part of it.
"""

import argparse
import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from models.training import register
from models.training.register import MODELS_DIR
from talmach.catalog.manifest import ModelSpec, load
from talmach.text.characters import words_of
from talmach.text.known_words import KnownWords, group_keys, stem_key

FILE = "words.bloom"
LANGUAGES = ("ru", "be", "en")
# Where a source only is written in another orthography, and its words are none of the target's.
_SKIPPED = "tarask.tsv.gz"
_LEAST_FOR_GROUPS = 2
_APOSTROPHES = str.maketrans("’ʼ", "''")


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    arguments = parser.parse_args()
    write(next(each for each in load(MODELS_DIR).models if each.kind == "translation"), arguments.corpus)


def write(spec: ModelSpec, corpus: Path) -> None:
    """Write the file of a model, and its name and checksum into the manifest."""
    counts = count(corpus)
    keys = {key for language, words in counts.items() for key in _keys(words, language)}
    (MODELS_DIR / spec.path / FILE).write_bytes(KnownWords.of_keys(keys).to_bytes())
    register.write_words(MODELS_DIR, spec.id, FILE)
    print(", ".join(f"{language}: {len(words):,} words" for language, words in counts.items()), f"{len(keys):,} keys")


def count(corpus: Path) -> dict[str, Counter[str]]:
    """Return how often each word occurs, by language."""
    counts: dict[str, Counter[str]] = {language: Counter() for language in LANGUAGES}
    for language, text in _texts(corpus):
        counts[language].update(words_of(text.translate(_APOSTROPHES).casefold()))
    return counts


def _keys(words: Counter[str], language: str) -> Iterator[str]:
    for word, times in words.items():
        if word.isdigit():
            continue
        yield stem_key(word, language)
        if times >= _LEAST_FOR_GROUPS:
            yield from group_keys(word, language)


def _texts(corpus: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(corpus.glob("*.tsv.gz")):
        if path.name != _SKIPPED:
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    first, second, *sides = line.split("\t")
                    yield from zip((first, second), sides[:2], strict=True)
    for path in sorted((corpus / "mono").glob("*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from ((path.name[:2], line) for line in lines)


if __name__ == "__main__":
    main()
