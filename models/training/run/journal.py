"""The log of a run: on the console and in a file beside the weights, each line with the seconds since the start."""

import resource
import time
from pathlib import Path

import torch

_KIBIBYTES_PER_GIB = 2**20


class Journal:
    """Writes lines to the console and to a file."""

    def __init__(self, path: Path, began_s: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._began_s = began_s

    def say(self, line: str) -> None:
        """Write one line at once, so that a killed run loses none."""
        stamped = f"[{time.monotonic() - self._began_s:6.1f}] {line}"
        with self._path.open("a", encoding="utf-8") as file:
            print(stamped, file=file)
        print(stamped, flush=True)


def memory(device: torch.device) -> str:
    """Return the most memory that was taken so far: on the device, or of this process."""
    if device.type == "cuda":
        taken, reserved = torch.cuda.max_memory_allocated(device), torch.cuda.max_memory_reserved(device)
        return f"{taken / 2**30:.1f} GiB of the device taken, {reserved / 2**30:.1f} reserved"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIBIBYTES_PER_GIB:.1f} GiB resident"
