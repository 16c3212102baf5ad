"""What the cache asks of each of its tiers."""

from collections.abc import Collection, Mapping
from typing import Protocol

from talmach.engine.base import Hypothesis


class Tier(Protocol):
    """Keeps hypotheses under keys of `keys.key_of`, as long as it likes; nothing that it does raises."""

    async def get_many(self, keys: Collection[bytes]) -> dict[bytes, Hypothesis]:
        """Return what is known of `keys`."""

    async def put_many(self, hypotheses: Mapping[bytes, Hypothesis]) -> None:
        """Keep these; does not wait for anything slow."""

    async def close(self) -> None:
        """Let go of everything."""
