"""The program as a user starts it: commands that end, and servers that run."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

DATA = Path(__file__).parents[1] / "data"
COMMAND = (sys.executable, "-m", "talmach")
NAUGHTY_COMMAND = (sys.executable, str(Path(__file__).with_name("naughty.py")))
TIMEOUT_S = 120


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with `variables`, and without the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TALMACH_")}
    return {**kept, **variables}


def _ports() -> Iterator[int]:
    """Yield ports in an order of chance, none twice, and none that a process of the same run of the tests yields."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % processes
    ports = list(range(16_000 + own, 32_000, processes))
    random.SystemRandom().shuffle(ports)
    return itertools.cycle(ports)


_PORTS = _ports()


def free_address() -> str:
    """Return a loopback address whose port is free, and stays so: the system gives out ports above these."""
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return f"127.0.0.1:{port}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended; texts with line ends as they are."""

    status: int
    stdout: str
    stderr: str


def talmach(*arguments: str, stdin: str = "", **variables: str) -> Result:
    """Run `talmach ARGUMENTS` to its end, with TALMACH_* and other `variables`."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin.encode(),
        capture_output=True,
        env=environment(variables),
        timeout=TIMEOUT_S,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def benchmark(name: str, *arguments: str) -> Result:
    """Run `python -m benchmarks.NAME ARGUMENTS` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=Path(__file__).parents[2],
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=3 * TIMEOUT_S,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Server:
    """A running `talmach serve`; its log is a file."""

    process: subprocess.Popen[bytes]
    address: str
    metrics_address: str
    log: Path

    @classmethod
    def start(
        cls,
        directory: Path,
        command: Sequence[str] = COMMAND,
        address: str = "",
        until: Sequence[str] = ("SERVING",),
        **variables: str,
    ) -> "Server":
        """Start one on free ports, with TALMACH_* `variables`, and return when its health is one of `until`."""
        log, address, metrics_address = directory / "log", address or free_address(), free_address()
        settings = {"TALMACH_METRICS_ADDRESS": metrics_address, **variables}
        with log.open("ab") as stream:
            process = subprocess.Popen(
                [*command, "serve", "--address", address], env=environment(settings), stderr=stream
            )
        server = cls(process, address, metrics_address, log)
        if until:
            try:
                server.wait_until(lambda: server.health() in until)
            except BaseException:
                server.kill()
                raise
        return server

    def health(self, service: str = "") -> str:
        """Return what the server says of itself or of a part, or the code of the call when it says nothing."""
        request = health_pb2.HealthCheckRequest(service=service)
        with grpc.insecure_channel(self.address) as channel:
            try:
                reply = health_pb2_grpc.HealthStub(channel).Check(request, timeout=30)
            except grpc.RpcError as error:
                return str(error.code().name)
            return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples on the server's page."""
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics", timeout=TIMEOUT_S) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split()[0] == name)

    def calls(self) -> float:
        """Return how many calls have come so far, those that have ended included."""
        return self.metric("talmach_rpc_requests_total") + self.metric("talmach_rpc_in_flight")

    def logged(self, event: str, at_least: int = 1) -> list[dict[str, Any]]:
        """Return the lines of one kind of event; a thread writes them after the answer, so they are waited for."""
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            has_ended = self.process.poll() is not None
            whole = self.log.read_text(encoding="utf-8").split("\n")[:-1]
            lines = [json.loads(line) for line in whole if line[:1] == "{"]
            found[:] = [line for line in lines if line["event"] == event]
            return has_ended or len(found) >= at_least

        self.wait_until(is_there)
        return found

    def wait_until(self, is_reached: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> None:
        """Wait for a state of the server; fails when the process ends before it, or time does."""
        end = time.monotonic() + timeout_s
        while not is_reached():
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < end, "the state was not reached"
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT_S)

    def kill(self) -> None:
        """End it for certain."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
