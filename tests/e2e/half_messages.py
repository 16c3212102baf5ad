"""A caller that never finishes its message: HTTP/2 by hand, since no client of gRPC can do this."""

import select
import socket
import struct
from collections.abc import Callable

_DATA, _HEADERS, _SETTINGS, _PING, _WINDOW_UPDATE = 0, 1, 4, 6, 8
_ACK, _END_HEADERS = 1, 4
_INITIAL_WINDOW = 65_535
_FRAME = 16_384


def send_half(  # noqa: C901 - a small protocol in one place
    address: str, path: str, *, streams: int, size: int, until: Callable[[], bool]
) -> int:
    """Open `streams` calls of `path` on one connection, each with a message of `size` bytes that lacks its last one.

    Sends what the server takes until then, and returns how many bytes that were.
    """
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(_SETTINGS, 0, 0, b""))
        numbers = [2 * number + 1 for number in range(streams)]
        for number in numbers:
            line.sendall(_frame(_HEADERS, _END_HEADERS, number, _headers(path, address)))
        windows = dict.fromkeys([0, *numbers], _INITIAL_WINDOW)
        left = dict.fromkeys(numbers, size + 5 - 1)
        begun: set[int] = set()
        received, initial = b"", _INITIAL_WINDOW
        while not until():
            for number in numbers:
                count = min(windows[0], windows[number], left[number], _FRAME)
                if count > 0:
                    prefix = b"" if number in begun else struct.pack(">BI", 0, size)
                    begun.add(number)
                    line.sendall(_frame(_DATA, 0, number, prefix.ljust(count, b"x")))
                    windows[0] -= count
                    windows[number] -= count
                    left[number] -= count
            if not select.select([line], [], [], 0.05)[0]:
                continue
            if not (more := line.recv(1_000_000)):
                break
            received += more
            while len(received) >= 9 and len(received) >= 9 + (length := int.from_bytes(received[:3], "big")):
                kind, flags, stream = received[3], received[4], int.from_bytes(received[5:9], "big")
                payload, received = received[9 : 9 + length], received[9 + length :]
                if kind == _WINDOW_UPDATE and stream in windows:
                    windows[stream] += int.from_bytes(payload, "big")
                elif kind == _PING and not flags & _ACK:
                    line.sendall(_frame(_PING, _ACK, 0, payload))
                elif kind == _SETTINGS and not flags & _ACK:
                    for identifier, value in struct.iter_unpack(">HI", payload):
                        if identifier == 4:
                            windows |= {number: windows[number] + value - initial for number in numbers}
                            initial = value
                    line.sendall(_frame(_SETTINGS, _ACK, 0, b""))
        return sum(size + 4 - rest for rest in left.values())


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _headers(path: str, authority: str) -> bytes:
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": authority,
        "te": "trailers",
        "content-type": "application/grpc",
    }
    # Literals without indexing: nothing to compress.
    return b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items()
    )
