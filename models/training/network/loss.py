"""Cross entropy whose gradient is computed in the forward pass: the (N, vocabulary) matrix is walked through once and
never kept.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

CHUNK_POSITIONS = 16_384  # 1 GiB of float32 logits with 16,000 pieces

ChunkLoss = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]


def chunk_loss(logits: Tensor, labels: Tensor, smoothing: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return the summed loss and negative log-likelihood (nats) of logits (n, V), and the loss's gradient (n, V).

    Labels (n,) are smoothed towards uniform; a negative one counts nothing.
    """
    scores, size = logits.float(), logits.shape[-1]
    present = (labels >= 0)[:, None]
    normalizer = scores.logsumexp(-1, keepdim=True)
    picked = scores.gather(-1, labels.clamp(min=0)[:, None].long())
    likelihood = ((normalizer - picked) * present).sum()
    uniform = ((normalizer - scores.mean(-1, keepdim=True)) * present).sum()
    # A comparison instead of a scatter: the compiler merges it with everything else into one pass.
    one_hot = torch.arange(size, device=logits.device)[None] == labels[:, None]
    gradient = ((scores - normalizer).exp() - smoothing / size - (1 - smoothing) * one_hot) * present
    return (1 - smoothing) * likelihood + smoothing * uniform, likelihood, gradient.to(logits.dtype)


class _TiedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, states: Tensor, embedding: Tensor, labels: Tensor, chunk: ChunkLoss
    ) -> tuple[Tensor, Tensor]:
        matrix = embedding.to(states.dtype)
        state_gradient = torch.empty_like(states)
        embedding_gradient = torch.zeros_like(embedding)
        loss = likelihood = torch.zeros((), device=states.device)
        for start in range(0, len(states), CHUNK_POSITIONS):
            part = slice(start, start + CHUNK_POSITIONS)
            part_loss, part_likelihood, gradient = chunk(states[part] @ matrix.T, labels[part])
            loss, likelihood = loss + part_loss, likelihood + part_likelihood
            state_gradient[part] = gradient @ matrix
            embedding_gradient += (gradient.T @ states[part]).float()
        context.save_for_backward(state_gradient, embedding_gradient)
        context.mark_non_differentiable(likelihood)
        return loss, likelihood

    @staticmethod
    def backward(context: Any, *outputs: Any) -> tuple[Tensor | None, ...]:
        state_gradient, embedding_gradient = context.saved_tensors
        scale = outputs[0]
        return state_gradient * scale.to(state_gradient.dtype), embedding_gradient * scale, None, None


def tied_loss(states: Tensor, embedding: Tensor, labels: Tensor, chunk: ChunkLoss) -> tuple[Tensor, Tensor]:
    """Return summed smoothed loss and negative log-likelihood (nats) of states (N, D) scored by an embedding (V, D).

    `chunk` is `chunk_loss` with its smoothing, compiled or not.
    """
    losses: tuple[Tensor, Tensor] = _TiedLoss.apply(states, embedding, labels, chunk)  # type: ignore[no-untyped-call]
    return losses
