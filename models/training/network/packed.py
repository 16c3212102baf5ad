"""The translation network over packed rows: the same parameters as `transformer.Translator`, as pure functions.

The functions take weights as arguments, so one compilation of each serves all layers; attention stays outside of them.
Positions are flat: N = rows * length, D width, H heads.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from models.training.data.packing import Rows
from models.training.network.loss import chunk_loss, tied_loss
from models.training.network.transformer import (
    NORM_EPSILON,
    ROTARY_BASE,
    Attention,
    FeedForward,
    Translator,
    fastest_dtype,
)

_MASKED = -30_000.0  # added to scores; within the range of every floating type


def norm(x: Tensor, gain: Tensor) -> Tensor:
    """Normalise (N, D) by its root mean square."""
    return F.rms_norm(x, x.shape[-1:], gain.to(x.dtype), NORM_EPSILON)


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotate every head of queries or keys (N, D) by the position's angles (N, D / H)."""
    heads = x.unflatten(-1, (-1, cosine.shape[-1]))
    swapped = torch.cat(heads.chunk(2, -1)[::-1], -1)
    return (heads * cosine[:, None] + swapped * sine[:, None]).flatten(1)


def embed(tokens: Tensor, embedding: Tensor, dropout: float, dtype: torch.dtype) -> Tensor:
    """Embed tokens (N,) into (N, D)."""
    return F.dropout(F.embedding(tokens, embedding) * math.sqrt(embedding.shape[-1]), dropout).to(dtype)


def project(
    x: Tensor, gain: Tensor, query: Tensor, key_value: Tensor, cosine: Tensor, sine: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return rotated queries, rotated keys and values, each (N, D), of self-attention."""
    weight = torch.cat((query, key_value)).flatten(0, 1).to(x.dtype)
    queries, keys, values = F.linear(norm(x, gain), weight).chunk(3, -1)
    return rotate(queries, cosine, sine), rotate(keys, cosine, sine), values


def add_attended(x: Tensor, attended: Tensor, output: Tensor, dropout: float) -> Tensor:
    """Return x plus what an attention found, both (N, D)."""
    return x + F.dropout(F.linear(attended, output[0].to(x.dtype)), dropout)


def query_memory(
    x: Tensor, attended: Tensor, output: Tensor, gain: Tensor, query: Tensor, dropout: float
) -> tuple[Tensor, Tensor]:
    """Return the state after self-attention and its queries to the encoder, both (N, D)."""
    x = add_attended(x, attended, output, dropout)
    return x, F.linear(norm(x, gain), query[0].to(x.dtype))


def project_memory(memory: Tensor, key_value: Tensor) -> tuple[Tensor, Tensor]:
    """Return keys and values, each (N, D), of the encoder's states."""
    keys, values = F.linear(memory, key_value.flatten(0, 1).to(memory.dtype)).chunk(2, -1)
    return keys, values


def feed_forward(
    x: Tensor, attended: Tensor, output: Tensor, gain: Tensor, gate_up: Tensor, down: Tensor, dropout: float
) -> Tensor:
    """Return the state (N, D) after an attention and the gated feed-forward layer behind it."""
    x = add_attended(x, attended, output, dropout)
    gate, up = F.linear(norm(x, gain), gate_up.flatten(0, 1).to(x.dtype)).chunk(2, -1)
    return x + F.dropout(F.linear(F.silu(gate) * up, down[0].to(x.dtype)), dropout)


@dataclass(frozen=True, slots=True)
class Batch:
    """One step on the device: token ids (N,), and additive attention masks (rows, 1, length, length)."""

    shape: tuple[int, int]
    source: Tensor
    target_input: Tensor
    labels: Tensor
    encoder_mask: Tensor
    decoder_mask: Tensor
    memory_mask: Tensor


def to_batch(rows: Rows, device: torch.device, dtype: torch.dtype) -> Batch:
    """Move rows to the device and make the masks of who may attend to whom."""
    arrays = rows.source, rows.target_input, rows.labels, rows.source_segments, rows.target_segments
    tensors = [torch.from_numpy(array) for array in arrays]
    if device.type == "cuda":
        tensors = [tensor.pin_memory().to(device, non_blocking=True) for tensor in tensors]
    source, target_input, labels, source_segments, target_segments = tensors

    def mask(queries: Tensor, keys: Tensor, *, causal: bool = False) -> Tensor:
        same = queries[:, :, None] == keys[:, None, :]
        allowed = same.tril() if causal else same
        return torch.zeros(same.shape, dtype=dtype, device=device).masked_fill_(~allowed, _MASKED)[:, None]

    return Batch(
        shape=(source.shape[0], source.shape[1]),
        source=source.flatten(),
        target_input=target_input.flatten(),
        labels=labels.flatten(),
        encoder_mask=mask(source_segments, source_segments),
        decoder_mask=mask(target_segments, target_segments, causal=True),
        memory_mask=mask(target_segments, source_segments),
    )


class PackedTranslator:
    """Runs the parameters of a `Translator` over packed rows."""

    def __init__(
        self,
        model: Translator,
        row_tokens: tuple[int, ...],
        *,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        compiled: bool = False,
    ) -> None:
        self._model = model
        self._device = model.embedding.device
        self._dtype = fastest_dtype(self._device)
        head_width = model.head_width
        frequencies = ROTARY_BASE ** (-torch.arange(0, head_width, 2) / head_width)
        angles = torch.outer(torch.arange(max(row_tokens)), frequencies).to(self._device)
        self._cosine = torch.cat((angles.cos(), angles.cos()), -1).to(self._dtype)
        self._sine = torch.cat((-angles.sin(), angles.sin()), -1).to(self._dtype)
        dtype = self._dtype

        def region(function: Callable[..., Any]) -> Callable[..., Any]:
            return torch.compile(function, dynamic=False, fullgraph=True) if compiled else function

        def with_dropout(function: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *tensors: function(*tensors, dropout)

        # Numbers are bound here: the compiler would take arguments for values that change.
        self._norm, self._project, self._project_memory = region(norm), region(project), region(project_memory)
        self._embed = region(lambda tokens, embedding: embed(tokens, embedding, dropout, dtype))
        self._query_memory = region(with_dropout(query_memory))
        self._feed_forward = region(with_dropout(feed_forward))
        self._chunk_loss = region(lambda logits, labels: chunk_loss(logits, labels, label_smoothing))

    def loss(self, rows: Rows) -> tuple[Tensor, Tensor]:
        """Return the summed smoothed loss, whose gradient is there already, and the summed negative log-likelihood."""
        batch = to_batch(rows, self._device, self._dtype)
        states = self._decode(self._encode(batch), batch)
        return tied_loss(states, self._model.embedding, batch.labels, self._chunk_loss)

    def _encode(self, batch: Batch) -> Tensor:
        x = self._embed(batch.source, self._model.embedding)
        for layer in self._model.encoder:
            attended = self._attend_to_itself(x, layer.self_attention, batch.encoder_mask, batch)
            x = self._finish(x, attended, layer.self_attention, layer.feed_forward)
        return self._norm(x, self._model.encoder_norm.gain)

    def _decode(self, memory: Tensor, batch: Batch) -> Tensor:
        x = self._embed(batch.target_input, self._model.embedding)
        for layer in self._model.decoder:
            own, cross = layer.self_attention, layer.cross_attention
            attended = self._attend_to_itself(x, own, batch.decoder_mask, batch)
            x, queries = self._query_memory(x, attended, own.output.weight, cross.norm.gain, cross.query.weight)
            keys, values = self._project_memory(memory, cross.key_value.weight)
            attended = self._attend(queries, keys, values, batch.memory_mask, batch)
            x = self._finish(x, attended, cross, layer.feed_forward)
        return self._norm(x, self._model.decoder_norm.gain)

    def _attend_to_itself(self, x: Tensor, attention: Attention, mask: Tensor, batch: Batch) -> Tensor:
        rows, length = batch.shape
        angles = self._cosine[:length].repeat(rows, 1), self._sine[:length].repeat(rows, 1)
        weights = attention.norm.gain, attention.query.weight, attention.key_value.weight
        queries, keys, values = self._project(x, *weights, *angles)
        return self._attend(queries, keys, values, mask, batch)

    def _attend(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, batch: Batch) -> Tensor:
        queries, keys, values = (
            x.view(*batch.shape, -1, self._model.head_width).transpose(1, 2)  # (rows, H, length, D / H)
            for x in (queries, keys, values)
        )
        attended = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        return attended.transpose(1, 2).flatten(2).flatten(0, 1)

    def _finish(self, x: Tensor, attended: Tensor, attention: Attention, feed_forward: FeedForward) -> Tensor:
        weights = feed_forward.norm.gain, feed_forward.gate_up.weight, feed_forward.output.weight
        return self._feed_forward(x, attended, attention.output.weight, *weights)
