"""The real server as a process, and what /proc and its own metrics page say about it (Linux)."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# The same sentences come round after round: with a cache, it is the cache that would be measured.
WITHOUT_MEMORY: Mapping[str, str] = {"TALMACH_CACHE_MIB": "0"}

_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 60.0
_KIB = 1_024
_CHANCE = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process holds at one moment."""

    rss_mib: float
    peak_rss_mib: float  # since its start
    threads: int
    fds: int


class ServerProcess:
    """A running `talmach serve` on loopback."""

    def __init__(self, address: str = "", /, **variables: str) -> None:
        """Start it with TALMACH_* `variables` and wait until it serves; raises RuntimeError when it does not."""
        self.address, self._metrics_address = address or free_address(), free_address()
        self.http_address = variables.get("TALMACH_HTTP_ADDRESS", "")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TALMACH_")}
        settings = {"TALMACH_METRICS_ADDRESS": self._metrics_address, "TALMACH_LOG_LEVEL": "warning"}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "talmach", "serve", "--address", self.address],
            env={**kept, **settings, **variables},
            stderr=self._log,
        )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def stop(self) -> int:
        """Let it drain, or kill it when it takes too long; return the exit status."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._log.close()

    def kill(self) -> None:
        """End it as the system does when memory is short."""
        self._process.kill()
        self._process.wait()

    def footprint(self) -> Footprint:
        """Return memory, threads and open files now."""
        return footprint(self._process.pid)

    def cpu_s(self) -> float:
        """Return the processor time that it has used."""
        return cpu_s(self._process.pid)

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples."""
        lines = self._metrics_page().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split()[0] == name)

    def _metrics_page(self) -> str:
        with urllib.request.urlopen(f"http://{self._metrics_address}/metrics", timeout=60) as page:
            return str(page.read().decode())

    def _wait(self) -> None:
        end = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < end and self.is_running:
            # The metrics page comes up before the models are loaded; the callers wait for SERVING themselves.
            with suppress(OSError):
                self._metrics_page()
                return
            time.sleep(0.1)
        self._log.seek(0)
        raise RuntimeError(f"the server does not start: {self._log.read().decode(errors='replace')}")


def footprint(pid: int) -> Footprint:
    """Return what a process holds now."""
    directory = Path("/proc") / str(pid)
    lines = (directory / "status").read_text(encoding="ascii", errors="replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return Footprint(
        rss_mib=int(fields["VmRSS"].split()[0]) / _KIB,
        peak_rss_mib=int(fields["VmHWM"].split()[0]) / _KIB,
        threads=int(fields["Threads"]),
        fds=sum(1 for _ in (directory / "fd").iterdir()),
    )


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = (Path("/proc") / str(pid) / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_address() -> str:
    """Return a loopback address whose port is free, and stays so: the system gives out ports above these."""
    while True:
        port = _CHANCE.randrange(10_000, 16_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return f"127.0.0.1:{port}"
