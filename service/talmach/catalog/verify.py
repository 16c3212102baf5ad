"""Checks that the files of a model are the ones that its spec names, before anything reads them."""

import hashlib
from pathlib import Path

from talmach.catalog.manifest import ModelSpec
from talmach.errors import ModelUnusable


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(spec: ModelSpec, models_dir: Path) -> Path:
    """Hash every file of the model and return its directory; raises ModelUnusable, which says the cure."""
    directory = models_dir / spec.path
    for name, expected in spec.files.items():
        try:
            actual = sha256_of(directory / name)
        except OSError as error:
            raise ModelUnusable(spec.id, f"{name} cannot be read ({error.strerror}); {_cure(spec)}") from error
        if actual != expected:
            problem = f"{name} is damaged or of another version (sha256 {actual[:12]}…, expected {expected[:12]}…)"
            raise ModelUnusable(spec.id, f"{problem}; {_cure(spec)}")
    return directory


def _cure(spec: ModelSpec) -> str:
    if spec.source is not None:
        return f"talmach models remove {spec.id}, then pull it again"
    return "reinstall talmach or, in a checkout, restore the file with git"
