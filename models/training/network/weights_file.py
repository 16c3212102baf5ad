"""Reads the `model.bin` of an exported model back into numpy, so that training can go on from what is embedded.

The layout is that of `ctranslate2.specs.ModelSpec.save`, binary version 6: name and revision, then per variable its
name, rank, dimensions, type and bytes, then aliases; strings are counted with their final zero.
"""

from io import BufferedReader
from pathlib import Path
from struct import calcsize, unpack

import numpy as np
from numpy.typing import NDArray

_VERSION = 6
_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
_SCALE = "_scale"


def read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the floating-point weights by the name of their variable, int8 matrices (m, n) multiplied out by row.

    Raises:
        ValueError: the file has another binary version.
    """
    variables, aliases = _read(path)
    weights = {
        name: _dequantised(value, variables.get(name + _SCALE))
        for name, value in variables.items()
        if not name.endswith(_SCALE) and value.ndim > 0
    }
    return weights | {alias: weights[name] for alias, name in aliases.items() if name in weights}


def read_heads(path: Path) -> int:
    """Return the number of attention heads, the only size that no matrix shows; raises what `read_weights` raises."""
    return int(_read(path)[0]["encoder/num_heads"])


def _read(path: Path) -> tuple[dict[str, NDArray[np.generic]], dict[str, str]]:
    with path.open("rb") as file:
        version = _number(file, "I")
        if version != _VERSION:
            raise ValueError(f"{path}: binary version {version}, this reader knows {_VERSION}")
        _string(file), _number(file, "I")  # name and revision of the specification
        variables = dict(_variable(file) for _ in range(_number(file, "I")))
        aliases = {_string(file): _string(file) for _ in range(_number(file, "I"))}
    return variables, aliases


def _dequantised(value: NDArray[np.generic], scale: NDArray[np.generic] | None) -> NDArray[np.float32]:
    weights = value.astype(np.float32)
    return weights if scale is None else weights / scale.astype(np.float32)[:, None]


def _variable(file: BufferedReader) -> tuple[str, NDArray[np.generic]]:
    name = _string(file)
    shape = [_number(file, "I") for _ in range(_number(file, "B"))]
    dtype = _TYPES[_number(file, "B")]
    return name, np.frombuffer(file.read(_number(file, "I")), dtype).reshape(shape)


def _string(file: BufferedReader) -> str:
    return file.read(_number(file, "H"))[:-1].decode()


def _number(file: BufferedReader, code: str) -> int:
    return int(unpack(f"<{code}", file.read(calcsize(f"<{code}")))[0])
