"""A proxy that keeps an answer until it has all of it, and may pass on only the beginning."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_TIMEOUT_S = 300
_KEPT = ("accept", "content-type")


class _Handler(BaseHTTPRequestHandler):
    server_address = ""
    events = 0  # of a stream that are passed on; 0 = all

    def do_GET(self) -> None:
        self._forward(None)

    def do_POST(self) -> None:
        self._forward(self.rfile.read(int(self.headers["content-length"])))

    def _forward(self, body: bytes | None) -> None:
        kept = {name: value for name, value in self.headers.items() if name.lower() in _KEPT}
        request = urllib.request.Request(f"http://{self.server_address}{self.path}", body, kept)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310 - loopback
            answer = reply.read()
            self.send_response(reply.status)
            for name in ("content-type", "content-security-policy"):
                for value in reply.headers.get_all(name, []):
                    self.send_header(name, value)
        if self.events and answer.startswith(b"event:"):
            answer = b"\n\n".join([*answer.split(b"\n\n")[: self.events], b""])
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hoarding(address: str, events: int) -> Iterator[str]:
    """Stand in front of a server; `events` of a stream are passed on, 0 = all."""
    handler = type("Handler", (_Handler,), {"server_address": address, "events": events})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{proxy.server_port}"
        proxy.shutdown()
