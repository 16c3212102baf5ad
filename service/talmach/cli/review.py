"""Counts what is doubtful in a translation and tells it on standard error, beside the text on standard output."""

from collections import Counter
from collections.abc import Iterable

import typer

from talmach.cli import terminal
from talmach.cli.failures import FAILURE_STATUS
from talmach.client import QualityFlag, Segment, SegmentStatus


def flag_names(segment: Segment) -> list[str]:
    """Return a segment's flags without the prefix that the contract gives them."""
    return [QualityFlag.Name(flag).removeprefix("QUALITY_FLAG_") for flag in segment.quality_flags]


class Review:
    """The sentences of one command's translations, counted."""

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self._sentences = self._flagged = self._failed = 0
        self._flags: Counter[str] = Counter()
        self.add(segments)

    def add(self, segments: Iterable[Segment]) -> None:
        """Count the sentences of one translation."""
        for segment in segments:
            self._sentences += 1
            self._failed += segment.status == SegmentStatus.SEGMENT_STATUS_FAILED
            self._flagged += bool(segment.quality_flags)
            self._flags.update(flag_names(segment))

    def tell(self) -> None:
        """Say at a terminal how many are flagged; say anywhere how many failed, and exit with status 1 for those."""
        if self._flagged and terminal.error_console().is_terminal:
            flags = ", ".join(f"{flag} {count}" for flag, count in self._flags.most_common())
            terminal.complain(f"{self._flagged} of {self._sentences} sentences are flagged: {flags}")
        if self._failed:
            failed = f"{self._failed} of {self._sentences} sentences"
            terminal.complain(f"{failed} could not be translated and stand in the original")
            raise typer.Exit(FAILURE_STATUS)
