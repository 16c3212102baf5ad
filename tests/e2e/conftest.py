"""The program as a user starts it, with the models that come with talmach."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 120
_COMMAND = [sys.executable, "-m", "talmach"]


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with `variables`, without its own TALMACH_* but for the models."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TALMACH_")}
    if "TALMACH_MODELS_DIR" in os.environ:
        kept["TALMACH_MODELS_DIR"] = os.environ["TALMACH_MODELS_DIR"]
    return {**kept, **variables}


def free_address() -> str:
    """Return a loopback address whose port is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


def talmach(*arguments: str, stdin: str = "", **variables: str) -> Result:
    """Run `talmach ARGUMENTS` to its end; texts are UTF-8 with line ends as they are."""
    done = subprocess.run(
        [*_COMMAND, *arguments],
        input=stdin.encode(),
        capture_output=True,
        env=environment(variables),
        timeout=TIMEOUT_S,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True, slots=True)
class Server:
    """A running `talmach serve`."""

    process: subprocess.Popen[bytes]
    address: str
    metrics_address: str

    def health(self) -> str:
        """Return what the server says about itself, or the code of the call when it says nothing."""
        with grpc.insecure_channel(self.address) as channel:
            try:
                reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            except grpc.RpcError as error:
                return str(error.code().name)
            return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))

    def wait_until(self, is_reached: Callable[[], bool]) -> None:
        """Wait for a state of the server; fails when the process ends or takes too long."""
        end = time.monotonic() + TIMEOUT_S
        while not is_reached():
            assert self.process.poll() is None, f"talmach serve ended with {self.process.returncode}"
            assert time.monotonic() < end, "the state was not reached"
            time.sleep(0.05)

    def terminate(self, signal_number: int = signal.SIGTERM) -> int:
        """Send the signal and return the exit status."""
        self.process.send_signal(signal_number)
        return self.process.wait(TIMEOUT_S)


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers that serve when the call returns; those still running at the end are killed."""
    servers = []

    def start(**variables: str) -> Server:
        address, metrics_address = free_address(), free_address()
        log = (tmp_path_factory.mktemp("serve") / "log").open("wb")
        process = subprocess.Popen(
            [*_COMMAND, "serve", "--address", address],
            env=environment({"TALMACH_METRICS_ADDRESS": metrics_address, **variables}),
            stderr=log,
        )
        log.close()
        servers.append(Server(process, address, metrics_address))
        servers[-1].wait_until(lambda: servers[-1].health() == "SERVING")
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.fixture(scope="session")
def server(start: Callable[..., Server]) -> Server:
    """One server for all tests that do not harm it."""
    return start()
