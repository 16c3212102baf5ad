"""CTranslate2 behind the protocols of `base`; the only module that runs it."""

import ctypes
import functools
import importlib.util
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from talmach.engine.base import DecodeOptions, Direction, Hypothesis, Prompt, TargetLengths, TokenizedSentence
from talmach.engine.tokenizers import (
    SENTENCEPIECE_FILE,
    Normalized,
    SentencePieces,
    Tokenizer,
    TokenizerJson,
    Vocabularies,
)
from talmach.errors import EngineFailure, ModelUnusable

LIBRARY = f"CTranslate2 {ctranslate2.__version__}"
_ENCODER_BATCH_SIZE = 16  # 32 took a seventh more, for the padding
_CUBLAS = "libcublas.so.12"  # what CTranslate2's wheel opens at the first product of matrices
_CUBLAS_CURE = "pip install 'talmach[gpu]', or set LD_LIBRARY_PATH to a directory that holds it"


@dataclass(frozen=True, slots=True)
class TokenizerFiles:
    """How a model's text is cut: the names of its files, and whether this project's normaliser goes first."""

    source: str = SENTENCEPIECE_FILE  # a SentencePiece model, or a tokenizer.json
    target: str = ""  # empty = the same as the source's
    normalize: bool = True

    def open(self, directory: Path, vocabularies: Vocabularies, symbols: Sequence[str]) -> Tokenizer:
        """Load them; raises OSError, RuntimeError, ValueError, ModuleNotFoundError."""
        tokenizer: Tokenizer
        if self.source.endswith(".json"):
            tokenizer = TokenizerJson(directory / self.source)
        else:
            tokenizer = SentencePieces(
                directory / self.source,
                directory / (self.target or self.source),
                symbols=vocabularies.symbols(symbols),
                byte_fallback=vocabularies.has_bytes,
            )
        return Normalized(tokenizer) if self.normalize else tokenizer


@dataclass(frozen=True, slots=True)
class Pooling:
    """How the states of a sentence's tokens become one vector."""

    method: Literal["mean", "cls"] = "mean"  # cls = the first token's state
    dense: str = ""  # file of a last layer, an .npz with `weight` and `bias`; empty = none
    activation: Literal["identity", "tanh"] = "identity"  # of that layer


def resolve_device(device: str, compute_type: str) -> tuple[str, str]:
    """Turn "auto" into what this machine has: a GPU with float16 (int8 is slower there), else the CPU with int8."""
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    return device, compute_type


def _need_gpu(model_id: str) -> None:
    """Raise ModelUnusable, which names what this machine lacks to run models on a GPU."""
    try:
        count = ctranslate2.get_cuda_device_count()
    except RuntimeError as error:
        raise ModelUnusable(model_id, f"device cuda: the GPU's driver cannot be used: {error}") from error
    if count == 0:
        raise ModelUnusable(
            model_id,
            "device cuda: no GPU is visible (needs NVIDIA's driver, and in a container its toolkit: docker run --gpus "
            "all); TALMACH_DEVICE=cpu runs without one",
        )
    # The library of the pip package is on no search path; once loaded it is found by its name.
    if (package := importlib.util.find_spec("nvidia")) is not None:
        for root in map(Path, package.submodule_search_locations or ()):
            for library in ("libcublasLt.so.12", _CUBLAS):
                if (path := root / "cublas" / "lib" / library).exists():
                    ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    try:
        ctypes.CDLL(_CUBLAS)
    except OSError as error:
        raise ModelUnusable(model_id, f"device cuda: {_CUBLAS} is missing; {_CUBLAS_CURE}") from error


class _Model:
    """A loaded model with its tokenizer."""

    def __init__(
        self,
        model_id: str,
        directory: Path,
        files: TokenizerFiles,
        prompts: Sequence[Prompt],
        construct: Callable[[], Any],
    ) -> None:
        """Load the model; raises ModelUnusable."""
        self.model_id = model_id
        try:
            vocabularies = Vocabularies(directory)
            _check_prompts(model_id, prompts, vocabularies)
            symbols = sorted({token for prompt in prompts for token in prompt.tokens})
            self._tokenizer = files.open(directory, vocabularies, symbols)
            self._target_tokens = vocabularies.target
            config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
            self._end = str(config.get("eos_token", "</s>"))
            # libgomp binds its threads to the thread that first needs them: one that is gone leaves the workers alone.
            with ThreadPoolExecutor(1) as executor:
                self._model = executor.submit(construct).result()
        except ModuleNotFoundError as error:
            cure = "pip install 'talmach[tokenizers]'"
            raise ModelUnusable(model_id, f"its tokenizer needs a package that is not installed: {cure}") from error
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


def _check_prompts(model_id: str, prompts: Sequence[Prompt], vocabularies: Vocabularies) -> None:
    source, target = frozenset(vocabularies.source), frozenset(vocabularies.target)
    for prompt in prompts:
        for side, tokens, known in (
            ("source", prompt.source_prefix + prompt.source_suffix, source),
            ("target", prompt.target_prefix, target),
        ):
            for token in tokens:
                if token not in known:
                    raise ModelUnusable(model_id, f"prompt: the {side} vocabulary has no token {token!r}")


class Ct2Translator(_Model):
    """A `TranslationEngine` of one direction or many; what is asked of the model is said by its prompts."""

    def __init__(
        self,
        model_id: str,
        directory: Path,
        directions: frozenset[Direction],
        *,
        max_source_tokens: int,
        decoding: DecodeOptions | None = None,
        low_confidence: Mapping[Direction, float] | None = None,
        tokenizer: TokenizerFiles = TokenizerFiles(),
        prompts: Mapping[Direction, Prompt] | None = None,
        lengths: TargetLengths | None = None,
        device: str = "auto",
        compute_type: str = "auto",
        workers: int = 1,
        threads_per_worker: int = 1,
    ) -> None:
        """Load the model, with `Prompt.tagged` where `prompts` is None; raises ModelUnusable."""
        self.directions = directions
        self.max_source_tokens = max_source_tokens
        self.decoding = decoding or DecodeOptions()
        self.low_confidence = low_confidence or {}
        self._lengths = lengths or TargetLengths()
        self._prompts = {each: Prompt.tagged(each) if prompts is None else prompts[each] for each in directions}
        if device == "cuda":
            _need_gpu(model_id)
        device, compute_type = resolve_device(device, compute_type)

        def construct() -> Any:
            return ctranslate2.Translator(
                str(directory),
                device=device,
                compute_type=compute_type,
                inter_threads=workers,
                intra_threads=threads_per_worker,
            )

        super().__init__(model_id, directory, tokenizer, list(self._prompts.values()), construct)

    def tokenize(self, text: str, direction: Direction) -> list[str]:
        """See `TranslationEngine.tokenize`."""
        prompt = self._prompts[direction]
        tokens = (*prompt.source_prefix, *self._tokenizer.pieces(text), *prompt.source_suffix)
        return TokenizedSentence(tokens, prompt.target_prefix)

    # Nothing stops a running batch. CTranslate2's callback could, but it takes the interpreter's lock for every token,
    # which costs a small model a quarter of its speed; and a worker that still waits for that lock when the interpreter
    # ends takes the process down.
    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        """See `TranslationEngine.translate`."""
        longest = max(map(len, batch), default=0)
        if longest > self.max_source_tokens:  # CTranslate2 would cut it without a word
            raise EngineFailure(f"engine: a sentence has {longest} tokens (limit {self.max_source_tokens})")
        prefixes = [tokens.target_prefix if isinstance(tokens, TokenizedSentence) else () for tokens in batch]
        try:
            results = self._model.translate_batch(
                [list(tokens) for tokens in batch],
                target_prefix=[list(prefix) for prefix in prefixes] if any(prefixes) else None,
                beam_size=options.beam_size,
                length_penalty=options.length_penalty,
                repetition_penalty=options.repetition_penalty,
                no_repeat_ngram_size=options.no_repeat_ngram_size,
                suppress_sequences=self._pieces_with(options.forbidden_letters),
                max_decoding_length=self._lengths.longest(longest),
                return_scores=True,
                return_end_token=True,
            )
        except (RuntimeError, ValueError) as error:
            raise EngineFailure from error
        return [
            self._hypothesis(result, options.length_penalty, len(prefix))
            for result, prefix in zip(results, prefixes, strict=True)
        ]

    @functools.cache  # noqa: B019 - one entry for each target language, and models live as long as the process
    def _pieces_with(self, letters: str) -> list[list[str]] | None:
        """Return the tokens that hold any of the letters, each as a sequence of its own; None for no letters."""
        if not letters:
            return None
        forbidden, forced = set(letters), {token for prompt in self._prompts.values() for token in prompt.target_prefix}
        return [
            [token] for token in self._target_tokens if token not in forced and not forbidden.isdisjoint(token.lower())
        ]

    def _hypothesis(self, result: Any, length_penalty: float, prefix_tokens: int = 0) -> Hypothesis:
        tokens = result.hypotheses[0][prefix_tokens:]
        # CTranslate2 gives the sum of the log-probabilities divided by length ** length_penalty.
        length = len(result.hypotheses[0])
        score = float(result.scores[0]) * max(length, 1) ** length_penalty / max(len(tokens), 1)
        ended = bool(tokens) and tokens[-1] == self._end
        text = self._tokenizer.text(tokens[:-1] if ended else tokens)
        # Byte pieces can spell a line break, and one sentence is one line.
        # ... and a sequence that is no character; a text must not carry its sign.
        return Hypothesis(" ".join(str(text).replace("\ufffd", "").split()), score, len(tokens), truncated=not ended)


class Ct2Encoder(_Model):
    """A `SentenceEncoder`: the last hidden states of a sentence's tokens, pooled into one vector."""

    def __init__(
        self,
        model_id: str,
        directory: Path,
        *,
        max_tokens: int = 128,
        text_prefix: str = "",
        tokenizer: TokenizerFiles = TokenizerFiles(),
        prompt: Prompt | None = None,
        pooling: Pooling = Pooling(),
        device: str = "auto",
        compute_type: str = "auto",
        workers: int = 1,
        threads_per_worker: int = 1,
    ) -> None:
        """Load the model; `text_prefix` stands before every text, an end token behind where `prompt` is None.

        Raises:
            ModelUnusable: what stands in the way.

        """
        prompt = prompt or Prompt(source_suffix=("</s>",))
        self._room = max_tokens - len(prompt.tokens)
        self._text_prefix = text_prefix
        self._prompt = prompt
        self._pooling = pooling
        self._dense = _load_dense(model_id, directory / pooling.dense) if pooling.dense else None
        if device == "cuda":
            _need_gpu(model_id)
        device, compute_type = resolve_device(device, compute_type)

        def construct() -> Any:
            return ctranslate2.Encoder(
                str(directory),
                device=device,
                compute_type=compute_type,
                inter_threads=workers,
                intra_threads=threads_per_worker,
            )

        super().__init__(model_id, directory, tokenizer, [prompt], construct)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `SentenceEncoder.encode`; what a sentence has beyond the model's window is not looked at."""
        sentences = [self._tokenize(text) for text in texts]
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

    def _tokenize(self, text: str) -> list[str]:
        pieces = self._tokenizer.pieces(self._text_prefix + text)[: self._room]
        return [*self._prompt.source_prefix, *pieces, *self._prompt.source_suffix]

    def _encode_batch(self, batch: list[list[str]]) -> NDArray[np.float32]:
        output = self._model.forward_batch(batch).last_hidden_state
        if output.device == "cuda":
            output = output.to_device(ctranslate2.Device.cpu)
        output = output.to(ctranslate2.DataType.float32)  # numpy knows no bfloat16
        states = np.array(output)  # (sentences, longest, dimension), rows padded on the right
        vectors = states[:, 0] if self._pooling.method == "cls" else _means(states, list(map(len, batch)))
        if self._dense is not None:
            weight, bias = self._dense
            vectors = vectors @ weight.T + bias
            vectors = np.tanh(vectors) if self._pooling.activation == "tanh" else vectors
        normed: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return normed


def _means(states: NDArray[np.float32], lengths: list[int]) -> NDArray[np.float32]:
    counts = np.array(lengths)
    mask = np.arange(states.shape[1]) < counts[:, None]
    means: NDArray[np.float32] = (states * mask[..., None]).sum(axis=1) / counts[:, None]
    return means


def _load_dense(model_id: str, path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weight (outputs, inputs) and bias of the layer behind the pooling; raises ModelUnusable."""
    try:
        with np.load(path) as arrays:
            return arrays["weight"], arrays["bias"]
    except (OSError, ValueError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise ModelUnusable(model_id, f"{path.name} is not an .npz with `weight` and `bias`") from error
