"""Servers for the tests; all of them are gone when the tests are over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.e2e.program import NAUGHTY_COMMAND, Server


@contextmanager
def _starting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**options: Any) -> Server:
        servers.append(Server.start(tmp_path_factory.mktemp("serve"), **options))
        return servers[-1]

    try:
        yield start
    finally:
        for server in servers:
            server.kill()


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers, with settings as TALMACH_* variables; options as of `Server.start`."""
    with _starting(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def server(start: Callable[..., Server]) -> Server:
    """One server for all tests that do it no harm."""
    return start()


@pytest.fixture
def naughty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers with an engine that misbehaves as its text asks; they end with the test."""
    with _starting(tmp_path_factory) as start:
        # Without a cache, so that every call is work.
        yield partial(start, command=NAUGHTY_COMMAND, TALMACH_CACHE_MIB="0")
