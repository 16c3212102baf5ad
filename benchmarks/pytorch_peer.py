"""Our network as a `transformers` model, so that its own `generate` decodes the same weights on PyTorch.

The layers are those of models/training, with what a PyTorch server would have: fused attention, a cache of keys and
values, and plain `nn.Linear` modules that dynamic quantisation finds.
"""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import sentencepiece
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import DynamicCache, EncoderDecoderCache, GenerationMixin, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from benchmarks.articles import Item
from benchmarks.process import Timed, stopwatch
from models.training.experiment import Network
from models.training.network.transformer import Attention, Projection, Translator
from models.training.network.warm_start import load_exported
from models.training.network.weights_file import read_weights
from talmach.catalog.manifest import SENTENCEPIECE_FILE
from talmach.engine.base import Direction
from talmach.engine.ct2 import Ct2Translator

_HEAD_WIDTH = 64  # of every model that the recipe makes; the exported file does not need to say it
_BATCH_SIZE = 32


class PeerConfig(PreTrainedConfig):
    """What `generate` wants to know."""

    model_type = "talmach"


class PeerEncoder(nn.Module):
    """The encoder alone, which `generate` runs once for each batch."""

    main_input_name = "input_ids"

    def __init__(self, translator: Translator) -> None:
        super().__init__()
        self.translator = translator

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: Any) -> BaseModelOutput:
        """Encode tokens (B, S)."""
        mask = attention_mask[:, None, None, :].bool()
        x = self.translator.embed(input_ids, torch.float32)
        for layer in self.translator.encoder:
            x = _self_attend(layer.self_attention, x, mask=mask)
            x = layer.feed_forward(x)
        return BaseModelOutput(last_hidden_state=self.translator.encoder_norm(x))


class PeerModel(PreTrainedModel, GenerationMixin):
    """Encoder and cached decoder behind the interface of `transformers`."""

    config_class = PeerConfig
    main_input_name = "input_ids"

    def __init__(self, config: PeerConfig, translator: Translator) -> None:
        super().__init__(config)
        self.encoder = PeerEncoder(translator)
        self.translator = translator
        vocabulary_size, width = translator.embedding.shape
        self.head = nn.Linear(width, vocabulary_size, bias=False)
        self.head.weight.data.copy_(translator.embedding.data)

    def get_encoder(self, *_: Any, **__: Any) -> PeerEncoder:
        """Return what `generate` runs first."""
        return self.encoder

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        cache: EncoderDecoderCache | None = None,
        **_: Any,
    ) -> Seq2SeqLMOutput:
        """Return the logits of the last target position, the only one that greedy search asks for."""
        assert attention_mask is not None
        assert decoder_input_ids is not None
        encoded = encoder_outputs or self.encoder(input_ids, attention_mask)
        cache = cache if cache is not None else EncoderDecoderCache(DynamicCache(), DynamicCache())
        mask = attention_mask[:, None, None, :].bool()
        x = self.translator.embed(decoder_input_ids, torch.float32)
        position = cache.get_seq_length()
        for index, layer in enumerate(self.translator.decoder):
            x = _self_attend(layer.self_attention, x, cache=cache.self_attention_cache, index=index, position=position)
            memory = encoded.last_hidden_state
            x = _cross_attend(layer.cross_attention, x, memory, mask=mask, cache=cache, index=index)
            x = layer.feed_forward(x)
        states = self.translator.decoder_norm(x[:, -1:])
        return Seq2SeqLMOutput(
            logits=self.head(states), cache=cache, encoder_last_hidden_state=encoded.last_hidden_state
        )


class PyTorchPeer:
    """The peer with its tokens; `precision` int8 = dynamic quantisation of all linear maps."""

    def __init__(self, directory: Path, max_source_tokens: int, precision: Literal["float32", "int8"]) -> None:
        """Load the exported weights."""
        cores = len(os.sched_getaffinity(0))
        torch.set_num_threads(cores)
        directions = frozenset(Direction(a, b) for a in ("be", "en", "ru") for b in ("be", "en", "ru") if a != b)
        # Only its tokens are used: the same ones, made by the same code.
        self._tokens = Ct2Translator("peer", directory, directions, max_source_tokens=max_source_tokens, device="cpu")
        self._processor: Any = sentencepiece.SentencePieceProcessor(model_file=str(directory / SENTENCEPIECE_FILE))
        self._model = _load(directory, self._processor)
        if precision == "int8":
            torch.backends.quantized.engine = "fbgemm"  # oneDNN's needs instructions that not every machine has
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a successor of the function is in the making
                self._model = torch.ao.quantization.quantize_dynamic(self._model, {nn.Linear}, dtype=torch.qint8)

    def translate(self, items: Sequence[Item]) -> tuple[list[str], Timed]:
        """Translate in batches of 32 sentences of similar length, greedily; translations in the order of `items`."""
        texts = [""] * len(items)
        with stopwatch(items) as timed:
            sources = [self._tokens.tokenize(item.text, Direction(item.source, item.target)) for item in items]
            order = sorted(range(len(items)), key=lambda index: len(sources[index]))
            for start in range(0, len(order), _BATCH_SIZE):
                part = order[start : start + _BATCH_SIZE]
                for index, text in zip(part, self._generate([sources[index] for index in part]), strict=True):
                    texts[index] = text
        return texts, timed

    def _generate(self, sources: Sequence[Sequence[str]]) -> list[str]:
        processor = self._processor
        longest = max(map(len, sources))
        ids = torch.full((len(sources), longest + 1), processor.pad_id())
        for row, pieces in enumerate(sources):
            ids[row, : len(pieces) + 1] = torch.tensor([*map(processor.piece_to_id, pieces), processor.eos_id()])
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=ids,
                attention_mask=(ids != processor.pad_id()).long(),
                max_new_tokens=2 * longest + 16,
                num_beams=1,
                do_sample=False,
            )
        special = {processor.pad_id(), processor.bos_id(), processor.eos_id()}
        return [
            " ".join(str(processor.decode([token for token in row if token not in special])).split())
            for row in output.tolist()
        ]


def _load(directory: Path, processor: Any) -> PeerModel:
    weights = read_weights(directory / "model.bin")
    vocabulary_size, width = weights["encoder/embeddings_0/weight"].shape
    network = Network(
        width=width,
        heads=width // _HEAD_WIDTH,
        encoder_layers=_layers(weights, "encoder"),
        decoder_layers=_layers(weights, "decoder"),
        hidden=weights["encoder/layer_0/ffn/linear_0/weight"].shape[0],
    )
    translator = Translator(network, vocabulary_size)
    load_exported(translator, weights)
    _use_linear(translator)
    config = PeerConfig(
        is_encoder_decoder=True,
        vocab_size=vocabulary_size,
        num_hidden_layers=network.decoder_layers,
        pad_token_id=processor.pad_id(),
        eos_token_id=processor.eos_id(),
        bos_token_id=processor.bos_id(),
        decoder_start_token_id=processor.bos_id(),
    )
    return PeerModel(config, translator).eval()


def _layers(weights: dict[str, Any], stack: str) -> int:
    return len({name.split("/")[1] for name in weights if name.startswith(f"{stack}/layer_") and "/ffn/" in name})


def _use_linear(module: nn.Module) -> None:
    """Replace every `Projection` by the `nn.Linear` that computes the same."""
    for name, child in module.named_children():
        if isinstance(child, Projection):
            weight = child.weight.data.flatten(0, 1)
            linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
            linear.weight.data.copy_(weight)
            setattr(module, name, linear)
        else:
            _use_linear(child)


def _self_attend(
    attention: Attention,
    x: Tensor,
    *,
    mask: Tensor | None = None,
    cache: DynamicCache | None = None,
    index: int = 0,
    position: int = 0,
) -> Tensor:
    """Attend to x (B, T, D) itself, after `position` earlier targets in the cache."""
    normed = attention.norm(x)
    keys, values = attention.key_value(normed).chunk(2, -1)
    query, keys, values = (_split(part, attention.heads) for part in (attention.query(normed), keys, values))
    query, keys = _rotate(attention, query, position), _rotate(attention, keys, position)
    if cache is not None:
        keys, values = cache.update(keys, values, index)
    attended = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
    return x + attention.output(attended.transpose(1, 2).flatten(2))


def _cross_attend(
    attention: Attention, x: Tensor, memory: Tensor, *, mask: Tensor, cache: EncoderDecoderCache, index: int
) -> Tensor:
    """Attend to the source, whose keys and values are computed once."""
    if cache.is_updated.get(index):
        layer = cache.cross_attention_cache.layers[index]
        keys, values = layer.keys, layer.values
    else:
        keys, values = (_split(part, attention.heads) for part in attention.key_value(memory).chunk(2, -1))
        cache.cross_attention_cache.update(keys, values, index)
        cache.is_updated[index] = True
    query = _split(attention.query(attention.norm(x)), attention.heads)
    attended = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
    return x + attention.output(attended.transpose(1, 2).flatten(2))


def _rotate(attention: Attention, x: Tensor, position: int) -> Tensor:
    rotary, length, half = attention.rotary, x.shape[-2], x.shape[-1] // 2
    assert rotary is not None, "self-attention"
    swapped = torch.cat((x[..., half:], x[..., :half]), -1)
    at = slice(position, position + length)
    return x * rotary.cosine[at] + swapped * rotary.sine[at]


def _split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)
