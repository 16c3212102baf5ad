"""What was measured: one value per round under each name; medians, ratios within a round, and the bars."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Row:
    """One line of the table; `name` is unique in its section."""

    section: str
    name: str
    unit: str
    note: str = ""
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)

    def to_dict(self) -> dict[str, Any]:
        """Return the row with its median, lowest and highest value."""
        return {
            "section": self.section,
            "name": self.name,
            "unit": self.unit,
            "note": self.note,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": self.values,
        }


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row's median has to reach; `at_least` False = what it may not exceed."""

    section: str
    name: str
    bound: float
    at_least: bool = True

    def to_dict(self, median: float) -> dict[str, Any]:
        """Return the verdict; `short_by` is 0 when the bar is held."""
        missing = self.bound - median if self.at_least else median - self.bound
        return {
            "section": self.section,
            "name": self.name,
            "bound": self.bound,
            "at_least": self.at_least,
            "median": median,
            "held": missing <= 0,
            "short_by": max(missing, 0.0),
        }


BARS = (
    Bar("serving", "64 callers / without batching", 2.0),
    Bar("serving", "64 callers / offline", 92.0),
    Bar("serving", "a lone caller over the bare engine", 5.0, at_least=False),
    Bar("memory", "server at the end", 450.0, at_least=False),
    Bar("peers", "talmach / PyTorch float32", 4.2),
    Bar("peers", "talmach / Argos, default call", 10.0),
    Bar("offline", "share of the int8 roof, 2 workers", 45.0),
    Bar("latency", "first segment / whole stream", 10.0, at_least=False),
    Bar("latency", "summary in English / article", 30.0, at_least=False),
)


class Records:
    """All rows, in the order in which they were first added."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}

    def add(self, section: str, name: str, value: float, unit: str, note: str = "") -> None:
        """Add this round's value; the note of the last round is kept."""
        row = self._rows.setdefault((section, name), Row(section, name, unit))
        row.note = note
        row.values.append(value)

    def rows(self) -> Sequence[Row]:
        """Return what was measured."""
        return list(self._rows.values())

    def bars(self) -> list[dict[str, Any]]:
        """Return the verdicts on the bars whose rows were measured."""
        return [
            bar.to_dict(self._rows[bar.section, bar.name].median)
            for bar in BARS
            if (bar.section, bar.name) in self._rows
        ]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)]
