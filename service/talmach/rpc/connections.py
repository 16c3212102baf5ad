"""Connections of this process: gRPC closes them with its server, but not the way callers need it."""

import socket
from contextlib import suppress

from talmach.access.connections import is_listening, sockets_at


def hang_up(port: int) -> None:
    """Close a port that this process listens on, and every connection to it; what was sent before still arrives.

    A gRPC server that stops answers calls that have just arrived with a bare CANCELLED, as if their callers had wanted
    that. When the connection is closed they see UNAVAILABLE instead, which clients retry elsewhere. The port goes
    first, because they connect anew at once.
    """
    with suppress(OSError):  # no file is left to look with
        for is_port in (True, False):
            for each in sockets_at(port):
                if is_listening(each) is is_port:
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
