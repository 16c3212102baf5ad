"""Trained weights as files of at most 15 MiB, in bfloat16 or in int8, which keeps all that the service would.

`NAME.FORMAT.00`, `.01`, ... joined together are the length of a JSON header (8 bytes, little-endian), the header, and
the arrays that it lists: matrices as int8 with a scale for each row, as CTranslate2 quantises them, or as bfloat16;
gains as float32; the vocabulary's bytes.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models.training import experiment as experiments
from models.training.experiment import Experiment

PART_BYTES = 15 * 2**20
FORMATS = ("int8", "bfloat16")
_VOCABULARY, _SCALE = "vocabulary", "/scale"
_DTYPES = {"uint8": torch.uint8, "int8": torch.int8, "float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Weights:
    """What one training run left."""

    experiment: Experiment
    progress: Mapping[str, float]
    parameters: dict[str, Tensor]  # by the names of the network, float32
    vocabulary: bytes  # of the SentencePiece model


def write(folder: Path, name: str, weights: Weights, number_format: str) -> None:
    """Write all parts of `weights`, replacing those of an earlier run."""
    arrays, index, offset = [], [], 0
    for key, tensor in _stored(weights, number_format):
        raw = tensor.cpu().contiguous().view(torch.uint8).numpy().tobytes()
        index.append((key, str(tensor.dtype).removeprefix("torch."), list(tensor.shape), offset))
        arrays.append(raw)
        offset += len(raw)
    header = json.dumps(
        {
            "experiment": experiments.to_dict(weights.experiment),
            "progress": dict(weights.progress),
            "arrays": index,
        }
    ).encode()
    data = b"".join((len(header).to_bytes(8, "little"), header, *arrays))
    for path in _paths(folder, name, number_format):
        path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for part, start in enumerate(range(0, len(data), PART_BYTES)):
        (folder / f"{name}.{number_format}.{part:02d}").write_bytes(data[start : start + PART_BYTES])


def read(folder: Path, name: str) -> Weights:
    """Read the weights `name` from their parts, the more exact format when there are both.

    Raises:
        FileNotFoundError: there is no part, or one is missing.
    """
    paths = _paths(folder, name, "bfloat16") or _paths(folder, name, "int8")
    data = bytearray(b"".join(path.read_bytes() for path in paths))
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin] or "{}")
    arrays: dict[str, Tensor] = {}
    for key, dtype, shape, offset in header.get("arrays", ()):
        count = math.prod(shape)
        if len(data) < begin + offset + count * _DTYPES[dtype].itemsize:
            raise FileNotFoundError(f"{folder / name}: a part is missing after {paths[-1].name}")
        arrays[key] = torch.frombuffer(data, dtype=_DTYPES[dtype], count=count, offset=begin + offset).reshape(shape)
    if _VOCABULARY not in arrays:
        raise FileNotFoundError(f"{folder / name}: no weights here, expected {name}.int8.00 and so on")
    vocabulary = arrays.pop(_VOCABULARY).numpy().tobytes()
    parameters = {
        key: value.float() / arrays[key + _SCALE] if key + _SCALE in arrays else value.float()
        for key, value in arrays.items()
        if not key.endswith(_SCALE)
    }
    return Weights(experiments.from_dict(header["experiment"]), header["progress"], parameters, vocabulary)


def _stored(weights: Weights, number_format: str) -> Iterator[tuple[str, Tensor]]:
    for key, parameter in weights.parameters.items():
        value = parameter.detach().float()
        if value.ndim == 1:
            yield key, value
        elif number_format == "bfloat16":
            yield key, value.bfloat16()
        else:
            scale = 127 / value.abs().amax(-1, keepdim=True).clamp(min=1e-12)
            yield key, (value * scale).round().to(torch.int8)
            yield key + _SCALE, scale
    yield _VOCABULARY, torch.frombuffer(bytearray(weights.vocabulary), dtype=torch.uint8)


def _paths(folder: Path, name: str, number_format: str) -> list[Path]:
    return sorted(folder.glob(f"{name}.{number_format}.[0-9][0-9]"))
