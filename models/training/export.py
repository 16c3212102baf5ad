"""Trained weights -> an int8 CTranslate2 model with its SentencePiece model beside it.

python -m models.training.export OUT --output models/embedded/translation
python -m models.training.export OUT --output models/embedded/encoder --encoder
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from ctranslate2.specs import attention_spec, common_spec, transformer_spec
from torch import Tensor

from models.training.data.sentences import VOCABULARY
from models.training.data.vocabulary import Vocabulary
from models.training.experiment import Experiment, Network
from models.training.network import parts
from models.training.network.transformer import (
    NORM_EPSILON,
    Attention,
    FeedForward,
    Layer,
    Norm,
    SentenceEncoder,
    Translator,
)
from models.training.train import NAME as TRANSLATION
from models.training.train_encoder import NAME as ENCODER


def write_translation_model(
    model: Translator, network: Network, vocabulary: Vocabulary, directory: Path, quantization: str | None = "int8"
) -> None:
    """Write the network as a CTranslate2 `Translator` into `directory`, replacing what is there."""
    encoder = _encoder_spec(model, network)
    _set_norm(encoder.layer_norm, model.encoder_norm)
    decoder = transformer_spec.TransformerDecoderSpec(
        network.decoder_layers,
        network.heads,
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=network.width // network.heads,
        rotary_interleave=False,
    )
    decoder.scale_embeddings = True
    decoder.embeddings.weight = _array(model.embedding)
    decoder.projection.weight = decoder.embeddings.weight
    _set_norm(decoder.layer_norm, model.decoder_norm)
    for spec, layer in zip(decoder.layer, model.decoder, strict=True):
        _set_layer(spec, layer)
    specification = transformer_spec.TransformerSpec(encoder, decoder)
    specification.register_source_vocabulary(vocabulary.pieces())
    specification.register_target_vocabulary(vocabulary.pieces())
    specification.config.layer_norm_epsilon = NORM_EPSILON
    specification.config.add_source_eos = True
    specification.config.decoder_start_token = "<s>"
    _save(specification, vocabulary, directory, quantization)


def write_encoder_model(
    model: SentenceEncoder, network: Network, vocabulary: Vocabulary, directory: Path, quantization: str | None = "int8"
) -> None:
    """Write a sentence encoder as a CTranslate2 `Encoder` into `directory`, replacing what is there."""
    encoder = _encoder_spec(model, network)
    specification = transformer_spec.TransformerEncoderModelSpec(encoder)
    specification.register_vocabulary(vocabulary.pieces())
    specification.config.layer_norm_epsilon = NORM_EPSILON
    _save(specification, vocabulary, directory, quantization)


def _encoder_spec(model: Translator | SentenceEncoder, network: Network) -> transformer_spec.TransformerEncoderSpec:
    encoder = transformer_spec.TransformerEncoderSpec(
        len(model.encoder),
        network.heads,
        no_final_norm=isinstance(model, SentenceEncoder),
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=network.width // network.heads,
        rotary_interleave=False,
    )
    del encoder.position_encodings  # the rotary positions live in the attention layers
    encoder.scale_embeddings = True
    encoder.embeddings[0].weight = _array(model.embedding)
    for spec, layer in zip(encoder.layer, model.encoder, strict=True):
        _set_layer(spec, layer)
    return encoder


def _set_layer(spec: transformer_spec.TransformerEncoderLayerSpec, layer: torch.nn.Module) -> None:
    assert isinstance(layer, Layer)
    _set_attention(spec.self_attention, layer.self_attention, cross=False)
    if layer.cross_attention is not None:
        _set_attention(spec.attention, layer.cross_attention, cross=True)
    _set_feed_forward(spec.ffn, layer.feed_forward)


def _set_attention(spec: attention_spec.MultiHeadAttentionSpec, attention: Attention, *, cross: bool) -> None:
    _set_norm(spec.layer_norm, attention.norm)
    query, key_value = _array(attention.query.weight.flatten(0, 1)), _array(attention.key_value.weight.flatten(0, 1))
    inputs = [query, key_value] if cross else [np.concatenate((query, key_value))]
    for linear, weight in zip(spec.linear, [*inputs, _array(attention.output.weight[0])], strict=True):
        linear.weight = weight


def _set_feed_forward(spec: transformer_spec.FeedForwardSpec, feed_forward: FeedForward) -> None:
    _set_norm(spec.layer_norm, feed_forward.norm)
    spec.linear_0.weight, spec.linear_0_noact.weight = (_array(weight) for weight in feed_forward.gate_up.weight)
    spec.linear_1.weight = _array(feed_forward.output.weight[0])


def _set_norm(spec: common_spec.LayerNormSpec, norm: Norm) -> None:
    spec.gamma = _array(norm.gain)


def _array(tensor: Tensor) -> np.ndarray:  # type: ignore[type-arg]
    # A copy: the quantisation works in place, and would otherwise write into a network that is still being trained.
    return np.array(tensor.detach().float().cpu().numpy(), order="C", copy=True)


def _save(
    specification: transformer_spec.TransformerSpec | transformer_spec.TransformerEncoderModelSpec,
    vocabulary: Vocabulary,
    directory: Path,
    quantization: str | None,
) -> None:
    specification.validate()
    specification.optimize(quantization=quantization)
    directory.mkdir(parents=True, exist_ok=True)
    specification.save(str(directory))
    shutil.copyfile(vocabulary.path, directory / VOCABULARY)


def export(folder: Path, name: str, directory: Path, quantization: str | None = "int8") -> Experiment:
    """Write the weights `name` of a training run as a CTranslate2 model; return the experiment that made them."""
    weights = parts.read(folder, name)
    network = weights.experiment.network
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / VOCABULARY
        path.write_bytes(weights.vocabulary)
        vocabulary = Vocabulary(path)
        if name == ENCODER:
            encoder = SentenceEncoder(network, weights.experiment.encoder.layers, weights.parameters["embedding"])
            encoder.load_state_dict(weights.parameters)
            write_encoder_model(encoder, network, vocabulary, directory, quantization)
        else:
            model = Translator(network, len(vocabulary))
            model.load_state_dict(weights.parameters)
            write_translation_model(model, network, vocabulary, directory, quantization)
    return weights.experiment


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="folder that `train` wrote")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--encoder", action="store_true", help="export the sentence encoder")
    parser.add_argument("--float32", action="store_true", help="skip the quantisation, to measure what it costs")
    arguments = parser.parse_args()
    name = ENCODER if arguments.encoder else TRANSLATION
    experiment = export(arguments.weights, name, arguments.output, None if arguments.float32 else "int8")
    print(f"{arguments.output}: the {name} of experiment {experiment.name}")


if __name__ == "__main__":
    main()
