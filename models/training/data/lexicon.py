"""Counts the frequent words by which language detection knows each language.

    python -m models.training.data.lexicon --corpus CORPUS

Writes `service/talmach/text/lexicon/LANGUAGE.txt`, one word a line, in alphabetical order. Only words in small letters
count, which keeps names out. The lists are facts about the corpus, not parts of it.
"""

import argparse
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SIZES = {"ru": 12_000, "be": 12_000, "en": 6_000}
# News, and what was written or chosen for its register; "mono" are the sentences in one language only.
PAIRS = ("news", "written", "native", "triples")
MONO = ("be.*", "ru.factrueval_news", "ru.lingua_leipzig")
_ALPHABETS = {"ru": "а-яё", "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя", "en": "a-z"}
_WORDS = {
    language: re.compile(rf"(?<![\w'])[{letters}]+(?:'[{letters}]+)*(?![\w'])")
    for language, letters in _ALPHABETS.items()
}
_APOSTROPHES = str.maketrans("’ʼ", "''")
_OUTPUT = Path(__file__).parents[3] / "service" / "talmach" / "text" / "lexicon"


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    corpus = parser.parse_args().corpus
    counts: dict[str, Counter[str]] = {language: Counter() for language in SIZES}
    for language, text in _texts(corpus):
        counts[language].update(_WORDS[language].findall(text.translate(_APOSTROPHES)))
    _OUTPUT.mkdir(exist_ok=True)
    for language, size in SIZES.items():
        words = sorted(word for word, _ in counts[language].most_common(size))
        (_OUTPUT / f"{language}.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
        share = sum(counts[language][word] for word in words) / counts[language].total()
        print(f"{language}: {len(words)} words, {100 * share:.1f} % of those in small letters")


def _texts(corpus: Path) -> Iterator[tuple[str, str]]:
    for name in PAIRS:
        with gzip.open(corpus / f"{name}.tsv.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                first, second, *texts = line.split("\t")
                yield from zip((first, second), texts[:2], strict=True)
    for pattern in MONO:
        for path in sorted((corpus / "mono").glob(f"{pattern}.txt.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                yield from ((path.name[:2], line) for line in lines)


if __name__ == "__main__":
    main()
