"""What translators and encoders have in common: files, tokenizer, device, and the loaded model of CTranslate2."""

import ctypes
import importlib.util
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import ctranslate2

from talmach.catalog import manifest
from talmach.engine import malloc
from talmach.engine.base import Prompt
from talmach.engine.tokenizers import Normalized, SentencePieces, Tokenizer, TokenizerJson, Vocabularies
from talmach.errors import ModelUnusable

LIBRARY = f"CTranslate2 {ctranslate2.__version__}"
_CUBLAS = "libcublas.so.12"  # what CTranslate2's wheel opens at the first product of matrices
_CUBLAS_CURE = "pip install 'talmach[gpu]', or set LD_LIBRARY_PATH to a directory that holds it"


class Placement(TypedDict, total=False):
    """Where a model runs and how; "auto" = as `resolve_device` says."""

    device: str
    compute_type: str
    workers: int
    threads_per_worker: int


def resolve_device(device: str, compute_type: str, on_gpu: str = "float16") -> tuple[str, str]:
    """Turn "auto" into what this machine has: a GPU with the format `on_gpu`, else the CPU with int8."""
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
    if compute_type == "auto":
        compute_type = on_gpu if device == "cuda" else "int8"
    return device, compute_type


def compute_types(device: str) -> list[str]:
    """Return the number formats that a device of this machine computes in."""
    return sorted(ctranslate2.get_supported_compute_types(device))


def need_gpu(model_id: str) -> None:
    """Raise ModelUnusable, which names what this machine lacks to run models on a GPU; `model_id`, or a setting."""
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


class Model:
    """A loaded model with its tokenizer."""

    _model: Any  # None while the weights are not in memory

    def __init__(
        self,
        model_id: str,
        directory: Path,
        files: manifest.Tokenizer,
        prompts: Sequence[Prompt],
        kind: Callable[..., Any],
        *,
        device: str = "auto",
        compute_type: str = "auto",
        workers: int = 1,
        threads_per_worker: int = 1,
    ) -> None:
        """Load the model; `kind` is the class of CTranslate2 that runs it. Raises ModelUnusable."""
        self.model_id = model_id
        if device == "cuda":
            need_gpu(model_id)
        device, compute_type = resolve_device(device, compute_type)
        try:
            vocabularies = Vocabularies(directory)
            _check_prompts(model_id, prompts, vocabularies)
            symbols = sorted({token for prompt in prompts for token in prompt.tokens})
            self._tokenizer = _open_tokenizer(files, directory, vocabularies, symbols)
            self._target_tokens = vocabularies.target
            config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
            self._end = str(config.get("eos_token", "</s>"))
        except ModuleNotFoundError as error:
            cure = "pip install 'talmach[tokenizers]'"
            raise ModelUnusable(model_id, f"its tokenizer needs a package that is not installed: {cure}") from error
        except (OSError, RuntimeError, ValueError) as error:
            raise _cannot_be_loaded(model_id, error) from error
        self._construct = partial(
            kind,
            str(directory),
            device=device,
            compute_type=compute_type,
            inter_threads=workers,
            intra_threads=threads_per_worker,
        )
        self.load()
        self.device = str(self._model.device)  # "cpu" or "cuda", as it is in effect
        self.compute_type = str(self._model.compute_type)  # in effect, not the one asked for

    def load(self) -> None:
        """Bring the weights into memory again after `unload`; raises ModelUnusable."""
        try:
            # libgomp binds its threads to the thread that first needs them: one that is gone leaves the workers alone.
            with ThreadPoolExecutor(1) as executor:
                self._model = executor.submit(self._construct).result()
        except (OSError, RuntimeError, ValueError) as error:
            raise _cannot_be_loaded(self.model_id, error) from error

    def unload(self) -> None:
        """Let the weights go, and keep the rest; nothing may be using them."""
        self._model = None
        malloc.trim()


def _open_tokenizer(
    files: manifest.Tokenizer, directory: Path, vocabularies: Vocabularies, symbols: Sequence[str]
) -> Tokenizer:
    """Load its files; raises OSError, RuntimeError, ValueError, ModuleNotFoundError."""
    tokenizer: Tokenizer
    if files.source.endswith(".json"):
        tokenizer = TokenizerJson(directory / files.source)
    else:
        tokenizer = SentencePieces(
            directory / files.source,
            directory / (files.target or files.source),
            symbols=vocabularies.symbols(symbols),
            byte_fallback=vocabularies.has_bytes,
        )
    return Normalized(tokenizer) if files.normalize else tokenizer


def _cannot_be_loaded(model_id: str, error: Exception) -> ModelUnusable:
    return ModelUnusable(model_id, f"cannot be loaded ({type(error).__name__})")


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
