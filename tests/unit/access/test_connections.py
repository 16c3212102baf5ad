"""Connections: as many as the calls may need, and never so many that no file is left for anything else."""

import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from talmach.access.connections import max_connections, open_connections, raise_file_limit

Limits = Callable[[int, int], None]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Set the soft and the hard limit, of this process in appearance only."""
    now = [0, 0]
    monkeypatch.setattr(resource, "getrlimit", lambda kind: tuple(now))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, given: now.__setitem__(slice(None), given))

    def limit(soft: int, hard: int) -> None:
        now[:] = soft, hard

    return limit


@pytest.mark.parametrize(
    ("calls", "files", "connections"),
    [
        (1_000, resource.RLIM_INFINITY, 4_000),
        (1_000, 100_000, 4_000),
        (64, 100_000, 1_024),
        (1_000, 500, 218),
        (64, 500, 218),
        (64, 64, 8),
        (64, 20, 8),
    ],
)
def test_the_doors_share_the_files(limits: Limits, calls: int, files: int, connections: int) -> None:
    """As many as calls may need, and as others hold idle; half of the files for each, of few files a few."""
    limits(files, files)
    assert max_connections(calls) == connections


def test_connections_of_a_port_are_counted() -> None:
    """By both families; neither the port itself nor the callers' ends, and not those that were closed."""
    for address, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with socket.create_server((address, 0), family=family) as server, ExitStack() as stack:
            port = server.getsockname()[1]
            assert open_connections(port) == 0
            for count in (1, 2):
                stack.enter_context(socket.create_connection((address, port)))
                taken, _ = server.accept()
                stack.enter_context(taken)
                assert open_connections(port) == count
            taken.close()
            assert open_connections(port) == 1


WITHOUT_FILES = """
import itertools, os, resource
from contextlib import suppress
from talmach.access.connections import open_connections
from talmach.rpc.connections import hang_up
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
with suppress(OSError):
    for _ in itertools.count():
        os.dup(0)
hang_up(80)
print(open_connections(80))
"""


def test_without_a_file_to_look_with() -> None:
    """Nobody can tell how many there are, and nothing else fails for that."""
    process = subprocess.run([sys.executable, "-c", WITHOUT_FILES], capture_output=True, text=True, check=False)
    assert (process.stdout, process.stderr) == ("nan\n", "")


def test_the_soft_limit_becomes_the_hard_one(limits: Limits) -> None:
    """What the system allows is used without anybody asking for it."""
    limits(1_024, 20_000)
    raise_file_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (20_000, 20_000)


def test_a_limit_that_cannot_be_raised_is_kept(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems refuse their own hard limit; the server starts all the same."""

    def refuse(kind: int, given: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    limits(256, 20_000)
    monkeypatch.setattr(resource, "setrlimit", refuse)
    raise_file_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (256, 20_000)
