"""Losses whose gradients are worth computing by hand."""

from typing import Any

import torch
from torch import Tensor


class _SmoothedCrossEntropy(torch.autograd.Function):
    """Computes the gradient in the forward pass, so that the (N, vocabulary) matrix is walked through three times, not
    ten.
    """

    @staticmethod
    def forward(context: Any, logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
        log_probabilities = logits.float().log_softmax(-1)
        vocabulary_size = logits.shape[-1]
        rows = torch.arange(len(labels), device=labels.device)
        picked = log_probabilities[rows, labels]
        loss = -(1 - smoothing) * picked.sum() - smoothing * log_probabilities.sum() / vocabulary_size
        gradient = log_probabilities.exp_().sub_(smoothing / vocabulary_size)
        gradient[rows, labels] -= 1 - smoothing
        context.save_for_backward(gradient.to(logits.dtype))
        return loss

    @staticmethod
    def backward(context: Any, *outputs: Any) -> tuple[Tensor | None, ...]:
        (gradient,) = context.saved_tensors
        return gradient * outputs[0].to(gradient.dtype), None, None


def smoothed_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Return the summed cross entropy (nats) of logits (N, vocabulary) against labels (N,) smoothed towards uniform."""
    loss: Tensor = _SmoothedCrossEntropy.apply(logits, labels, smoothing)  # type: ignore[no-untyped-call]
    return loss
