"""Tiny models of random numbers in the architecture of the embedded ones, written without torch.

Their translations mean nothing, but tokens, scores, cancelling and pooling are those of real models.
"""

import io
from pathlib import Path

import numpy as np
import sentencepiece
from ctranslate2.specs import attention_spec, common_spec, model_spec, transformer_spec

WIDTH, HEADS, HIDDEN = 32, 2, 64
ENCODER_LAYERS, DECODER_LAYERS = 2, 1
NAMES = ["Ганна", "Алена", "Пётр", "Мікола", "Anna", "Peter", "Елена", "Николай"]
PLACES = ["школу", "мост", "тэатр", "бібліятэку", "school", "bridge", "theatre", "library", "библиотеку", "театр"]
FRAMES = (
    "{} бачыў новую {} у горадзе ўчора.",
    "«{} адкрыла {}», — паведаміла радыё 5 мая.",
    "{} saw the new {} in the town, it's said.",
    "When will {} open the old {} again?",
    "{} открыла новую {} в городе вчера.",
    "Почему {} не видел {} и что будет дальше?",
)
SENTENCES = [frame.format(name, place) for frame in FRAMES for name in NAMES for place in PLACES]


def write_vocabulary(path: Path) -> list[str]:
    """Train a SentencePiece model with the options of the recipe; return its pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=model,
        vocab_size=400,
        hard_vocab_limit=False,  # few sentences have few pieces
        model_type="unigram",
        byte_fallback=True,
        split_digits=True,
        character_coverage=0.9995,
        normalization_rule_name="identity",
        user_defined_symbols=["<2ru>", "<2be>", "<2en>"],
        pad_id=3,
        num_threads=1,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [str(processor.id_to_piece(index)) for index in range(processor.get_piece_size())]


def write_translator(directory: Path, *, end_bias: float = 0.0, positions: int | None = None) -> None:
    """Write a translation model; the higher `end_bias`, the sooner its sentences end.

    With `positions`, its encoder and its decoder read no more tokens than that.
    """
    rng = np.random.default_rng(7)
    pieces = write_vocabulary(directory / "sentencepiece.model")
    encoder = _encoder(rng, len(pieces), positions)
    decoder = transformer_spec.TransformerDecoderSpec(
        DECODER_LAYERS,
        HEADS,
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=None if positions else WIDTH // HEADS,
        rotary_interleave=False,
    )
    if positions:
        decoder.position_encodings.encodings = _matrix(rng, positions, WIDTH)
    decoder.scale_embeddings = True
    decoder.embeddings.weight = _matrix(rng, len(pieces), WIDTH)
    decoder.projection.weight = _matrix(rng, len(pieces), WIDTH)
    decoder.projection.bias = np.zeros(len(pieces), dtype=np.float32)
    decoder.projection.bias[pieces.index("</s>")] = end_bias
    decoder.layer_norm.gamma = np.ones(WIDTH, dtype=np.float32)
    for layer in decoder.layer:
        _fill_layer(rng, layer)
    specification = transformer_spec.TransformerSpec(encoder, decoder)
    specification.register_source_vocabulary(pieces)
    specification.register_target_vocabulary(pieces)
    specification.config.layer_norm_epsilon = 1e-6
    specification.config.add_source_eos = True
    specification.config.decoder_start_token = "<s>"
    _save(specification, directory)


def write_encoder(directory: Path, *, positions: int | None = None) -> None:
    """Write a sentence encoder."""
    pieces = write_vocabulary(directory / "sentencepiece.model")
    specification = transformer_spec.TransformerEncoderModelSpec(
        _encoder(np.random.default_rng(8), len(pieces), positions)
    )
    specification.register_vocabulary(pieces)
    specification.config.layer_norm_epsilon = 1e-6
    _save(specification, directory)


def _encoder(
    rng: np.random.Generator, vocabulary_size: int, positions: int | None
) -> transformer_spec.TransformerEncoderSpec:
    encoder = transformer_spec.TransformerEncoderSpec(
        ENCODER_LAYERS,
        HEADS,
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=None if positions else WIDTH // HEADS,
        rotary_interleave=False,
    )
    if positions:
        encoder.position_encodings.encodings = _matrix(rng, positions, WIDTH)
    else:
        del encoder.position_encodings
    encoder.scale_embeddings = True
    encoder.embeddings[0].weight = _matrix(rng, vocabulary_size, WIDTH)
    encoder.layer_norm.gamma = np.ones(WIDTH, dtype=np.float32)
    for layer in encoder.layer:
        _fill_layer(rng, layer)
    return encoder


def _fill_layer(rng: np.random.Generator, layer: object) -> None:
    _fill_attention(rng, layer.self_attention, [3 * WIDTH, WIDTH])  # type: ignore[attr-defined]
    if hasattr(layer, "attention"):
        _fill_attention(rng, layer.attention, [WIDTH, 2 * WIDTH, WIDTH])
    layer.ffn.layer_norm.gamma = np.ones(WIDTH, dtype=np.float32)  # type: ignore[attr-defined]
    layer.ffn.linear_0.weight = _matrix(rng, HIDDEN, WIDTH)  # type: ignore[attr-defined]
    layer.ffn.linear_0_noact.weight = _matrix(rng, HIDDEN, WIDTH)  # type: ignore[attr-defined]
    layer.ffn.linear_1.weight = _matrix(rng, WIDTH, HIDDEN)  # type: ignore[attr-defined]


def _fill_attention(
    rng: np.random.Generator, attention: attention_spec.MultiHeadAttentionSpec, rows: list[int]
) -> None:
    attention.layer_norm.gamma = np.ones(WIDTH, dtype=np.float32)
    for linear, count in zip(attention.linear, rows, strict=True):
        linear.weight = _matrix(rng, count, WIDTH)


def _matrix(rng: np.random.Generator, rows: int, columns: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    return rng.normal(scale=1.5 / columns**0.5, size=(rows, columns)).astype(np.float32)


def _save(specification: model_spec.ModelSpec, directory: Path) -> None:
    specification.validate()
    specification.optimize(quantization="int8")
    specification.save(str(directory))
