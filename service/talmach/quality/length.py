"""Whether a translation is absurdly short or long for its source."""

from talmach.engine.base import Direction
from talmach.text import protected

__all__ = ["has_absurd_length"]

# Characters that both sides get for nothing: the ratio of two short texts says little ("Yes." - «Да.»).
_GRACE = 20
# (target + grace) / (source + grace). The 0.1 and 99.9 percentiles of true pairs are, on the development set, 0.72 and
# 1.68 (en-ru), 0.70 and 1.83 (en-be), 0.55 and 1.58 (be-ru); on 43,667 news pairs, 0.61 and 1.71 (en-ru); on 190,295
# short ones, 0.63 and 1.67 (en-ru). The bounds lie just outside; the other ways round have the reciprocals.
_BOUNDS = {
    Direction("be", "ru"): (0.52, 1.7),
    Direction("ru", "be"): (0.58, 1.92),
}
_FROM_ENGLISH = (0.58, 1.85)
_INTO_ENGLISH = (0.54, 1.72)


def has_absurd_length(source: str, target: str, direction: Direction) -> bool:
    """Whether `target` has far more or fewer characters than translations of `source` have, or none at all."""
    if not target.strip():
        return protected.has_words(source)
    low, high = _BOUNDS.get(direction, _INTO_ENGLISH if direction.target == "en" else _FROM_ENGLISH)
    ratio = (len(target.strip()) + _GRACE) / (len(source.strip()) + _GRACE)
    return not low <= ratio <= high
