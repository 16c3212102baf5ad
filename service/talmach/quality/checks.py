"""Every check of the package on one pair of sentences."""

from talmach.engine.base import Direction
from talmach.quality.flags import Flag


def check(
    source: str,
    target: str,
    direction: Direction,
    *,
    truncated: bool = False,
    score: float | None = None,
    low_confidence_score: float = -1.5,
) -> frozenset[Flag]:
    """Return what is doubtful about `target` as a translation of `source`."""
    return frozenset()
