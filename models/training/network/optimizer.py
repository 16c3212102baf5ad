"""Muon for the matrices, Adam for everything else.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) replaces a matrix's momentum by its nearest
semi-orthogonal matrix, found with five Newton-Schulz iterations. torch.optim.Muon walks matrix by matrix; stacking
equal shapes into one batched product is what makes it cheap for many small matrices.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.training.network.transformer import fastest_dtype

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_MOMENTUM = 0.95


def orthogonalize(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Return the approximate orthogonal factors of matrices (k, m, n), in the fastest type of their device."""
    a, b, c = _COEFFICIENTS
    x = matrices.to(fastest_dtype(matrices.device))
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(a * x, b * gram + c * (gram @ gram), x)
    return x.mT if tall else x


class Optimizer:
    """Updates a network's parameters: those of shape (maps, m, n) by Muon, all others by Adam."""

    def __init__(self, parameters: Mapping[str, Tensor], muon_rate: float, adam_rate: float, clip: float) -> None:
        self._parameters = list(parameters.values())
        self._rates = muon_rate, adam_rate
        self._clip = clip
        self._matrices: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
        for parameter in self._parameters:
            if parameter.ndim == 3:
                self._matrices[parameter.shape[1], parameter.shape[2]].append(parameter)
        self._momenta = [torch.cat([torch.zeros_like(matrix) for matrix in same]) for same in self._matrices.values()]
        others = [parameter for parameter in self._parameters if parameter.ndim != 3]
        self._adam = torch.optim.Adam(
            others, lr=adam_rate, betas=(0.9, 0.98), eps=1e-9, fused=self._parameters[0].is_cuda
        )

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """Update every parameter at `factor` times the learning rates, and forget the gradients."""
        torch.nn.utils.clip_grad_norm_(self._parameters, self._clip)
        muon_rate, adam_rate = self._rates
        for ((rows, columns), same), momentum in zip(self._matrices.items(), self._momenta, strict=True):
            gradient = torch.cat([matrix.grad for matrix in same])
            momentum.lerp_(gradient, 1 - _MOMENTUM)
            update = orthogonalize(gradient.lerp(momentum, _MOMENTUM)).float()  # Nesterov
            update *= -muon_rate * factor * max(1.0, rows / columns) ** 0.5
            torch._foreach_add_(same, list(update.split([len(matrix) for matrix in same])))
        for group in self._adam.param_groups:
            group["lr"] = adam_rate * factor
        self._adam.step()
        for parameter in self._parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` takes back."""
        return {"momenta": self._momenta, "adam": self._adam.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of another run of the same network."""
        for momentum, saved in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(saved)
        self._adam.load_state_dict(state["adam"])
