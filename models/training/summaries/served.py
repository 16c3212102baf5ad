"""The served encoder with a cache: measuring asks for the same sentences over and over."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from talmach.app.engines import open_encoder
from talmach.catalog.catalogue import CatalogueEntry, open_catalogue
from talmach.catalog.manifest import ModelSpec, load
from talmach.catalog.verify import verify
from talmach.config import load_settings
from talmach.errors import ModelNotFound

MODELS_DIR = Path(__file__).parents[2]


class RememberingEncoder:
    """A `SentenceEncoder` that encodes each text once."""

    def __init__(self, spec: ModelSpec, root: Path = MODELS_DIR) -> None:
        """`root` is the directory that the paths of `spec` start from."""
        self._encoder = open_encoder(spec, verify(spec, root), device="cpu", compute_type="auto")
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


def encoder_named(name: str) -> CatalogueEntry:
    """Return an encoder that is installed, by its id; raises ModelNotFound."""
    encoders = [each for each in open_catalogue(load_settings().models_dir).entries if each.spec.kind == "encoder"]
    for entry in encoders:
        if entry.spec.id == name:
            return entry
    raise ModelNotFound(entry.spec.id for entry in encoders)
