"""The served encoder with a cache: measuring asks for the same sentences over and over."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from talmach.catalog.manifest import ModelSpec, load
from talmach.engine.encoder import Ct2Encoder

MODELS_DIR = Path(__file__).parents[2]


class RememberingEncoder:
    """A `SentenceEncoder` that encodes each text once."""

    def __init__(self, spec: ModelSpec) -> None:
        self._encoder = Ct2Encoder(spec.id, MODELS_DIR / spec.path, device="cpu")
        self.model_id = spec.id
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `SentenceEncoder.encode`."""
        new = sorted({*texts} - {*self._known})
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def encoder_spec() -> ModelSpec:
    """Return the first encoder of the manifest, the one that the service loads."""
    return next(spec for spec in load(MODELS_DIR).models if spec.kind == "encoder")
