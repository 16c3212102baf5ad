"""What the use case talks to: makes the keys, asks the tiers from the nearest on, and keeps only what is complete."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from talmach.cache.keys import key_of
from talmach.engine.base import DecodeOptions, Direction, Hypothesis


class Tier(Protocol):
    """Keeps hypotheses under keys of `keys.key_of`, as long as it likes; nothing that it does raises."""

    async def get_many(self, keys: Collection[bytes]) -> dict[bytes, Hypothesis]:
        """Return what is known of `keys`."""

    async def put_many(self, hypotheses: Mapping[bytes, Hypothesis]) -> None:
        """Keep these; does not wait for anything slow."""

    async def close(self) -> None:
        """Let go of everything."""


class HypothesisCache:
    """Tiers under one roof."""

    def __init__(self, tiers: Sequence[Tier], fingerprints: Mapping[str, str]) -> None:
        """`tiers` stand nearest first; `fingerprints` maps model id to what `keys.fingerprint` says of the model."""
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
