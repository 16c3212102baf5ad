"""Counts what is doubtful in a translation and tells it on standard error, beside the text on standard output."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import typer

from talmach.cli import terminal
from talmach.cli.failures import FAILURE_STATUS, FLAGGED_STATUS, told
from talmach.client import QualityFlag, Segment, SegmentStatus

_PREFIX = "QUALITY_FLAG_"
_FLAGS = [name.removeprefix(_PREFIX) for name, number in QualityFlag.items() if number]


def _flags(value: str | None) -> str | None:
    names = value.upper().split(",") if value is not None else []
    unknown = [name for name in names if name not in _FLAGS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is not a flag ({', '.join(_FLAGS)}).")
    return value


ShowFlags = Annotated[
    bool, typer.Option("--show-flags", help="Print every flagged sentence and its translation on standard error.")
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on", metavar="FLAG[,FLAG]", callback=_flags, help="Exit with status 3 when one of these is raised."
    ),
]


def flag_names(segment: Segment) -> list[str]:
    """Return a segment's flags without the prefix that the contract gives them."""
    return [QualityFlag.Name(flag).removeprefix(_PREFIX) for flag in segment.quality_flags]


class Review:
    """The sentences of one command's translations, counted."""

    def __init__(self, *, show_flags: bool = False, fail_on: str | None = None) -> None:
        """`fail_on` is the value of --fail-on."""
        self._shows = show_flags
        self._fatal = frozenset((fail_on or "").upper().split(",")) - {""}
        self._sentences = self._flagged = self._failed = 0
        self.refused = 0  # lines that were not taken; set by whoever sent them
        self._flags: Counter[str] = Counter()

    def add(self, segments: Iterable[Segment], place: str = "segment {}") -> None:
        """Count the sentences of one translation, and name those that failed.

        `place` says where a sentence is, {} being its index.
        """
        for segment in segments:
            self._sentences += 1
            if segment.status == SegmentStatus.SEGMENT_STATUS_FAILED:
                self._failed += 1
                terminal.complain(f"{place.format(segment.index)}: {told(segment.error.reason, segment.error.message)}")
            names = flag_names(segment)
            self._flagged += bool(names)
            self._flags.update(names)
            if names and self._shows:
                terminal.complain(_shown(segment, names, place.format(segment.index)))

    def tell(self) -> None:
        """Say how many sentences are flagged and how many failed.

        Raises:
            typer.Exit: with status 1 for those that failed and for lines that were refused, else with 3 for flags
                that --fail-on names.

        """
        if self._flagged:
            flags = ", ".join(f"{flag} {count}" for flag, count in self._flags.most_common())
            verb = "is" if self._flagged == 1 else "are"
            terminal.complain(f"{self._flagged} of {self._sentences} sentences {verb} flagged: {flags}")
        if self._failed:
            failed = f"{self._failed} of {self._sentences} sentences"
            terminal.complain(f"{failed} could not be translated and stand in the original")
        if self.refused:
            terminal.complain(f"lines that could not be translated and stand in the original: {self.refused}")
        if self._failed or self.refused:
            raise typer.Exit(FAILURE_STATUS)
        if fatal := sorted(self._fatal & self._flags.keys()):
            terminal.complain(f"--fail-on: {', '.join(fatal)}")
            raise typer.Exit(FLAGGED_STATUS)


def _shown(segment: Segment, names: list[str], place: str) -> str:
    """Return one line, whatever line ends stand in the sentence."""
    texts = (" ".join(text.split()) for text in (segment.source_text, segment.translated_text))
    return f"{place}: {', '.join(names)}: {' => '.join(texts)}"
