"""What the service expects of an engine; `engine.ct2` does it with CTranslate2, tests with their own engines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from talmach.text.known_words import KnownWords


# Tuples, because each call looks some forty times for things by a direction and by options: C hashes them.
class Direction(NamedTuple):
    """A direction of translation between two language codes."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"

    @classmethod
    def parse(cls, text: str) -> "Direction":
        """Read the form of `str(direction)`, such as "be-en".

        Raises:
            ValueError: the text is not two codes with a hyphen between them.

        """
        source, hyphen, target = text.partition("-")
        if not (source and hyphen and target):
            raise ValueError(f"{text!r} is not of the form source-target")
        return cls(source, target)


class DecodeOptions(NamedTuple):
    """How hypotheses are searched for; only sentences with equal options share a batch."""

    beam_size: int = 1
    length_penalty: float = 1.0  # exponent of the length that a beam's scores are divided by
    repetition_penalty: float = 1.0  # 1 = none; divides the score of tokens that were produced already
    no_repeat_ngram_size: int = 0  # 0 = off
    forbidden_letters: str = ""  # in both cases; no piece with one of them is produced
    align: bool = False  # the translation is given, as a forced beginning; what is wanted is the attention


@dataclass(frozen=True, slots=True)
class Prompt:
    """The tokens that a model expects around a sentence in one direction."""

    source_prefix: tuple[str, ...] = ()
    source_suffix: tuple[str, ...] = ()
    target_prefix: tuple[str, ...] = ()  # forced; not part of the translation

    @classmethod
    def tagged(cls, direction: Direction) -> "Prompt":
        """Return what the models of this project's recipe expect: a tag of the target language before the source."""
        return cls(source_prefix=(f"<2{direction.target}>",))

    @property
    def tokens(self) -> tuple[str, ...]:
        """All of them."""
        return self.source_prefix + self.source_suffix + self.target_prefix


class TokenizedSentence(list[str]):
    """The source tokens of a sentence, prompt included, with the tokens that its translation must begin with."""

    __slots__ = ("target_prefix",)

    def __init__(self, tokens: Iterable[str], target_prefix: tuple[str, ...] = ()) -> None:
        super().__init__(tokens)
        self.target_prefix = target_prefix


class AlignedSentence(TokenizedSentence):
    """A sentence with its known translation, which is forced, and the number of letters and digits of each token."""

    __slots__ = ("source_letters", "target_letters")

    def __init__(
        self,
        tokens: Iterable[str],
        target_prefix: tuple[str, ...],
        *,
        source_letters: Sequence[int],
        target_letters: Sequence[int],
    ) -> None:
        """Prompt tokens have none."""
        super().__init__(tokens, target_prefix)
        self.source_letters = source_letters
        self.target_letters = target_letters


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One translated sentence."""

    text: str
    score: float  # mean log-probability per token, at most 0
    tokens: int
    truncated: bool  # the length limit was reached before the end-of-sentence token
    # With `DecodeOptions.align`: for each token of the forced beginning, how much it looked at each source token.
    attention: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


class TranslationEngine(Protocol):
    """Translates batches of tokenised sentences; all methods are thread-safe."""

    @property
    def model_id(self) -> str:
        """Name of the model in the manifest."""

    @property
    def directions(self) -> frozenset[Direction]:
        """What the model translates."""

    @property
    def max_source_tokens(self) -> int:
        """Longest input, prompt included; the engine refuses longer ones."""

    @property
    def decoding(self) -> DecodeOptions:
        """How the model is searched unless a call says otherwise."""

    @property
    def low_confidence(self) -> Mapping[Direction, float]:
        """The score below which a translation is doubtful, where that was measured."""

    @property
    def known_words(self) -> KnownWords | None:
        """What the model has met of its target languages, where that was counted."""

    def tokenize(self, text: str, direction: Direction) -> list[str]:
        """Return the source tokens of a sentence in the direction's prompt; empty text gives the prompt alone."""

    def tokenize_pair(self, source: str, target: str, direction: Direction) -> AlignedSentence:
        """Return the tokens of a sentence and of its translation, for `translate` with `DecodeOptions.align`."""

    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        """Translate tokenised sentences, one hypothesis for each, in order; blocks without holding the GIL.

        Raises:
            EngineFailure: the engine failed on the whole batch.

        """


class SentenceEncoder(Protocol):
    """Turns sentences into vectors; all methods are thread-safe."""

    @property
    def model_id(self) -> str:
        """Name of the model in the manifest."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return embeddings of shape (len(texts), dimension), float32, each of Euclidean length 1; blocks."""
