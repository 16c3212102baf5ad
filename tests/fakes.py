"""Hand-written engines for tests: they misbehave on purpose, so that what gets tested is everything around them."""

import threading
import time
from collections.abc import Callable, Sequence

from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.errors import EngineFailure

ALL_DIRECTIONS = frozenset(
    Direction(source, target) for source in ("ru", "be", "en") for target in ("ru", "be", "en") if source != target
)


class NaughtyEngine:
    """A `TranslationEngine` over words: reverses their order and swaps the script, or misbehaves as its text asks.

    A sentence that holds the word `raise` fails its whole batch, `loop` repeats itself when decoded greedily, `hang`
    waits until it is cancelled or released, `cut` is truncated.
    """

    def __init__(self, *, max_source_tokens: int = 60, seconds_per_batch: float = 0.0) -> None:
        self.model_id = "naughty"
        self.directions = ALL_DIRECTIONS
        self.max_source_tokens = max_source_tokens
        self.seconds_per_batch = seconds_per_batch
        self.batches: list[list[str]] = []  # texts of every batch, in the order of decoding
        self.options: list[DecodeOptions] = []
        self.release = threading.Event()
        self.lose_results = 0  # that many hypotheses are missing from the next batch

    def tokenize(self, text: str, direction: Direction) -> list[str]:
        """Return tag and words."""
        return [f"<2{direction.target}>", *text.split()]

    def translate(
        self,
        batch: Sequence[Sequence[str]],
        options: DecodeOptions,
        is_cancelled: Callable[[int], bool] | None = None,
    ) -> list[Hypothesis]:
        """Misbehave."""
        self.batches.append([" ".join(tokens[1:]) for tokens in batch])
        self.options.append(options)
        time.sleep(self.seconds_per_batch)
        if any("raise" in tokens for tokens in batch):
            raise EngineFailure
        for position, tokens in enumerate(batch):
            while "hang" in tokens and not self.release.is_set() and not (is_cancelled and is_cancelled(position)):
                time.sleep(0.005)
        hypotheses = [self._hypothesis(tokens, options) for tokens in batch]
        lost, self.lose_results = self.lose_results, 0
        return hypotheses[: len(hypotheses) - lost]

    def _hypothesis(self, tokens: Sequence[str], options: DecodeOptions) -> Hypothesis:
        target, words = tokens[0].strip("<2>"), list(tokens[1:])
        text = " ".join(swap_script(word, target) for word in reversed(words))
        if "loop" in words and options.beam_size == 1:
            text = " ".join(["again and"] * 12)
        return Hypothesis(text, -0.5, len(words) + 1, truncated="cut" in words)


_LATIN_OF_CYRILLIC = str.maketrans(
    "абвгдеёжзійклмнопрстуўфхцчшыьэюяищъАБВГДЕЁЖЗІЙКЛМНОПРСТУЎФХЦЧШЫЬЭЮЯИЩЪ’",
    "abvgdeezzijklmnoprstuufxccsy'euaisyABVGDEEZZIJKLMNOPRSTUUFXCCSY'EUAISY'",
)
_CYRILLIC_OF_LATIN = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "абцдефгхідклмнопкрстуввхызАБЦДЕФГХІДКЛМНОПКРСТУВВХЫЗ",
)


def swap_script(word: str, target: str) -> str:
    """Write a word in the letters of the target language; what a reader would call it does not matter here."""
    return word.translate(_LATIN_OF_CYRILLIC if target == "en" else _CYRILLIC_OF_LATIN)
