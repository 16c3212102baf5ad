import io
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from talmach.log import configure_logging
from tests.http.harness import Served, served


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """Everything that is logged during a test, as lines of JSON."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    configure_logging("debug", "json", stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
async def site() -> AsyncIterator[Served]:
    """A server with a naughty engine, ready to serve."""
    async with served() as server:
        yield server
