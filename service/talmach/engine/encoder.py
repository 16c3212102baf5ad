"""A sentence encoder of CTranslate2: tokens, their states, and one vector for all of them."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from talmach.catalog.manifest import Encoding, Tokenizer
from talmach.engine.base import Prompt
from talmach.engine.model import Model, Placement
from talmach.errors import EngineFailure, ModelUnusable

_BATCH_SIZE = 16  # 32 took a seventh longer, because of padding


class Ct2Encoder(Model):
    """A `SentenceEncoder`: the last hidden states of a sentence's tokens, pooled into one vector."""

    def __init__(
        self,
        model_id: str,
        directory: Path,
        *,
        max_tokens: int = 128,
        tokenizer: Tokenizer | None = None,
        encoding: Encoding | None = None,
        **placement: Unpack[Placement],
    ) -> None:
        """Load the model; raises ModelUnusable."""
        self._encoding = encoding = encoding or Encoding()
        prompt = Prompt(encoding.source_prefix, encoding.source_suffix)
        self._room = max_tokens - len(prompt.tokens)
        self._dense = _load_dense(model_id, directory / encoding.dense) if encoding.dense else None
        super().__init__(model_id, directory, tokenizer or Tokenizer(), [prompt], ctranslate2.Encoder, **placement)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `SentenceEncoder.encode`; what exceeds the model's window is ignored."""
        sentences = [self._tokenize(text) for text in texts]
        by_length = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
        parts = [by_length[i : i + _BATCH_SIZE] for i in range(0, len(by_length), _BATCH_SIZE)]
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
        pieces = self._tokenizer.pieces(self._encoding.text_prefix + text)[: self._room]
        return [*self._encoding.source_prefix, *pieces, *self._encoding.source_suffix]

    def _encode_batch(self, batch: list[list[str]]) -> NDArray[np.float32]:
        output = self._model.forward_batch(batch).last_hidden_state
        if output.device == "cuda":
            output = output.to_device(ctranslate2.Device.cpu)
        output = output.to(ctranslate2.DataType.float32)  # numpy knows no bfloat16
        states = np.array(output)  # (sentences, longest, dimension), rows padded on the right
        vectors = states[:, 0] if self._encoding.pooling == "cls" else _means(states, list(map(len, batch)))
        if self._dense is not None:
            weight, bias = self._dense
            vectors = vectors @ weight.T + bias
            vectors = np.tanh(vectors) if self._encoding.activation == "tanh" else vectors
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
