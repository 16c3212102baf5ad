"""A real Redis on a free port of this machine."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import free_address


class RedisServer:
    """A process of redis-server that can be killed and started again on the same port."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        address = free_address()
        self._port = address.rpartition(":")[2]
        self.url = f"redis://{address}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        log = self._directory / "redis.log"
        log.unlink(missing_ok=True)
        options = ["--port", self._port, "--bind", "127.0.0.1", "--save", "", "--dir", str(self._directory)]
        program = shutil.which("redis-server") or ""
        self._process = subprocess.Popen([program, *options, "--logfile", str(log)])
        give_up_at = time.monotonic() + 60
        while not (log.exists() and "Ready to accept connections" in log.read_text(errors="replace")):
            assert self._process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < give_up_at, "Redis does not listen"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Return a running Redis."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()
