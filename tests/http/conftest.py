import io
from collections.abc import AsyncIterator

import pytest

from tests.http.harness import Served, served


@pytest.fixture(autouse=True)
def _every_test_is_logged(log: io.StringIO) -> None:
    """Logs are read by some tests, and clutter the output of none."""


@pytest.fixture
async def site() -> AsyncIterator[Served]:
    """A server with a naughty engine, ready to serve."""
    async with served() as server:
        yield server
