"""Random models in the shapes of public ones: their output is meaningless, their cost is that of the real ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of an encoder-decoder Transformer."""

    name: str
    layers: int  # of each side
    width: int
    hidden: int
    heads: int
    pieces: int


# Layers and widths are those of the config.json of Helsinki-NLP/opus-mt-ru-en and of facebook/nllb-200-distilled-600M;
# the number of OPUS-MT's pieces is approximate.
OPUS_BASE = Shape("OPUS-MT base, 6+6x512", 6, 512, 2_048, 8, 62_000)
TC_BIG = Shape("OPUS-MT tc-big, 6+6x1024", 6, 1_024, 4_096, 16, 62_000)
NLLB_600M = Shape("NLLB-200 600M, 12+12x1024", 12, 1_024, 4_096, 16, 256_206)
_POSITIONS = 512


def tokens(shape: Shape) -> list[str]:
    """Return the vocabulary; the first three are special."""
    return ["<unk>", "<s>", "</s>", *(f"piece{number}" for number in range(3, shape.pieces))]


def save_random(directory: Path, shape: Shape, quantization: str | None = None) -> None:
    """Save a random model of that shape."""
    import ctranslate2  # noqa: PLC0415 - benchmarks.gpu sets the library's path first

    spec = ctranslate2.specs.TransformerSpec.from_config(
        (shape.layers, shape.layers),
        shape.heads,
        pre_norm=False,
        activation=ctranslate2.specs.common_spec.Activation.SWISH,
    )
    generator, width = np.random.default_rng(1), shape.width

    def weights(*size: int) -> Any:
        return generator.standard_normal(size, dtype=np.float32) * np.float32(size[-1] ** -0.5)

    def linear(layer: Any, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = weights(outputs, inputs), np.zeros(outputs, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    for stack in (spec.encoder, spec.decoder):
        stack.position_encodings.encodings = weights(_POSITIONS, width)
        stack.scale_embeddings = True
        for layer in stack.layer:
            linear(layer.self_attention.linear[0], 3 * width, width)
            linear(layer.self_attention.linear[1], width, width)
            norm(layer.self_attention.layer_norm)
            linear(layer.ffn.linear_0, shape.hidden, width)
            linear(layer.ffn.linear_1, width, shape.hidden)
            norm(layer.ffn.layer_norm)
    for layer in spec.decoder.layer:
        for part, outputs in zip(layer.attention.linear, (width, 2 * width, width), strict=True):
            linear(part, outputs, width)
        norm(layer.attention.layer_norm)
    embeddings = weights(shape.pieces, width)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = spec.decoder.projection.weight = embeddings
    spec.decoder.projection.bias = np.zeros(shape.pieces, np.float32)
    spec.register_source_vocabulary(tokens(shape))
    spec.register_target_vocabulary(tokens(shape))
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(directory))
