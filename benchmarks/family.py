"""What a process and all that it started take of the machine, from /proc."""

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_MIB = os.sysconf("SC_PAGESIZE") / (1 << 20)
_PARENT, _USER, _SYSTEM, _RSS = 1, 11, 12, 21  # fields of /proc/PID/stat after the name


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory at a time since the start, of all processes and of the largest; shared pages count in each."""

    seconds: float
    all_mib: float
    largest_mib: float


@dataclass(slots=True)
class Family:
    """Watches a process and its descendants in a thread until it is told to stop."""

    process: int
    interval_s: float = 1.0
    samples: list[Memory] = field(default_factory=list)
    _cpu_s: dict[int, float] = field(default_factory=dict)  # of each process, when it was last seen
    _is_over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        assert self._thread is not None
        self._thread.join()

    @property
    def cpu_s(self) -> float:
        """Processor time of everybody, up to the last look."""
        return sum(self._cpu_s.values())

    def _watch(self) -> None:
        began = time.monotonic()
        while not self._is_over.wait(self.interval_s):
            fields = _family(self.process)
            self._cpu_s |= {pid: (int(each[_USER]) + int(each[_SYSTEM])) / _TICKS for pid, each in fields.items()}
            if sizes := [int(each[_RSS]) * _PAGE_MIB for each in fields.values()]:
                self.samples.append(Memory(time.monotonic() - began, sum(sizes), max(sizes)))


def _family(process: int) -> dict[int, list[str]]:
    """Return the fields of /proc/PID/stat of a process and its descendants."""
    everybody = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            everybody[int(directory.name)] = (directory / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
    found = {process}
    while more := {pid for pid, each in everybody.items() if int(each[_PARENT]) in found} - found:
        found |= more
    return {pid: everybody[pid] for pid in found if pid in everybody}
