"""How many connections a door may have: each takes a file of the process, and without one nothing else works either."""

import sys
from contextlib import suppress

if sys.platform != "win32":  # where files have no such limit
    import resource

_PER_CALL = 4
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
    """Return the connections of one door: four for each call, unless the files that the process may open are fewer."""
    wanted = _PER_CALL * max_calls
    if sys.platform == "win32":
        return wanted
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(_FEWEST, (files - _OTHER_FILES) // _DOORS))
