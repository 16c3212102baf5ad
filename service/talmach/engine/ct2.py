"""CTranslate2 and SentencePiece behind the protocols of `base`; the only module that imports them."""

import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import sentencepiece
from numpy.typing import NDArray

from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.engine.normalization import normalize
from talmach.errors import EngineFailure, ModelUnusable

END = "</s>"
LIBRARY = f"CTranslate2 {ctranslate2.__version__}"
VOCABULARY_FILE = "sentencepiece.model"
# Translations between these languages stay well under twice the source's pieces; what is longer is a loop.
_MAX_LENGTH_FACTOR = 2
_MAX_LENGTH_GRACE = 16
_ENCODER_BATCH_SIZE = 16  # 32 took a seventh more, for the padding
_ENCODER_MAX_TOKENS = 128


def resolve_device(device: str, compute_type: str) -> tuple[str, str]:
    """Turn "auto" into what this machine has: a GPU with float16 (int8 is slower there), else the CPU with int8."""
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    return device, compute_type


class _Model:
    """A loaded model with its SentencePiece model."""

    def __init__(self, model_id: str, directory: Path, construct: Callable[[], Any]) -> None:
        """Load the model; raises ModelUnusable."""
        self.model_id = model_id
        try:
            self._processor: Any = sentencepiece.SentencePieceProcessor(model_file=str(directory / VOCABULARY_FILE))
            # libgomp binds its threads to the thread that first needs them: one that is gone leaves the workers alone.
            with ThreadPoolExecutor(1) as executor:
                self._model = executor.submit(construct).result()
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelUnusable(model_id, f"cannot be loaded ({type(error).__name__})") from error

    @property
    def device(self) -> str:
        """Where it runs, "cpu" or "cuda", as it is in effect."""
        return str(self._model.device)

    @property
    def compute_type(self) -> str:
        """The number format in effect, not the one asked for."""
        return str(self._model.compute_type)


class Ct2Translator(_Model):
    """A multilingual `TranslationEngine`; the target language is asked for by a tag in front of the source."""

    def __init__(
        self,
        model_id: str,
        directory: Path,
        directions: frozenset[Direction],
        *,
        max_source_tokens: int,
        decoding: DecodeOptions | None = None,
        low_confidence: Mapping[Direction, float] | None = None,
        device: str = "auto",
        compute_type: str = "auto",
        workers: int = 1,
        threads_per_worker: int = 1,
    ) -> None:
        """Load the model; raises ModelUnusable."""
        self.directions = directions
        self.max_source_tokens = max_source_tokens
        self.decoding = decoding or DecodeOptions()
        self.low_confidence = low_confidence or {}
        self._tags = {direction: _target_tag(direction.target) for direction in directions}
        device, compute_type = resolve_device(device, compute_type)

        def construct() -> Any:
            return ctranslate2.Translator(
                str(directory),
                device=device,
                compute_type=compute_type,
                inter_threads=workers,
                intra_threads=threads_per_worker,
            )

        super().__init__(model_id, directory, construct)

    def tokenize(self, text: str, direction: Direction) -> list[str]:
        """See `TranslationEngine.tokenize`."""
        return [self._tags[direction], *_pieces(self._processor, text)]

    # Nothing stops a running batch. CTranslate2's callback could, but it takes the interpreter's lock for every token,
    # which costs a small model a quarter of its speed; and a worker that still waits for that lock when the interpreter
    # ends takes the process down.
    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        """See `TranslationEngine.translate`."""
        longest = max(map(len, batch), default=0)
        if longest > self.max_source_tokens:  # CTranslate2 would cut it without a word
            raise EngineFailure(f"engine: a sentence has {longest} tokens (limit {self.max_source_tokens})")
        try:
            results = self._model.translate_batch(
                [list(tokens) for tokens in batch],
                beam_size=options.beam_size,
                length_penalty=options.length_penalty,
                repetition_penalty=options.repetition_penalty,
                no_repeat_ngram_size=options.no_repeat_ngram_size,
                suppress_sequences=self._pieces_with(options.forbidden_letters),
                max_decoding_length=_MAX_LENGTH_FACTOR * longest + _MAX_LENGTH_GRACE,
                return_scores=True,
                return_end_token=True,
            )
        except (RuntimeError, ValueError) as error:
            raise EngineFailure from error
        return [self._hypothesis(result, options.length_penalty) for result in results]

    @functools.cache  # noqa: B019 - one entry for each target language, and models live as long as the process
    def _pieces_with(self, letters: str) -> list[list[str]] | None:
        """Return the pieces that hold any of the letters, each as a sequence of its own; None for no letters."""
        pieces = map(self._processor.id_to_piece, range(self._processor.get_piece_size()))
        return [[piece] for piece in pieces if not set(letters).isdisjoint(piece.lower())] if letters else None

    def _hypothesis(self, result: Any, length_penalty: float) -> Hypothesis:
        tokens = result.hypotheses[0]
        # CTranslate2 gives the sum of the log-probabilities divided by length ** length_penalty.
        score = float(result.scores[0]) * max(len(tokens), 1) ** (length_penalty - 1)
        ended = bool(tokens) and tokens[-1] == END
        text = self._processor.decode_pieces(tokens[:-1] if ended else tokens)
        # Byte pieces can spell a line break, and one sentence is one line.
        # ... and a sequence that is no character; a text must not carry its sign.
        return Hypothesis(" ".join(str(text).replace("\ufffd", "").split()), score, len(tokens), truncated=not ended)


class Ct2Encoder(_Model):
    """A `SentenceEncoder`: mean of the last hidden states over a sentence's pieces."""

    def __init__(
        self,
        model_id: str,
        directory: Path,
        *,
        device: str = "auto",
        compute_type: str = "auto",
        workers: int = 1,
        threads_per_worker: int = 1,
    ) -> None:
        """Load the model; raises ModelUnusable."""
        device, compute_type = resolve_device(device, compute_type)

        def construct() -> Any:
            return ctranslate2.Encoder(
                str(directory),
                device=device,
                compute_type=compute_type,
                inter_threads=workers,
                intra_threads=threads_per_worker,
            )

        super().__init__(model_id, directory, construct)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `SentenceEncoder.encode`; what a sentence has beyond its first 127 pieces is not looked at."""
        sentences = [[*_pieces(self._processor, text)[: _ENCODER_MAX_TOKENS - 1], END] for text in texts]
        by_length = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
        parts = [by_length[i : i + _ENCODER_BATCH_SIZE] for i in range(0, len(by_length), _ENCODER_BATCH_SIZE)]
        try:
            pooled = [self._encode_batch([sentences[index] for index in part]) for part in parts]
        except (RuntimeError, ValueError) as error:
            raise EngineFailure from error
        if not pooled:
            return np.zeros((0, 0), dtype=np.float32)
        embeddings = np.empty((len(texts), pooled[0].shape[1]), dtype=np.float32)
        embeddings[by_length] = np.concatenate(pooled)
        return embeddings

    def _encode_batch(self, batch: list[list[str]]) -> NDArray[np.float32]:
        output = self._model.forward_batch(batch).last_hidden_state
        if output.device == "cuda":
            output = output.to_device(ctranslate2.Device.cpu)
        output = output.to(ctranslate2.DataType.float32)  # numpy knows no bfloat16
        states = np.array(output)  # (sentences, longest, dimension), rows padded on the right
        lengths = np.array([len(tokens) for tokens in batch])
        mask = np.arange(states.shape[1]) < lengths[:, None]
        means = (states * mask[..., None]).sum(axis=1) / lengths[:, None]
        normed: NDArray[np.float32] = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        return normed


def _target_tag(language: str) -> str:
    return f"<2{language}>"


def _pieces(processor: Any, text: str) -> list[str]:
    pieces: list[str] = []
    for piece in processor.encode(normalize(text), out_type=str):
        # A tag that stands in the text itself is text: spelled in bytes it cannot steer the model.
        pieces.extend([f"<0x{byte:02X}>" for byte in piece.encode()] if piece.startswith("<2") else [piece])
    return pieces
