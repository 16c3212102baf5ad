"""Sets a network's parameters from a translation model that was exported: training goes on from what is embedded.

What int8 rounded away is learnt again in the first steps.
"""

import re
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.training.experiment import Network
from models.training.network.transformer import Attention, FeedForward, Layer, Translator
from models.training.network.weights_file import read_heads, read_weights

Weights = dict[str, NDArray[np.float32]]


def load_exported(model: Translator, weights: Weights) -> None:
    """Set every parameter of `model` from the weights of the CTranslate2 model that it was exported to.

    Raises:
        KeyError, RuntimeError: the weights are those of a network of another shape.
    """
    _set(model.embedding, weights["encoder/embeddings_0/weight"])
    _set(model.encoder_norm.gain, weights["encoder/layer_norm/gamma"])
    _set(model.decoder_norm.gain, weights["decoder/layer_norm/gamma"])
    for stack, layers in (("encoder", model.encoder), ("decoder", model.decoder)):
        for index, layer in enumerate(layers):
            assert isinstance(layer, Layer)
            load_layer(layer, weights, f"{stack}/layer_{index}")


def read_translator(path: Path) -> Translator:
    """Return the network that was exported to a translation model's `model.bin`, whatever its shape."""
    weights = read_weights(path)

    def layers(stack: str) -> int:
        return len({name.split("/")[1] for name in weights if re.match(rf"{stack}/layer_\d", name)})

    vocabulary_size, width = weights["encoder/embeddings_0/weight"].shape
    hidden = len(weights["encoder/layer_0/ffn/linear_0/weight"])
    network = Network(width, read_heads(path), layers("encoder"), layers("decoder"), hidden)
    model = Translator(network, vocabulary_size)
    load_exported(model, weights)
    return model


def load_layer(layer: Layer, weights: Weights, scope: str) -> None:
    """Set the parameters of one layer from the weights whose names begin with `scope`."""
    _load_attention(layer.self_attention, weights, f"{scope}/self_attention")
    if layer.cross_attention is not None:
        _load_attention(layer.cross_attention, weights, f"{scope}/attention")
    _load_feed_forward(layer.feed_forward, weights, f"{scope}/ffn")


def _load_attention(attention: Attention, weights: Weights, scope: str) -> None:
    _set(attention.norm.gain, weights[f"{scope}/layer_norm/gamma"])
    # Self-attention has query, key and value in linear_0; cross-attention has the query there, the rest in linear_1.
    inputs = [weights[f"{scope}/linear_0/weight"]]
    if attention.rotary is None:
        inputs.append(weights[f"{scope}/linear_1/weight"])
    query, keys, values = np.split(np.concatenate(inputs), 3)
    _set(attention.query.weight, query[None])
    _set(attention.key_value.weight, np.stack((keys, values)))
    _set(attention.output.weight, weights[f"{scope}/linear_{len(inputs)}/weight"][None])


def _load_feed_forward(feed_forward: FeedForward, weights: Weights, scope: str) -> None:
    _set(feed_forward.norm.gain, weights[f"{scope}/layer_norm/gamma"])
    gate_up = [weights[f"{scope}/linear_0/weight"], weights[f"{scope}/linear_0_noact/weight"]]
    _set(feed_forward.gate_up.weight, np.stack(gate_up))
    _set(feed_forward.output.weight, weights[f"{scope}/linear_1/weight"][None])


def _set(parameter: nn.Parameter, value: NDArray[np.float32]) -> None:
    if parameter.shape != value.shape:
        raise RuntimeError(f"the network has a parameter {tuple(parameter.shape)} where the export has {value.shape}")
    parameter.data.copy_(torch.from_numpy(value))
