"""Turns Russian sentences into Belarusian ones: the best way through the phrase table from left to right under a bigram
model of Belarusian, unknown words by the spelling model, all that is not a word as it stands.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from models.training.data.transfer import words
from models.training.data.transfer.phrases import MAX_WORDS, Phrase, PhraseTable
from models.training.data.transfer.spelling import SpellingModel

BEAM = 4
LANGUAGE_WEIGHT = 0.2  # 0.4 and 0.6 lose 0.2 and 0.5 chrF2 on the development set
UNKNOWN_LOG_PROBABILITY = -4.0
_START, _END = "<s>", "</s>"


class BigramModel:
    """Interpolated bigrams with absolute discounting."""

    def __init__(self, sentences: Iterable[Sequence[str]]) -> None:
        self._unigrams: Counter[str] = Counter()
        self._bigrams: Counter[tuple[str, str]] = Counter()
        for sentence in sentences:
            tokens = [_START, *sentence, _END]
            self._unigrams.update(tokens)
            self._bigrams.update(pairwise(tokens))
        self._total = self._unigrams.total()
        self._followers = Counter(first for first, _ in self._bigrams)

    def log_probability(self, word: str, previous: str) -> float:
        """Return ln p(word | previous)."""
        unigram = (self._unigrams[word] + 0.5) / (self._total + 0.5 * len(self._unigrams))
        context = self._unigrams[previous]
        if not context:
            return math.log(unigram)
        bigram = max(self._bigrams[previous, word] - 0.7, 0.0) / context
        return math.log(bigram + 0.7 * self._followers[previous] / context * unigram)


class Transfer:
    """The whole translator."""

    def __init__(self, table: PhraseTable, spelling: SpellingModel, language: BigramModel) -> None:
        self._table = table
        self._spelling = spelling
        self._language = language

    def translate(self, text: str) -> str:
        """Return a normalised Russian text in Belarusian."""
        tokens, gaps = words.split(text)
        lowered = [token.lower() for token in tokens]
        output, begin = gaps[0], 0
        while begin < len(tokens):
            end = begin + 1
            while end < len(tokens) and gaps[end] == " ":
                end += 1
            pieces = [
                words.with_case_of(tokens[begin + start], " ".join(target))
                for start, target in self._best(lowered[begin:end])
            ]
            output += " ".join(pieces) + gaps[end]
            begin = end
        return words.restore_short_u(output)

    def unknown_share(self, text: str) -> float:
        """Return which share of the words would have to be spelled."""
        tokens = words.split(text)[0]
        return sum((token.lower(),) not in self._table for token in tokens) / max(len(tokens), 1)

    def _best(self, sentence: Sequence[str]) -> list[tuple[int, Phrase]]:
        """Return (start of the Russian phrase, Belarusian phrase) in order."""
        # beams[i]: for each last word, the best (score, way) that covers the first i words
        beams: list[dict[str, tuple[float, list[tuple[int, Phrase]]]]] = [{} for _ in range(len(sentence) + 1)]
        beams[0][_START] = (0.0, [])
        for start in range(len(sentence)):
            best = sorted(beams[start].items(), key=lambda state: -state[1][0])[:BEAM]
            for end in range(start + 1, min(start + MAX_WORDS, len(sentence)) + 1):
                for target, log_probability in self._options(tuple(sentence[start:end])):
                    for last, (score, way) in best:
                        total, previous = score + log_probability, last
                        for word in target:
                            total += LANGUAGE_WEIGHT * self._language.log_probability(word, previous)
                            previous = word
                        if previous not in beams[end] or beams[end][previous][0] < total:
                            beams[end][previous] = (total, [*way, (start, target)])
        return max(beams[-1].values())[1]

    def _options(self, phrase: Phrase) -> list[tuple[Phrase, float]]:
        options = self._table.get(phrase, [])
        if options or len(phrase) > 1:
            return options
        return [((self._spelling.spell(phrase[0]),), UNKNOWN_LOG_PROBABILITY)]
