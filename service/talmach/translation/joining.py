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
    before = source_before = ""
    for part in parts:
        target, decoded = part.text, None
        if part.translate:
            decoded = translations[part.text]
            target = manner.restore(part.text, localize_numbers(part.text, decoded, direction), before)
        elif part.is_article and direction.source == "en":
            target = ""
        if _touch(before, target) and not _touch(source_before, part.text):
            target = f" {target}"
        joined.append(Joined(part.text, target, decoded))
        before, source_before = target[-1:] or before, part.text[-1:]
    return tuple(joined)


def _touch(before: str, text: str) -> bool:
    """Whether two words would become one."""
    return before.isalnum() and text[:1].isalnum()
