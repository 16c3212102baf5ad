"""Fetching, against a real HTTP server on loopback that can resume, refuse, cut and lie."""

import hashlib
import resource
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from talmach.catalog.fetch import fetch
from talmach.catalog.manifest import ModelSpec
from talmach.errors import ModelUnusable

CONTENT = bytes(range(256)) * 4_096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server holds and how it behaves, and the (path, Range) of every request it got."""

    url: str = ""
    content: bytes = CONTENT
    supports_ranges: bool = True
    status: int = 200
    cut_after: int | None = None
    requests: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    """Serve one file under any path."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            site.requests.append((self.path, wanted))
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and site.supports_ranges else 0
            body = site.content[start:]
            status = site.status if not start else 206 if body else 416
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: site.cut_after])

        def log_message(self, *_args: object) -> None:
            """Keep the output of the tests clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


def spec_for(site: Site) -> ModelSpec:
    """Return a model of one file that is fetched from `site`."""
    values = {"id": "m", "version": "1", "kind": "encoder", "architecture": "a", "path": "remote/m", "licence": "l"}
    return ModelSpec.model_validate({**values, "files": {"model.bin": SHA256}, "source": {"base_url": site.url}})


def names(directory: Path) -> list[str]:
    """Return the names of the files in a directory."""
    return sorted(path.name for path in directory.iterdir())


def test_a_model_is_fetched_once(site: Site, tmp_path: Path) -> None:
    """The file arrives under its name with nothing beside it; an intact file is not asked for again."""
    directory = fetch(spec_for(site), tmp_path)
    assert directory == tmp_path / "remote" / "m"
    assert (directory / "model.bin").read_bytes() == CONTENT
    assert names(directory) == ["model.bin"]
    fetch(spec_for(site), tmp_path)
    assert site.requests == [("/v1/model.bin", None)]


def test_progress_is_reported(site: Site, tmp_path: Path) -> None:
    """The caller can draw a bar: bytes rise to the whole."""
    seen: list[tuple[str, int, int | None]] = []
    fetch(spec_for(site), tmp_path, lambda name, done, total: seen.append((name, done, total)))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert len(seen) > 1
    assert seen[-1] == ("model.bin", len(CONTENT), len(CONTENT))


def test_a_cut_download_is_resumed(site: Site, tmp_path: Path) -> None:
    """A cut connection leaves no model, and the next fetch asks only for the rest."""
    site.cut_after = 1_000
    with pytest.raises(ModelUnusable, match=r"^m: model.bin could not be fetched .*ended after 1000 of 1048576 bytes"):
        fetch(spec_for(site), tmp_path)
    assert names(tmp_path / "remote" / "m") == [f"model.bin.{SHA256[:12]}.partial"]
    site.cut_after = None
    directory = fetch(spec_for(site), tmp_path)
    assert site.requests[-1] == ("/v1/model.bin", "bytes=1000-")
    assert (directory / "model.bin").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_everything(site: Site, tmp_path: Path) -> None:
    """When the server ignores the range, the file is begun again instead of spoiled."""
    site.cut_after = 1_000
    with pytest.raises(ModelUnusable):
        fetch(spec_for(site), tmp_path)
    site.cut_after, site.supports_ranges = None, False
    assert (fetch(spec_for(site), tmp_path) / "model.bin").read_bytes() == CONTENT


def test_a_whole_file_under_the_temporary_name_is_taken(site: Site, tmp_path: Path) -> None:
    """Killed between the last byte and the rename, a fetch finishes without downloading anything."""
    directory = tmp_path / "remote" / "m"
    directory.mkdir(parents=True)
    (directory / f"model.bin.{SHA256[:12]}.partial").write_bytes(CONTENT)
    fetch(spec_for(site), tmp_path)
    assert names(directory) == ["model.bin"]


def test_another_content_is_refused_and_not_kept(site: Site, tmp_path: Path) -> None:
    """A file with the wrong hash never gets a model's name, and does not spoil the next try."""
    site.content = b"something else"
    with pytest.raises(ModelUnusable, match="another sha256 than the manifest names"):
        fetch(spec_for(site), tmp_path)
    assert names(tmp_path / "remote" / "m") == []


def test_a_refusal_says_where_and_why(site: Site, tmp_path: Path) -> None:
    """The error names the model, the file, the address and the server's answer."""
    site.status = 404
    with pytest.raises(ModelUnusable, match=rf"^m: model.bin could not be fetched from {site.url}/model.bin: .*404"):
        fetch(spec_for(site), tmp_path)


def test_no_server_is_no_traceback(tmp_path: Path) -> None:
    """A port that nobody listens on is the same kind of error."""
    spec = spec_for(Site(url="http://127.0.0.1:1"))
    with pytest.raises(ModelUnusable, match="could not be fetched"):
        fetch(spec, tmp_path)


def test_an_embedded_model_is_not_fetched(site: Site, tmp_path: Path) -> None:
    """A model without a source cannot be downloaded, and the error says what to do."""
    spec = spec_for(site).model_copy(update={"source": None})
    with pytest.raises(ModelUnusable, match="reinstall talmach"):
        fetch(spec, tmp_path)


def test_a_full_disk_leaves_no_half_file(site: Site, tmp_path: Path) -> None:
    """One clear error, no file under its own name, and with room again the fetch goes on where it stopped."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, hard))
    try:
        with pytest.raises(
            ModelUnusable, match=r"^m: model\.bin could not be fetched from .*File too large; try again$"
        ):
            fetch(spec_for(site), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "remote" / "m" / "model.bin").exists()
    assert (fetch(spec_for(site), tmp_path) / "model.bin").read_bytes() == CONTENT
    assert site.requests[-1][1] == f"bytes={len(CONTENT) // 2}-"
