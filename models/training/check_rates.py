"""Measures on the development set what needs no model: flags on good translations, languages told from few words.

    python -m models.training.check_rates --corpus CORPUS

A flag may fire on at most 3 % of human translations, and the language of lines cut to five words must be told in 97 %.
Ends with status 1 when either bar is missed. TRUNCATED, LOW_CONFIDENCE, UNKNOWN_WORD and GLOSSARY_NOT_APPLIED need a
model or a glossary. NAME_MISMATCH needs whole texts: twenty neighbouring lines of the news and of the triples stand for
one.
"""

import argparse
import gzip
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from talmach.engine.base import Direction
from talmach.quality import Flag, Mentions, check, names_in
from talmach.text.article import Article, Field
from talmach.text.language import LANGUAGES, determine
from talmach.translation.plan import plan

MOST_FLAGGED = 0.03
LEAST_TOLD = 0.97
WORDS = (1, 2, 3, 5, 8, 12)
BAR_WORDS = 5
TEXT_LINES = 20


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    corpus = parser.parse_args().corpus
    folder = corpus / "dev"
    lines = {code: (folder / f"flores-dev.{code}").read_text(encoding="utf-8").splitlines() for code in LANGUAGES}
    sys.exit(int(_print_flags(lines) | _print_names(corpus) | _print_languages(lines)))


def _print_flags(lines: dict[str, list[str]]) -> bool:
    """Print the share of flagged lines by direction; return whether a bar is missed."""
    worst = 0.0
    for direction in (Direction(source, target) for source in LANGUAGES for target in LANGUAGES if source != target):
        counts: Counter[Flag] = Counter()
        for source, target in zip(lines[direction.source], lines[direction.target], strict=True):
            counts.update(check(source, target, direction) | _planned(source, direction))
        shares = {flag: count / len(lines[direction.source]) for flag, count in counts.items()}
        worst = max(worst, *shares.values(), 0.0)
        shown = ", ".join(f"{flag.name} {100 * share:.1f} %" for flag, share in sorted(shares.items(), key=_descending))
        print(f"{direction}: {shown or 'no flag'}")
    return worst > MOST_FLAGGED


def _planned(source: str, direction: Direction) -> frozenset[Flag]:
    """The flags that a line gets before it is translated, when its language is named."""
    code = direction.source
    plans = [
        plan(each, named_language=code, article_language=code, target_language=direction.target, drop=False)
        for each in Article.of({Field.TEXT: source}, code).sentences
    ]
    return frozenset[Flag]().union(*(each.flags for each in plans))


def _print_names(corpus: Path) -> bool:
    """Print how often names of human translations are spelled in two ways; return whether the bar is missed."""
    pairs: dict[Direction, list[tuple[str, str]]] = defaultdict(list)
    for name in ("news", "triples"):
        with gzip.open(corpus / f"{name}.tsv.gz", "rt", encoding="utf-8") as rows:
            for row in rows:
                first, second, *sides = row.split("\t")
                pairs[Direction(first, second)].append((sides[0], sides[1]))
                pairs[Direction(second, first)].append((sides[1], sides[0]))
    worst = 0.0
    for direction, ours in pairs.items():
        texts = (ours[start : start + TEXT_LINES] for start in range(0, len(ours), TEXT_LINES))
        share = sum(_doubtful_names(text, direction) for text in texts) / len(ours)
        worst = max(worst, share)
        print(f"{direction}: NAME_MISMATCH {100 * share:.2f} % of {len(ours):,} lines")
    return worst > MOST_FLAGGED


def _doubtful_names(text: Sequence[tuple[str, str]], direction: Direction) -> int:
    mentions = Mentions()
    for number, pair in enumerate(text):
        mentions.see(number, names_in(*pair, direction))
    return len(mentions.doubtful)


def _print_languages(lines: dict[str, list[str]]) -> bool:
    """Print how many lines cut to so many words are told; return whether a bar is missed."""
    missed = False
    for code, texts in lines.items():
        told = {}
        for count in WORDS:
            found = [determine(" ".join(text.split()[:count])) for text in texts]
            told[count] = found.count(code) / len(found)
            wrong = sum(each not in (None, code) for each in found) / len(found)
            print(
                f"{code}, {count} words: {100 * told[count]:.1f} % told, {100 * wrong:.1f} % wrong, else undetermined"
            )
        missed |= told[BAR_WORDS] < LEAST_TOLD
    return missed


def _descending(share: tuple[Flag, float]) -> float:
    return -share[1]


if __name__ == "__main__":
    main()
