"""Connections of this process: gRPC closes them with its server, but not the way callers need it."""

import os
import socket
from contextlib import ExitStack, suppress
from pathlib import Path


def hang_up(port: int) -> None:
    """Close a port that this process listens on, and every connection to it; what was sent before still arrives.

    A gRPC server that stops answers calls that have just arrived with a bare CANCELLED, as if their callers had wanted
    that. When the connection is closed they see UNAVAILABLE instead, which clients retry elsewhere. The port goes
    first, because they connect anew at once.
    """
    with ExitStack() as stack:
        listeners: list[socket.socket] = []
        connections: list[socket.socket] = []
        for path in filter(Path.is_socket, Path("/dev/fd").glob("*")):
            with suppress(OSError):
                each = stack.enter_context(socket.socket(fileno=os.dup(int(path.name))))
                if each.family in (socket.AF_INET, socket.AF_INET6) and each.getsockname()[1] == port:
                    is_listener = each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                    (listeners if is_listener else connections).append(each)
        for each in (*listeners, *connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
