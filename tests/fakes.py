"""Hand-written engines for tests: they misbehave on purpose, so that everything around them is tested."""

import asyncio
import hashlib
import re
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from talmach.engine.base import AlignedSentence, DecodeOptions, Direction, Hypothesis
from talmach.errors import EngineFailure
from talmach.text.known_words import KnownWords

ALL_DIRECTIONS = frozenset(
    Direction(source, target) for source in ("ru", "be", "en") for target in ("ru", "be", "en") if source != target
)
LOOP = "again and " * 11 + "again and"


class NaughtyEngine:
    """A `TranslationEngine` over words: reverses their order and swaps the script, or misbehaves as its text asks.

    Words in a sentence that do something: `raise` fails its whole batch; `loop` repeats itself when decoded greedily,
    `stuck` always; `cut` is truncated; `mute` gives nothing; `hang` waits until `release` is set.
    """

    def __init__(
        self,
        *,
        model_id: str = "naughty",
        directions: frozenset[Direction] = ALL_DIRECTIONS,
        max_source_tokens: int = 60,
        seconds_per_batch: float = 0.0,
        decoding: DecodeOptions | None = None,
    ) -> None:
        self.model_id = model_id
        self.decoding = decoding or DecodeOptions()
        self.low_confidence: dict[Direction, float] = {}
        self.known_words: KnownWords | None = None
        self.directions = directions
        self.max_source_tokens = max_source_tokens
        self.seconds_per_batch = seconds_per_batch
        self.batches: list[list[str]] = []  # texts of every batch, in the order of decoding
        self.tokens: list[list[list[str]]] = []  # the same with their tags, as tokens
        self.options: list[DecodeOptions] = []
        self.aligned: list[str] = []  # texts of the sentences that were aligned with their translations
        self.began = threading.Event()  # a batch has come
        self.gate = threading.Event()  # cleared, every batch waits in front of it
        self.gate.set()
        self.release = threading.Event()  # ends `hang`
        self.lose_results = 0  # that many hypotheses are missing from the next batch
        self.raises: BaseException | None = None  # instead of the next batch

    @property
    def decoded(self) -> list[str]:
        """The texts of all batches, in the order of decoding."""
        return [text for batch in self.batches for text in batch]

    def tokenize(self, text: str, direction: Direction) -> list[str]:
        """Return tag and words."""
        return [f"<2{direction.target}>", *text.split()]

    def tokenize_pair(self, source: str, target: str, direction: Direction) -> AlignedSentence:
        """Return the words of both, reckoned by their letters."""
        tokens, words = self.tokenize(source, direction), target.split()
        return AlignedSentence(
            tokens,
            tuple(words),
            source_letters=[0, *map(_letters, tokens[1:])],
            target_letters=list(map(_letters, words)),
        )

    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        """Misbehave."""
        if options.align:
            assert all(isinstance(each, AlignedSentence) for each in batch)
            self.aligned += [" ".join(tokens[1:]) for tokens in batch]
            return [self._aligned(each) for each in batch if isinstance(each, AlignedSentence)]
        self.batches.append([" ".join(tokens[1:]) for tokens in batch])
        self.tokens.append([list(tokens) for tokens in batch])
        self.options.append(options)
        error, self.raises = self.raises, None
        lost, self.lose_results = self.lose_results, 0
        self.began.set()
        self.gate.wait()
        time.sleep(self.seconds_per_batch)
        if error is not None:
            raise error
        if any("raise" in tokens for tokens in batch):
            raise EngineFailure
        if any("hang" in tokens for tokens in batch):
            self.release.wait()
        hypotheses = [self._hypothesis(tokens, options) for tokens in batch]
        return hypotheses[: len(hypotheses) - lost]

    def _aligned(self, sentence: AlignedSentence) -> Hypothesis:
        """Each word looks at the one that it comes from, as far as both are there; the words are reversed."""
        attention = np.zeros((len(sentence.target_prefix), len(sentence)), dtype=np.float32)
        for row in range(len(sentence.target_prefix)):
            attention[row, max(0, len(sentence) - 1 - row)] = 1.0
        return Hypothesis("", -0.5, 1, truncated=False, attention=attention)

    def _hypothesis(self, tokens: Sequence[str], options: DecodeOptions) -> Hypothesis:
        target, words = tokens[0].strip("<2>"), list(tokens[1:])
        text = " ".join(swap_script(word, target) for word in reversed(words))
        if "stuck" in words or ("loop" in words and options.beam_size == 1):
            text = LOOP
        if "mute" in words:
            text = ""
        return Hypothesis(text, -0.5, len(words) + 1, truncated="cut" in words)


class WordEncoder:
    """A `SentenceEncoder` of words: sentences are as similar as the words that they share; the same on every run."""

    def __init__(self, dimension: int = 64) -> None:
        self.model_id = "words"
        self.dimension = dimension
        self.calls: list[list[str]] = []
        self.fails = False

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the normalised sums of the words' random vectors, or fail when asked to."""
        if self.fails:
            raise EngineFailure
        self.calls.append(list(texts))
        rows = [sum(map(self._vector, re.findall(r"\w+", text.casefold())), np.zeros(self.dimension)) for text in texts]
        matrix = np.array(rows).reshape(len(texts), self.dimension)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        normed: NDArray[np.float32] = (matrix / np.where(lengths == 0, 1, lengths)).astype(np.float32)
        return normed

    def _vector(self, word: str) -> NDArray[np.float64]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=self.dimension)


def _letters(word: str) -> int:
    return sum(map(str.isalnum, word))


async def until(condition: Callable[[], object], timeout_s: float = 100.0) -> None:
    """Give the loop and the engines' threads their turns until a condition holds."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "what was waited for has not come"
        await asyncio.sleep(0.001)


_LATIN_OF_CYRILLIC = zip(
    "абвгдеёжзійклмнопрстуўфхцчшыьэюяищъАБВГДЕЁЖЗІЙКЛМНОПРСТУЎФХЦЧШЫЬЭЮЯИЩЪ",
    "abvgdeezzijklmnoprstuufxccsyjeuaisjABVGDEEZZIJKLMNOPRSTUUFXCCSYJEUAISJ",
    strict=True,
)
_CYRILLIC_OF_LATIN = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхыйклмнопкрстуввкыз", strict=True))
_CYRILLIC_OF_LATIN |= {latin.upper(): cyrillic.upper() for latin, cyrillic in _CYRILLIC_OF_LATIN.items()}
_TO: dict[str, dict[int, str]] = {
    "en": str.maketrans(dict(_LATIN_OF_CYRILLIC)),
    "ru": str.maketrans({**_CYRILLIC_OF_LATIN, "і": "и", "І": "И", "ў": "у", "Ў": "У"}),
    "be": str.maketrans({**_CYRILLIC_OF_LATIN, "и": "і", "И": "І", "щ": "ш", "Щ": "Ш", "ъ": "’"}),
}


def swap_script(word: str, target: str) -> str:
    """Write a word in the letters of the target language; whether it makes sense does not matter here."""
    return word.translate(_TO[target])
