"""The translation network: a pre-norm Transformer whose every choice CTranslate2 can run.

RMSNorm (Zhang & Sennrich 2019, arXiv:1910.07467), rotary positions (Su et al. 2021, arXiv:2104.09864), SwiGLU (Shazeer
2020, arXiv:2002.05202), zero-initialised output projections and one embedding matrix shared by source, target and
output (Press & Wolf 2017, arXiv:1608.05859). Shapes in comments: B sentences, S source and T target positions,
H heads, D width.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.training.experiment import Network

ROTARY_BASE = 10_000.0
NORM_EPSILON = 1e-6


def fastest_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device multiplies in it; where it is emulated, float32 is several times faster."""
    native = device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - the only way
    return torch.bfloat16 if native else torch.float32


class Projection(nn.Module):
    """One or several linear maps of the same input, without bias, stored as (maps, outputs, inputs)."""

    def __init__(self, inputs: int, outputs: int, maps: int = 1, *, zero: bool = False) -> None:
        super().__init__()
        weight = torch.zeros(maps, outputs, inputs) if zero else torch.randn(maps, outputs, inputs) / math.sqrt(inputs)
        self.weight = nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., inputs) to (..., maps * outputs)."""
        return F.linear(x, self.weight.flatten(0, 1).to(x.dtype))


class Norm(nn.Module):
    """RMSNorm with a learned gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return F.rms_norm(x, x.shape[-1:], self.gain.to(x.dtype), NORM_EPSILON)


class Rotary(nn.Module):
    """Rotary position embedding over the whole head, halves rotated against each other."""

    cosine: Tensor
    sine: Tensor

    def __init__(self, head_width: int, max_positions: int = 1024) -> None:
        super().__init__()
        frequencies = ROTARY_BASE ** (-torch.arange(0, head_width, 2) / head_width)
        angles = torch.outer(torch.arange(max_positions), frequencies)
        self.register_buffer("cosine", torch.cat((angles.cos(), angles.cos()), -1), persistent=False)
        self.register_buffer("sine", torch.cat((-angles.sin(), angles.sin()), -1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Rotate queries or keys of shape (B, H, length, head width)."""
        return self.at(0, x)

    def at(self, position: int, x: Tensor) -> Tensor:
        """Rotate queries or keys (B, H, length, head width) whose first stands at `position`."""
        positions, half = slice(position, position + x.shape[-2]), x.shape[-1] // 2
        swapped = torch.cat((x[..., half:], x[..., :half]), -1)
        return x * self.cosine[positions].to(x.dtype) + swapped * self.sine[positions].to(x.dtype)


class Attention(nn.Module):
    """Multi-head attention; self-attention rotates queries and keys, cross-attention does not."""

    def __init__(self, network: Network, *, cross: bool) -> None:
        super().__init__()
        self.heads = network.heads
        self.norm = Norm(network.width)
        self.query = Projection(network.width, network.width)
        self.key_value = Projection(network.width, network.width, maps=2)
        self.output = Projection(network.width, network.width, zero=True)
        self.rotary = None if cross else Rotary(network.width // network.heads)

    def forward(self, x: Tensor, memory: Tensor | None, mask: Tensor | None) -> Tensor:
        """Return x (B, T, D) plus its attention over itself (causal unless masked) or over memory (B, S, D)."""
        normed = self.norm(x)
        keys, values = self.key_value(normed if memory is None else memory).chunk(2, -1)
        query, keys, values = (self._split(part) for part in (self.query(normed), keys, values))
        if self.rotary is not None:
            query, keys = self.rotary(query), self.rotary(keys)
        if x.is_cuda:
            attended = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, is_causal=mask is None)
        else:
            attended = _attend_on_cpu(query, keys, values, mask)
        return x + self.output(attended.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, length, D / H)


def _attend_on_cpu(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """Plain attention: on short sentences the backward pass of PyTorch's fused CPU kernel costs several times more."""
    if mask is None:
        mask = torch.ones(query.shape[-2], keys.shape[-2], dtype=torch.bool).tril()
    scores = (query / math.sqrt(query.shape[-1])) @ keys.mT
    return scores.masked_fill(~mask, -1e4).softmax(-1) @ values


class FeedForward(nn.Module):
    """SwiGLU feed-forward layer."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.norm = Norm(network.width)
        self.gate_up = Projection(network.width, network.hidden, maps=2)
        self.output = Projection(network.hidden, network.width, zero=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus its transformation, same shape."""
        gate, up = self.gate_up(self.norm(x)).chunk(2, -1)
        return x + self.output(F.silu(gate) * up)


class Layer(nn.Module):
    """Self-attention, in a decoder cross-attention, and a feed-forward layer."""

    def __init__(self, network: Network, *, cross: bool) -> None:
        super().__init__()
        self.self_attention = Attention(network, cross=False)
        self.cross_attention = Attention(network, cross=True) if cross else None
        self.feed_forward = FeedForward(network)

    def forward(
        self, x: Tensor, mask: Tensor | None, memory: Tensor | None = None, memory_mask: Tensor | None = None
    ) -> Tensor:
        """Return the next hidden state, same shape as x."""
        x = self.self_attention(x, None, mask)
        if self.cross_attention is not None:
            x = self.cross_attention(x, memory, memory_mask)
        return self.feed_forward(x)


class Translator(nn.Module):
    """Encoder-decoder that returns the logits of the target positions that count."""

    def __init__(self, network: Network, vocabulary_size: int) -> None:
        super().__init__()
        self.scale = math.sqrt(network.width)
        self.head_width = network.width // network.heads
        self.embedding = nn.Parameter(torch.randn(vocabulary_size, network.width) / self.scale)
        self.encoder = nn.ModuleList(Layer(network, cross=False) for _ in range(network.encoder_layers))
        self.encoder_norm = Norm(network.width)
        self.decoder = nn.ModuleList(Layer(network, cross=True) for _ in range(network.decoder_layers))
        self.decoder_norm = Norm(network.width)
        # At first the state is little more than the previous token's embedding, whose own logit would dwarf all others.
        nn.init.constant_(self.decoder_norm.gain, 0.25)

    def embed(self, tokens: Tensor, dtype: torch.dtype) -> Tensor:
        """Embed tokens (B, length) into (B, length, D)."""
        return (F.embedding(tokens, self.embedding) * self.scale).to(dtype)

    def encode(self, source: Tensor, source_mask: Tensor, dtype: torch.dtype) -> Tensor:
        """Encode tokens (B, S) under a mask (B, 1, 1, S), True where a token stands, into (B, S, D)."""
        x = self.embed(source, dtype)
        for layer in self.encoder:
            x = layer(x, source_mask)
        return self.encoder_norm(x)

    def decode(self, memory: Tensor, source_mask: Tensor, target_input: Tensor) -> Tensor:
        """Return the normed decoder states (B, T, D) of shifted target tokens (B, T)."""
        x = self.embed(target_input, memory.dtype)
        for layer in self.decoder:
            x = layer(x, None, memory, source_mask)
        return self.decoder_norm(x)

    def forward(self, source: Tensor, target: Tensor, pad: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return logits (N, vocabulary) for the N tokens of target (B, T) after each row's first, without padding."""
        source_mask = (source != pad)[:, None, None, :]
        states = self.decode(self.encode(source, source_mask, dtype), source_mask, target[:, :-1])
        return F.linear(states[target[:, 1:] != pad], self.embedding.to(dtype))


class SentenceEncoder(nn.Module):
    """Sentence vectors: the mean of states that begin as token vectors and to which each layer adds context.

    There is no norm at the end: the length of a token's vector is its weight in the mean.
    """

    def __init__(self, network: Network, layers: int, embeddings: Tensor) -> None:
        """`embeddings` (vocabulary, D) is where the matrix starts, tokens weighted by their lengths."""
        super().__init__()
        self.scale = math.sqrt(network.width)
        self.embedding = nn.Parameter(embeddings.clone())
        self.encoder = nn.ModuleList(Layer(network, cross=False) for _ in range(layers))

    def forward(self, tokens: Tensor, pad: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return normalised vectors (B, D), float32, of padded tokens (B, S)."""
        present = tokens != pad
        x = (F.embedding(tokens, self.embedding) * self.scale).to(dtype)
        for layer in self.encoder:
            x = layer(x, present[:, None, None, :])
        sums = (x.float() * present[..., None]).sum(1)
        return F.normalize(sums / present.sum(1, keepdim=True), dim=-1)
