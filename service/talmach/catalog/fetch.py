"""Downloads the files of a model that is not embedded: URL + SHA-256 + temporary name + atomic rename.

A file has its own name only when its hash is right, so an interrupted fetch is never mistaken for a model; what has
arrived of it stays under a temporary name, and the next fetch asks for the rest.
"""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from talmach.catalog.manifest import ModelSpec
from talmach.catalog.verify import sha256_of
from talmach.errors import ModelUnusable

Progress = Callable[[str, int, int | None], None]
"""Called with the file's name, the bytes that have arrived and the bytes in all (None = the server does not say)."""

_CHUNK_BYTES = 1 << 18


def fetch(spec: ModelSpec, models_dir: Path, progress: Progress | None = None, timeout_s: float = 30.0) -> Path:
    """Download what is missing of the model and return its directory; `timeout_s` is for each wait, not for the whole.

    Raises:
        ModelUnusable: the model has no source, a file did not arrive, or it is not the one that the manifest names.

    """
    if spec.source is None:
        raise ModelUnusable(spec.id, "is embedded and has no source to be fetched from; reinstall talmach")
    directory = models_dir / spec.path
    for name, sha256 in spec.files.items():
        url = f"{spec.source.base_url.rstrip('/')}/{urllib.parse.quote(name)}"
        try:
            _fetch_file(url, directory / name, sha256, progress, timeout_s)
        except (OSError, HTTPException) as error:
            raise ModelUnusable(spec.id, f"{name} could not be fetched from {url}: {error}; try again") from error
    return directory


def _fetch_file(url: str, path: Path, sha256: str, progress: Progress | None, timeout_s: float) -> None:
    if path.exists() and sha256_of(path) == sha256:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # The hash is in the name: what is left of another version is not taken for the beginning of this one.
    partial = path.with_name(f"{path.name}.{sha256[:12]}.partial")
    _download(url, partial, lambda done, total: progress(path.name, done, total) if progress else None, timeout_s)
    if sha256_of(partial) != sha256:
        partial.unlink()
        raise OSError("what arrived has another sha256 than the manifest names")
    partial.replace(path)


def _download(url: str, partial: Path, progress: Callable[[int, int | None], None], timeout_s: float) -> None:
    """Append to `partial` what it lacks; raises OSError when the connection ends before the file does."""
    done = partial.stat().st_size if partial.exists() else 0
    response = _open(url, done, timeout_s)
    if response is None:
        return
    with response:
        if response.status != HTTPStatus.PARTIAL_CONTENT:  # the server sends the whole file
            done = 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with partial.open("ab" if done else "wb") as stream:
            while chunk := response.read(_CHUNK_BYTES):
                stream.write(chunk)
                done += len(chunk)
                progress(done, total)
    if total is not None and done < total:
        raise OSError(f"the connection ended after {done} of {total} bytes")


def _open(url: str, start: int, timeout_s: float) -> HTTPResponse | None:
    """Ask for `url` from byte `start` on; None when there is nothing from there on (the hash then decides)."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310  # the manifest admits http(s) only
    try:
        response: HTTPResponse = urllib.request.urlopen(request, timeout=timeout_s)  # noqa: S310  # nosec B310
    except urllib.error.HTTPError as error:
        error.close()
        if start and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise
    return response
