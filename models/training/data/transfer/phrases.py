"""Phrases of up to three words and what they become, counted in aligned sentences (Koehn et al. 2003)."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from models.training.data.transfer.alignment import Links

MAX_WORDS = 3
OPTIONS = 6
DISCOUNT = 0.5

Phrase = tuple[str, ...]
PhraseTable = dict[Phrase, list[tuple[Phrase, float]]]  # options with log probabilities, likeliest first


def extract(russian: Sequence[str], belarusian: Sequence[str], links: Links) -> Iterator[tuple[Phrase, Phrase]]:
    """Yield the pairs of phrases that no link leaves."""
    targets_of: dict[int, list[int]] = defaultdict(list)
    sources_of: dict[int, list[int]] = defaultdict(list)
    for source, target in links:
        targets_of[source].append(target)
        sources_of[target].append(source)
    for start in range(len(russian)):
        for end in range(start + 1, min(start + MAX_WORDS, len(russian)) + 1):
            targets = [target for source in range(start, end) for target in targets_of[source]]
            # Words at the edges must be linked: what hangs loose belongs to nobody.
            if not targets or not targets_of[start] or not targets_of[end - 1]:
                continue
            first, last = min(targets), max(targets)
            inside = all(start <= source < end for target in range(first, last + 1) for source in sources_of[target])
            if inside and last - first < MAX_WORDS:
                yield tuple(russian[start:end]), tuple(belarusian[first : last + 1])


def build_table(pairs: Iterable[tuple[Phrase, Phrase]]) -> PhraseTable:
    """Count pairs of phrases; longer ones are kept from the second time on."""
    counts: dict[Phrase, Counter[Phrase]] = defaultdict(Counter)
    for source, target in pairs:
        counts[source][target] += 1
    table = {}
    for source, options in counts.items():
        total = options.total()
        if len(source) > 1 and total == 1:
            continue
        table[source] = [
            (target, math.log((count - DISCOUNT) / total)) for target, count in options.most_common(OPTIONS)
        ]
    return table


def likeliest_words(table: PhraseTable) -> Iterator[tuple[str, str]]:
    """Yield every single word with what it becomes most often, where that is a single word too."""
    for source, options in table.items():
        if len(source) == 1 and len(options[0][0]) == 1:
            yield source[0], options[0][0][0]
