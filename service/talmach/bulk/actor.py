"""What runs in the cluster, once for each engine: takes the number of a block, and reports."""

import os
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from talmach.bulk.desk import Desk
from talmach.bulk.job import Job, UnusableInput
from talmach.bulk.parts import Files, texts
from talmach.config import Settings
from talmach.errors import StartFailure
from talmach.log import configure_logging


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a block, or why the whole job cannot go on; holds nothing of a text."""

    rows: int = 0
    errors: int = 0  # rows that have one
    failure: str = ""
    is_unusable: bool = False  # the failure is the input's, and not of the work


class Actor:
    """An engine, and the files of a job; called by several threads at once."""

    def __init__(self, job: Job, settings: Settings) -> None:
        configure_logging("warning", "json")
        self._job = job
        self._files = Files(job)
        self._desk: Desk | None = None
        self._failure = ""
        try:
            self._desk = Desk(settings, job.options)
        except StartFailure as error:
            # Whoever asks for a block is told: an exception from a constructor comes back as a page of Ray's output.
            self._failure = str(error)

    def __call__(self, batch: Mapping[str, Sequence[int]]) -> dict[str, list[object]]:
        """Do the one block of a batch."""
        (number,) = batch["item"]
        return {name: [value] for name, value in asdict(self._report(int(number))).items()}

    def _report(self, number: int) -> Report:
        if self._desk is None:
            return Report(failure=self._failure)
        if self._desk.is_stuck:
            os._exit(1)  # Ray starts another actor, and gives it the block
        try:
            return self._do(number, self._desk)
        except UnusableInput as error:
            return Report(failure=str(error), is_unusable=True)
        except OSError as error:
            return Report(failure=f"{error.filename or self._job.output}: {(error.strerror or 'error').lower()}")
        except Exception as error:  # noqa: BLE001  # Ray would log it, with the text that may stand in it
            return Report(failure=_place(error))

    def _do(self, number: int, desk: Desk) -> Report:
        block = self._job.blocks[number]
        if self._job.part(number).exists():  # an actor died after writing it and before saying so
            return Report(block.rows, self._files.errors(number))
        rows = self._files.read(block)
        records = desk.translate(texts(rows, block))
        self._files.write(number, rows, records)
        return Report(len(records), sum(record["error"] is not None for record in records))


def _place(error: Exception) -> str:
    """Return type and place of an unexpected error."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno} {frame.name}"
