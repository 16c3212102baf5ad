"""What the use case talks to: makes the keys, asks the tiers from the nearest on, and keeps only what is complete.

A key is a hash of what an answer belongs to: the model as it runs here, the decode options, the direction, the text.
"""

import functools
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from talmach.engine.base import DecodeOptions, Direction, Hypothesis


class Tier(Protocol):
    """Keeps hypotheses under keys of `key_of` for as long as it likes; none of its methods raises."""

    async def get_many(self, keys: Collection[bytes]) -> dict[bytes, Hypothesis]:
        """Return what is known of `keys`."""

    async def put_many(self, hypotheses: Mapping[bytes, Hypothesis]) -> None:
        """Keep these; does not wait for anything slow."""

    async def close(self) -> None:
        """Let go of everything."""


class HypothesisCache:
    """Tiers under one roof."""

    def __init__(self, tiers: Sequence[Tier], fingerprints: Mapping[str, str]) -> None:
        """`tiers` stand nearest first; `fingerprints` maps model id to what `fingerprint` says of the model."""
        self._tiers = tuple(tiers)
        self._fingerprints = fingerprints

    def key(self, model_id: str, options: DecodeOptions, direction: Direction, text: str) -> bytes:
        """Return the key of an answer; raises KeyError for a model without a fingerprint."""
        return key_of(self._fingerprints[model_id], options, direction, text)

    async def get_many(self, keys: Collection[bytes]) -> dict[bytes, Hypothesis]:
        """Return what is known of `keys`; nearer tiers learn what only a farther one knew."""
        found: dict[bytes, Hypothesis] = {}
        for position, tier in enumerate(self._tiers):
            if not (missing := [key for key in keys if key not in found]):
                break
            answers = await tier.get_many(missing)
            for nearer in self._tiers[:position]:
                await nearer.put_many(answers)
            found |= answers
        return found

    async def put(self, key: bytes, hypothesis: Hypothesis) -> None:
        """Keep an answer, unless it is cut off or empty: such a sentence deserves another try."""
        if hypothesis.text and not hypothesis.truncated:
            for tier in self._tiers:
                await tier.put_many({key: hypothesis})

    async def close(self) -> None:
        """Let go of everything."""
        for tier in self._tiers:
            await tier.close()


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
    return json.dumps([fingerprint, str(direction), options._asdict()]).encode() + b"\n"
