"""A process that may open few files: strangers who take connections leave some for everything else."""

import asyncio
import shutil
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.e2e.callers import ask_once
from tests.e2e.program import COMMAND, TIMEOUT_S, Server, free_address

pytestmark = pytest.mark.skipif(not shutil.which("prlimit"), reason="prlimit is not here")


@contextmanager
def held(address: str, count: int) -> Iterator[None]:
    """Hold connections that send nothing, as far as the server lets them be."""
    host, _, port = address.rpartition(":")
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=TIMEOUT_S))
        time.sleep(2)
        yield


@pytest.mark.parametrize("door", ["grpc", "http"])
def test_connections_that_do_nothing(start: Callable[..., Server], door: str) -> None:
    """Three times more than there are files, at one door: the page of metrics answers, and so does the other door."""
    http = free_address()
    server = start(command=["prlimit", "--nofile=64:128", *COMMAND], TALMACH_HTTP_ADDRESS=http)
    assert server.metric("process_max_fds") == 128
    with held(server.address if door == "grpc" else http, 400):
        # One that is closed at once has a file for that moment, and on a busy machine they come for longer.
        server.wait_until(lambda: server.metric("process_open_fds") < 120)
        if door == "http":
            assert asyncio.run(ask_once(server.address)).code == "OK"
        else:
            with urllib.request.urlopen(f"http://{http}/health", timeout=TIMEOUT_S) as answer:
                assert answer.status == 200
    server.wait_until(lambda: server.health() == "SERVING")
    assert server.end() == 0
    assert len(server.logged("library.logged", at_least=0)) <= 20
