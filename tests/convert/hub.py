"""A hub on loopback for the real client of Hugging Face's hub: redirects, etags, ranges, and what goes wrong."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LARGE = (".safetensors", ".spm", ".model")  # lie elsewhere, behind a redirect


@dataclass
class Hub:
    """What it holds, how it behaves, and what it was asked for."""

    repositories: dict[str, Path]
    url: str = ""
    private: bool = False
    cut_after: int | None = None  # bytes of a large file, once
    stall_after: int | None = None  # bytes of the weights, and then nothing
    stalled: threading.Event = field(default_factory=threading.Event)  # that many were sent
    lies: bool = False  # about the hashes of large files
    fetched: list[tuple[str, str | None]] = field(default_factory=list)  # name and Range of every file sent

    def files(self, repository: str) -> dict[str, Path]:
        """Return a repository's files by name."""
        root = self.repositories[repository]
        return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}


@contextmanager
def serve(repositories: dict[str, Path]) -> Iterator[Hub]:  # noqa: C901 - a handler is a class of its server
    """Run a hub for a while."""
    hub = Hub(repositories)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:  # noqa: PLR0911 - one for each kind of address
            path = unquote(urlsplit(self.path).path).strip("/")
            if hub.private:
                return self._refuse(401, "RepoNotFound")
            if path.startswith("api/models/"):
                return self._tell(path.removeprefix("api/models/"), with_body=with_body)
            if path.startswith("large/"):
                return self._send(*self._find(path.removeprefix("large/")), with_body=with_body)
            repository, _, rest = path.partition("/resolve/")
            if repository not in hub.repositories:
                return self._refuse(404, "RepoNotFound")
            name = rest.partition("/")[2]
            if name not in hub.files(repository):
                return self._refuse(404, "EntryNotFound")
            if name.endswith(_LARGE):
                return self._redirect(repository, name)
            return self._send(name, hub.files(repository)[name], with_body=with_body)

        def _find(self, path: str) -> tuple[str, Path]:
            repository = next(each for each in hub.repositories if path.startswith(each))
            name = path.removeprefix(f"{repository}/")
            return name, hub.files(repository)[name]

        def _tell(self, path: str, *, with_body: bool) -> None:
            repository = next((each for each in hub.repositories if path.startswith(each)), "")
            if not repository:
                return self._refuse(404, "RepoNotFound")
            files = hub.files(repository)
            answer: object
            if "/tree/" in path:
                answer = [
                    {"type": "file", "path": name, "size": file.stat().st_size, "oid": _sha256(file)[:40]}
                    for name, file in files.items()
                ]
            else:
                siblings = [{"rfilename": name, "size": file.stat().st_size} for name, file in files.items()]
                answer = {"id": repository, "modelId": repository, "sha": COMMIT, "siblings": siblings, "tags": []}
            body = json.dumps(answer).encode()
            self._head(200, len(body), {"Content-Type": "application/json", "X-Repo-Commit": COMMIT})
            if with_body:
                self.wfile.write(body)
            return None

        def _redirect(self, repository: str, name: str) -> None:
            file = hub.files(repository)[name]
            self._head(
                302,
                0,
                {
                    "Location": f"{hub.url}/large/{repository}/{name}",
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Size": str(file.stat().st_size),
                    "X-Linked-Etag": f'"{"0" * 64 if hub.lies else _sha256(file)}"',
                },
            )

        def _send(self, name: str, file: Path, *, with_body: bool) -> None:
            content, wanted = file.read_bytes(), self.headers.get("Range")
            start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
            body = content[start:]
            sha256 = "0" * 64 if hub.lies and name.endswith(_LARGE) else _sha256(file)
            headers = {"ETag": f'"{sha256}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._head(206 if start else 200, len(body), headers)
            if not with_body:
                return
            hub.fetched.append((name, wanted))
            if hub.stall_after is not None and name.endswith(".safetensors"):
                self.wfile.write(body[: hub.stall_after])
                self.wfile.flush()
                hub.stalled.set()
                self.rfile.read(1)  # until the client is gone
                self.close_connection = True
                return
            if hub.cut_after is not None and name.endswith(_LARGE) and len(body) > hub.cut_after:
                self.wfile.write(body[: hub.cut_after])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return
            self.wfile.write(body)

        def _refuse(self, status: int, code: str) -> None:
            self._head(status, 0, {"X-Error-Code": code})

        def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Keep the output of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        hub.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield hub
        server.shutdown()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
