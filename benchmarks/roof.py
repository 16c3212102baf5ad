"""The rate of int8 matrix products on this machine, measured beside the engine, and how much of it the model needs."""

import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch

from models.training.network.weights_file import read_weights

# Rows, inputs, outputs: a decoding step of 32 sentences, an encoder's batch, and one that only wants to be fast.
SHAPES = ((32, 256, 704), (512, 256, 1_408), (512, 512, 2_816), (1_024, 2_048, 2_048))
_SECONDS = 0.25
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Rate:
    """The fastest product found."""

    gops: float  # 10^9 multiplications and additions per second
    how: str


class Roof:
    """FBGEMM's int8 products (PyTorch), weights packed beforehand, on a number of threads."""

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        # oneDNN's products end some processes on machines without VNNI, and torch._int_mm is not vectorised there.
        torch.backends.quantized.engine = "fbgemm"
        warnings.simplefilter("ignore")  # that quantised tensors have a successor in the making

    def measure(self) -> Rate:
        """Return the best of all shapes: the highest roof that can be shown."""
        return max((_rate(*shape) for shape in SHAPES), key=lambda rate: rate.gops)


@dataclass(frozen=True, slots=True)
class Need:
    """Multiplications and additions with int8 weights that a model needs for one token."""

    ops_per_source_token: int
    ops_per_target_token: int

    @classmethod
    def of(cls, model: Path) -> "Need":
        """Count the entries of the matrices that each token meets once."""
        source = target = 0
        for name, weight in read_weights(model).items():
            if weight.ndim != 2 or "embeddings" in name:  # noqa: PLR2004 - matrices; looking a row up is no product
                continue
            # Keys and values of the source are made once for each of its tokens, in the decoder's layers.
            if name.startswith("encoder/") or name.endswith("/attention/linear_1/weight"):
                source += 2 * weight.size
            else:
                target += 2 * weight.size
        return cls(source, target)

    def ops(self, source_tokens: int, target_tokens: int) -> int:
        """Return what so many tokens need, padding not counted."""
        return self.ops_per_source_token * source_tokens + self.ops_per_target_token * target_tokens


def _rate(rows: int, inputs: int, outputs: int) -> Rate:
    weight = torch.quantize_per_tensor(torch.randn(outputs, inputs), 0.05, 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(weight, None)
    x = torch.quantize_per_tensor(torch.randn(rows, inputs), 0.05, 64, torch.quint8)
    ops, best = 2 * rows * inputs * outputs, 0.0
    for _ in range(_REPEATS):
        products, started_at = 0, time.perf_counter()
        while (elapsed_s := time.perf_counter() - started_at) < _SECONDS / len(SHAPES):
            torch.ops.quantized.linear(x, packed, 0.1, 64)
            products += 1
        best = max(best, ops * products / elapsed_s)
    return Rate(best / 1e9, f"FBGEMM {rows}x{inputs}x{outputs}")
