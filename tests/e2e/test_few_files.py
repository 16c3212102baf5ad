"""Connections that do nothing: others find some left, and a process that may open few files has some for the rest."""

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

# What a client of gRPC sends first: its preface, and settings that change nothing.
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@contextmanager
def held(address: str, count: int, hello: bytes = b"") -> Iterator[None]:
    """Hold connections that send no more than `hello`, as far as the server lets them be."""
    host, _, port = address.rpartition(":")
    with ExitStack() as stack:
        for _ in range(count):
            line = stack.enter_context(socket.create_connection((host, int(port)), timeout=TIMEOUT_S))
            line.sendall(hello)
        yield


def test_idle_clients_leave_room_for_probes(start: Callable[..., Server]) -> None:
    """As many as four for each of the calls that a pod takes, and more, at both doors; the metrics tell of them."""
    http = free_address()
    server = start(TALMACH_HTTP_ADDRESS=http, TALMACH_MAX_CONCURRENT_CALLS="64")
    with held(server.address, 300, HELLO), held(http, 300):
        server.wait_until(lambda: server.metric("talmach_connections") >= 600)
        assert server.health() == "SERVING"
        with urllib.request.urlopen(f"http://{http}/health", timeout=TIMEOUT_S) as answer:
            assert answer.status == 200
        assert server.metric("talmach_max_connections") == 2 * 1_024
    server.wait_until(lambda: server.metric("talmach_connections") < 10)
    assert server.end() == 0


@pytest.mark.skipif(not shutil.which("prlimit"), reason="prlimit is not here")
@pytest.mark.parametrize("door", ["grpc", "http"])
def test_connections_that_do_nothing(start: Callable[..., Server], door: str) -> None:
    """Three times more than there are files, at one door: the page of metrics answers, and so does the other door."""
    http = free_address()
    server = start(command=["prlimit", "--nofile=64:128", *COMMAND], TALMACH_HTTP_ADDRESS=http)
    assert server.metric("process_max_fds") == 128
    with held(server.address if door == "grpc" else http, 400):
        time.sleep(2)
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
