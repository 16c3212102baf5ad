"""Connections of this process: gRPC closes them with its server, but not the way callers need it."""

import os
import socket
from contextlib import suppress
from pathlib import Path


def hang_up(port: int) -> None:
    """Close every connection to a port that this process listens on; what was sent before still arrives.

    A gRPC server that stops answers calls that have just arrived with a bare CANCELLED, as if their callers had wanted
    that. When the connection is closed they see UNAVAILABLE instead, which clients retry elsewhere.
    """
    for path in Path("/dev/fd").glob("*"):
        if not path.is_socket():
            continue
        with suppress(OSError), socket.socket(fileno=os.dup(int(path.name))) as connection:
            is_ours = connection.family in (socket.AF_INET, socket.AF_INET6) and connection.getsockname()[1] == port
            if is_ours and connection.getpeername():
                connection.shutdown(socket.SHUT_RDWR)
