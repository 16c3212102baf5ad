import io
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from tests.rpc.harness import Running, running


@pytest.fixture(autouse=True)
def _every_test_is_logged(log: io.StringIO) -> None:
    """Logs are read by some tests, and clutter the output of none."""


@pytest.fixture
async def served() -> AsyncIterator[Running]:
    """A server with a naughty engine, ready to serve."""
    async with running() as server:
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a minute of a client's wait for a server last 0.6 s, while each question may take as long as in a minute."""
    clock = SimpleNamespace(monotonic=lambda: 100 * time.monotonic())
    monkeypatch.setattr("talmach.client.waiting.time", clock)
