"""Greedy search and scoring with the plain network, fast enough to translate a corpus on one GPU.

Shapes change at every step, and a fused attention that plans each new shape (cuDNN's) took ten times as long as
everything else: 32,000 tokens/s on one H100, 340,000 with the products written out.

Shapes in comments: B sentences, S source and T target positions, H heads, D width.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.training.network.transformer import Attention, Layer, Translator

_FINISHED_EVERY = 6  # steps between looks at which sentences are done; a look waits for the device
_WORTH_DROPPING = 0.8  # below this share of unfinished rows, the finished ones are taken out
_SCORED_AT_ONCE = 8_192  # target positions


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Translations of one batch; those that did not end in time have length 0."""

    tokens: Tensor  # (B, T) int64, without start mark, end marks behind the end
    lengths: Tensor  # (B,) without the end mark
    scores: Tensor  # (B,) mean log-probability of a token, end mark included


@dataclass(slots=True)
class _Running:
    """What the unfinished rows of a batch need at each step; they are every tensor's first dimension."""

    rows: Tensor  # (B,) where they stand in the batch
    word: Tensor  # (B,) the last token
    score: Tensor  # (B,) sum of log-probabilities
    mask: Tensor  # (B, 1, 1, S) to be added to the scores of the memory
    memory: list[tuple[Tensor, Tensor]]  # keys and values (B, H, S, D / H) of each layer
    past: list[tuple[Tensor, Tensor]]  # keys and values (B, H, T, D / H) of each layer, filled up to the position

    def keep(self, which: Tensor, length: int) -> None:
        """Keep only these rows, whose past has `length` filled positions."""
        self.rows, self.word, self.score, self.mask = (
            tensor[which] for tensor in (self.rows, self.word, self.score, self.mask)
        )
        self.memory = [(keys[which], values[which]) for keys, values in self.memory]
        self.past = [(_shorten(keys, which, length), _shorten(values, which, length)) for keys, values in self.past]


class GreedySearch:
    """Translates batches of token ids; the model's weights are kept in float16 on a GPU."""

    def __init__(self, model: Translator, bos: int, eos: int, pad: int) -> None:
        cuda = model.embedding.is_cuda
        self._dtype = torch.float16 if cuda else torch.float32
        self._model = model.to(self._dtype).eval()
        self._bos, self._eos, self._pad = bos, eos, pad

    @torch.no_grad()
    def translate(self, source: Tensor, max_tokens: int) -> Hypotheses:
        """Translate padded token ids (B, S) with language tag and end mark into at most `max_tokens` tokens each."""
        batch, device = len(source), source.device
        tokens = torch.full((batch, max_tokens), self._eos, device=device)
        lengths = torch.zeros(batch, dtype=torch.long, device=device)
        scores = torch.zeros(batch, device=device)
        running = self._start(source, max_tokens)
        done = torch.zeros(batch, dtype=torch.bool, device=device)
        for position in range(max_tokens):
            logits = self._step(running, position).float()  # (B, vocabulary)
            best, word = logits.max(-1)
            running.score = running.score + torch.where(done, 0.0, best - logits.logsumexp(-1))
            running.word = word
            ended = (word == self._eos) & ~done
            rows = running.rows
            tokens[rows, position] = torch.where(done, self._eos, word)
            lengths[rows] = torch.where(ended, position, lengths[rows])
            scores[rows] = torch.where(ended, running.score / (position + 1), scores[rows])
            done = done | ended
            if position % _FINISHED_EVERY == _FINISHED_EVERY - 1:
                going_on = torch.nonzero(~done).flatten()
                if len(going_on) == 0:
                    break
                if len(going_on) < _WORTH_DROPPING * len(rows):
                    running.keep(going_on, position + 1)
                    done = torch.zeros(len(going_on), dtype=torch.bool, device=device)
        return Hypotheses(tokens, lengths, scores)

    @torch.no_grad()
    def score(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the mean log-probability (B,) of a token of padded target ids (B, T), start and end mark around."""
        memory, mask = self._encode(source)
        states = self._model.decode(memory, mask, target[:, :-1])
        present = target[:, 1:] != self._pad
        flat, labels = states[present], target[:, 1:][present]
        likelihoods = torch.zeros(present.shape, device=source.device)
        likelihoods[present] = torch.cat(
            [
                self._log_probabilities(flat[start : start + _SCORED_AT_ONCE], labels[start : start + _SCORED_AT_ONCE])
                for start in range(0, len(flat), _SCORED_AT_ONCE)
            ]
        )
        return likelihoods.sum(1) / present.sum(1)

    def _log_probabilities(self, states: Tensor, labels: Tensor) -> Tensor:
        logits = F.linear(states, self._model.embedding).float()
        return logits.gather(1, labels[:, None])[:, 0] - logits.logsumexp(-1)

    def _encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        mask = (source != self._pad)[:, None, None, :]
        return self._model.encode(source, mask, self._dtype), mask

    def _start(self, source: Tensor, max_tokens: int) -> _Running:
        memory, present = self._encode(source)
        batch, device = len(source), source.device
        attention = self._model.decoder[0].self_attention
        shape = (batch, attention.heads, max_tokens, self._model.head_width)

        def project(layer: Layer) -> tuple[Tensor, Tensor]:
            assert layer.cross_attention is not None
            keys, values = layer.cross_attention.key_value(memory).chunk(2, -1)
            return _split(keys, attention.heads).contiguous(), _split(values, attention.heads).contiguous()

        return _Running(
            rows=torch.arange(batch, device=device),
            word=torch.full((batch,), self._bos, device=device),
            score=torch.zeros(batch, device=device),
            mask=torch.zeros(present.shape, dtype=self._dtype, device=device).masked_fill_(~present, -30_000.0),
            memory=[project(layer) for layer in self._model.decoder],
            past=[(memory.new_empty(shape), memory.new_empty(shape)) for _ in self._model.decoder],
        )

    def _step(self, running: _Running, position: int) -> Tensor:
        """Return logits (B, vocabulary) of the next token."""
        x = self._model.embed(running.word[:, None], self._dtype)  # (B, 1, D)
        for layer, memory, past in zip(self._model.decoder, running.memory, running.past, strict=True):
            x = self._attend_to_past(layer.self_attention, x, past, position)
            cross = layer.cross_attention
            queries = _split(cross.query(cross.norm(x)), cross.heads)
            x = x + cross.output(_attend(queries, *memory, running.mask))
            x = layer.feed_forward(x)
        return F.linear(self._model.decoder_norm(x)[:, 0], self._model.embedding)

    def _attend_to_past(self, attention: Attention, x: Tensor, past: tuple[Tensor, Tensor], position: int) -> Tensor:
        normed = attention.norm(x)
        queries = _split(attention.query(normed), attention.heads)
        keys, values = (_split(part, attention.heads) for part in attention.key_value(normed).chunk(2, -1))
        assert attention.rotary is not None
        past[0][:, :, position] = attention.rotary.at(position, keys)[:, :, 0]
        past[1][:, :, position] = values[:, :, 0]
        known = slice(position + 1)
        attended = _attend(attention.rotary.at(position, queries), past[0][:, :, known], past[1][:, :, known], None)
        return x + attention.output(attended)


def _split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, H, length, D / H)


def _attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    scores = queries @ keys.mT / math.sqrt(queries.shape[-1])  # (B, H, 1, length)
    if mask is not None:
        scores = scores + mask
    return (scores.float().softmax(-1).to(values.dtype) @ values).transpose(1, 2).flatten(2)  # (B, 1, D)


def _shorten(past: Tensor, which: Tensor, length: int) -> Tensor:
    kept = past.new_empty((len(which), *past.shape[1:]))
    kept[:, :, :length] = past[which, :, :length]
    return kept
