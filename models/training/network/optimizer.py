"""Muon for the matrices, Adam for everything else.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) replaces a matrix's momentum by its nearest
semi-orthogonal matrix, found with five Newton-Schulz iterations. torch.optim.Muon walks matrix by matrix; stacking
equal shapes into one batched product is what makes it cheap for many small matrices.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from models.training.network.transformer import fastest_dtype

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalize(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Return the approximate orthogonal factors of matrices (k, m, n), in the fastest type of their device."""
    a, b, c = _COEFFICIENTS
    x = matrices.to(fastest_dtype(matrices.device))
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised over the last two dimensions of parameters (maps, m, n)."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient; a closure is not supported."""
        assert closure is None
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                by_shape[tuple(parameter.shape[-2:])].append(parameter)
            for parameters in by_shape.values():
                self._update(parameters, group)

    def _update(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        directions = []
        for parameter in parameters:
            assert parameter.grad is not None
            momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
            momentum.lerp_(parameter.grad, 1 - group["momentum"])
            directions.append(parameter.grad.lerp(momentum, group["momentum"]))  # Nesterov
        updates = orthogonalize(torch.cat(directions))
        scale = max(1.0, updates.shape[-2] / updates.shape[-1]) ** 0.5
        for parameter, update in zip(parameters, updates.split([len(p) for p in parameters]), strict=True):
            parameter.add_(update.to(parameter.dtype), alpha=-group["lr"] * scale)
