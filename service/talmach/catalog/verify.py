"""Checks that the files of a model are the ones that its spec names, before anything reads them."""

import hashlib
from pathlib import Path

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import FILENAME, ModelSpec
from talmach.errors import ModelUnusable


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(spec: ModelSpec, models_dir: Path, *, again: bool = False) -> Path:
    """Hash every file of the model and return its directory; raises ModelUnusable, which says the cure.

    `again` = by a running server, for which another version may have been installed meanwhile.
    """
    cure = _cure(spec, models_dir, again=again)
    directory = models_dir / spec.path
    for name, expected in spec.files.items():
        try:
            actual = sha256_of(directory / name)
        except OSError as error:
            raise ModelUnusable(spec.id, f"{name} cannot be read ({error.strerror}); {cure}") from error
        if actual != expected:
            problem = f"{name} is damaged or of another version (sha256 {actual[:12]}…, expected {expected[:12]}…)"
            raise ModelUnusable(spec.id, f"{problem}; {cure}")
    return directory


def _cure(spec: ModelSpec, models_dir: Path, *, again: bool) -> str:
    if models_dir == default_models_dir():
        return "reinstall talmach or, in a checkout, restore the file with git"
    anew = "restart the server if it was installed anew; otherwise " if again else ""
    if spec.source is None:
        return f"{anew}copy the model again, or correct {models_dir / FILENAME}"
    return f"{anew}talmach models remove {spec.id}, then pull it again"
