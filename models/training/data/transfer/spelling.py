"""How a Belarusian writes a Russian word that no dictionary has: a joint n-gram model over pairs of letters and strings
(Bisani & Ney 2008), learnt from the cognates among the aligned words.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

ORDER = 7
BEAM = 8
MAX_OUTPUT = 3  # letters that one letter may become
MAX_COST = 0.25  # for a letter of a pair of cognates, on the average
MIN_SHARE = 0.002  # of a letter's outputs; rarer ones are misalignments
_END = ("", "")
# What a letter becomes without cost, where that is not only itself.
_EASY = {
    "и": "іы", "о": "оа", "е": "еэяё", "я": "яе", "щ": "шч", "в": "вў", "у": "уў", "ъ": "'", "т": "тц", "й": "йі",
    "ё": "ёо", "э": "эе",
}  # fmt: skip

Graphone = tuple[str, str]


def pair_letters(russian: str, belarusian: str) -> list[Graphone]:
    """Return each Russian letter with the string that it becomes, by the cheapest monotone alignment."""
    width = len(belarusian) + 1
    costs = [[0.7 * column for column in range(width)]]
    steps: list[list[int]] = [[0] * width]
    for letter in russian:
        above, row, step = costs[-1], [], []
        for column in range(width):
            options = [
                (above[column - size] + _cost(letter, belarusian[column - size : column]), size)
                for size in range(min(MAX_OUTPUT, column) + 1)
            ]
            cost, size = min(options)
            row.append(cost)
            step.append(size)
        costs.append(row)
        steps.append(step)
    pairs, column = [], len(belarusian)
    for position in range(len(russian), 0, -1):
        size = steps[position][column]
        pairs.append((russian[position - 1], belarusian[column - size : column]))
        column -= size
    # What is left before the first letter stays with it.
    first, output = pairs[-1]
    pairs[-1] = (first, belarusian[:column] + output)
    return pairs[::-1]


def _cost(letter: str, output: str) -> float:
    if not output:
        return 0.7
    easy = _EASY.get(letter, letter)
    best = min(0.0 if character in easy else 1.0 for character in output)
    return best + 0.6 * (len(output) - 1)


class SpellingModel:
    """Writes Russian words in Belarusian."""

    def __init__(self, cognates: Iterable[tuple[str, str]]) -> None:
        """Learn from pairs of a Russian and a Belarusian word."""
        self._counts: list[dict[tuple[Graphone, ...], Counter[Graphone]]] = [defaultdict(Counter) for _ in range(ORDER)]
        self._outputs: dict[str, Counter[str]] = defaultdict(Counter)
        for pair in cognates:
            self._learn([*pair_letters(*pair), _END])
        self._options = {
            letter: [output for output, count in outputs.items() if count >= MIN_SHARE * outputs.total()]
            for letter, outputs in self._outputs.items()
        }
        self._log_probability = lru_cache(maxsize=1_000_000)(self._log_probability)  # type: ignore[method-assign]
        self.spell = lru_cache(maxsize=1_000_000)(self.spell)  # type: ignore[method-assign]

    def _learn(self, graphones: list[Graphone]) -> None:
        history: tuple[Graphone, ...] = (_END,) * (ORDER - 1)
        for graphone in graphones:
            for order in range(ORDER):
                self._counts[order][history[ORDER - 1 - order :]][graphone] += 1
            self._outputs[graphone[0]][graphone[1]] += 1
            history = (*history[1:], graphone)

    def _log_probability(self, graphone: Graphone, history: tuple[Graphone, ...]) -> float:
        """Interpolate all orders by Witten-Bell: a history is trusted as much as it is varied."""
        probability = 1e-5
        for order in range(ORDER):
            seen = self._counts[order].get(history[ORDER - 1 - order :])
            if seen is None:
                break
            total, kinds = seen.total(), len(seen)
            probability = (seen[graphone] + kinds * probability) / (total + kinds)
        return math.log(probability)

    def spell(self, word: str) -> str:
        """Return the likeliest Belarusian spelling of a lower-case Russian word."""
        beam: list[tuple[float, str, tuple[Graphone, ...]]] = [(0.0, "", (_END,) * (ORDER - 1))]
        for letter in [*word, ""]:
            options = self._options.get(letter, [letter])
            extended = [
                (
                    score + self._log_probability((letter, output), history),
                    text + output,
                    (*history[1:], (letter, output)),
                )
                for score, text, history in beam
                for output in options
            ]
            beam = sorted(extended, reverse=True)[:BEAM]
        return beam[0][1]


def are_cognates(russian: str, belarusian: str) -> bool:
    """Say whether two words are spelled alike but for what the orthographies make different."""
    cost = sum(_cost(letter, output) for letter, output in pair_letters(russian, belarusian))
    return len(russian) > 2 and cost <= MAX_COST * len(russian)
