"""Servers for the tests; all of them are gone when the tests are over."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.program import Server


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers, with settings as TALMACH_* variables."""
    servers: list[Server] = []

    def start(**variables: str) -> Server:
        servers.append(Server.start(tmp_path_factory.mktemp("serve"), **variables))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def server(start: Callable[..., Server]) -> Server:
    """One server for all tests that do it no harm."""
    return start()
