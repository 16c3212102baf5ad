"""How many connections a door may have: each takes a file of the process, and without one nothing else works either."""

import math
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":  # where files have no such limit
    import resource

_PER_CALL = 4
# Whoever does nothing holds one all the same: each process that has a client, probes, whoever looks at metrics.
_FEWEST_WANTED = 1_024
_DOORS = 2
_OTHER_FILES = 64  # the log, the metrics page, Redis, traces, files that are read again
_FEWEST = 8


def raise_file_limit() -> None:
    """Let the process open all the files that it is allowed to; most systems start it with a thousand."""
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # a system may have a limit of its own, below what it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def max_connections(max_calls: int) -> int:
    """Return the connections of one door: four for each call, but 1,024 at least; of the process's files, half at most.

    That many cost little: docs/operations.md tells what was measured.
    """
    wanted = max(_PER_CALL * max_calls, _FEWEST_WANTED)
    if sys.platform == "win32":
        return wanted
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(_FEWEST, (files - _OTHER_FILES) // _DOORS))


def open_connections(port: int) -> float:
    """Return how many connections of this process there are at a port that it listens on.

    NaN where nobody can tell, since no file is left to look with.
    """
    try:
        return sum(not is_listening(each) for each in sockets_at(port))
    except OSError:
        return math.nan


def sockets_at(port: int) -> Iterator[socket.socket]:
    """Yield the TCP sockets of this process at one of its ports, as duplicates that are closed at the next one.

    Raises:
        OSError: the process has no file left.

    """
    for path in filter(Path.is_socket, Path("/dev/fd").glob("*")):
        with suppress(OSError), socket.socket(fileno=os.dup(int(path.name))) as each:
            if each.family in {socket.AF_INET, socket.AF_INET6} and each.getsockname()[1] == port:
                yield each


def is_listening(each: socket.socket) -> bool:
    """Say whether a socket takes connections, and is none itself."""
    return bool(each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
