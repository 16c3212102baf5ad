import io
from collections.abc import AsyncIterator

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
