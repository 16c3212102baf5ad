"""Puts the parts of a sentence together, those that were kept and those that were translated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from talmach.engine.base import Direction
from talmach.quality import localize_numbers
from talmach.translation.plan import Part
from talmach.translation.restoration import Manner


@dataclass(frozen=True, slots=True)
class Joined:
    """A part of a translation: its source, its final text, and what the model gave; None = it was kept."""

    source: str
    target: str
    decoded: str | None


def join(
    parts: Sequence[Part], translations: Mapping[str, str], manner: Manner, direction: Direction
) -> tuple[Joined, ...]:
    """Put a sentence together; only what was translated is restored: what was kept is right already."""
    joined: list[Joined] = []
    before = ""
    for part in parts:
        target, decoded = part.text, None
        if part.translate:
            decoded = translations[part.text]
            target = manner.restore(part.text, localize_numbers(part.text, decoded, direction), before)
        joined.append(Joined(part.text, target, decoded))
        before = target[-1:] or before
    return tuple(joined)
