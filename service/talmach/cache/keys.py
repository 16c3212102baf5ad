"""What an answer belongs to: the model as it runs here, the decode options, the direction and the exact text."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping

from talmach.engine.base import DecodeOptions, Direction


def fingerprint(checksums: Mapping[str, str], *runtime: str) -> str:
    """Return what tells one model from every other: 64 hexadecimal digits.

    `checksums` maps the names of its files to their SHA-256; `runtime` is whatever else changes what it answers, such
    as versions and the compute type in effect.
    """
    files = [f"{name} {checksum}" for name, checksum in sorted(checksums.items())]
    return hashlib.sha256(json.dumps([files, runtime]).encode()).hexdigest()


def key_of(fingerprint: str, options: DecodeOptions, direction: Direction, text: str) -> bytes:
    """Return the key of an answer, a SHA-256: no text can be read off it, and all keys have one size."""
    head = _head(fingerprint, options, direction)
    return hashlib.sha256(head + text.encode("utf-8", "surrogatepass")).digest()


@functools.lru_cache(maxsize=1_024)
def _head(fingerprint: str, options: DecodeOptions, direction: Direction) -> bytes:
    # All fields, so that an option that comes later cannot be forgotten. JSON on one line: no head begins another.
    return json.dumps([fingerprint, str(direction), dataclasses.asdict(options)]).encode() + b"\n"
