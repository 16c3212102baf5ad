"""What is asked for, cut into blocks, and the directory that it is written to.

The directory holds one part for each block that is done, and the job itself in `_job.json`, a name that readers of such
directories skip.
"""

import dataclasses
import fcntl
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from talmach.errors import TalmachError
from talmach.text.markup import TextFormat

TEXT_COLUMNS = ("headline", "lead", "body")
Texts = tuple[str, ...]
"""The texts of `TEXT_COLUMNS`."""
BLOCK_ROWS = 256  # at most this many are lost when an actor dies, and a part begins this often
JSON_LINES, PARQUET = ".jsonl", ".parquet"
FORMATS = (JSON_LINES, PARQUET)
_JOB = "_job.json"
_TEMPORARY = ".tmp-"


class UnusableInput(TalmachError):
    """The input or the output cannot be used for a job; names the file and what is wrong with it."""

    reason = "UNUSABLE_INPUT"


class ClusterFailure(TalmachError):
    """The cluster cannot be reached, is lost, or lacks what the job needs."""

    reason = "CLUSTER_FAILURE"


@dataclass(frozen=True, slots=True)
class Options:
    """What is done with every article; `summary` counts sentences, None = no summary."""

    target: str
    source: str | None = None
    summary: int | None = None
    beam_size: int | None = None
    format: str = TextFormat.TEXT.value


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of one file, from a byte of JSON Lines, or a row of Parquet, up to another."""

    path: str
    start: int
    end: int
    rows: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known after a look at the whole input."""

    blocks: Sequence[Block]
    schema: str  # of JSON Lines that become Parquet: Arrow's own serialisation in Base64; else empty


@dataclass(frozen=True, slots=True)
class Job:
    """One job; equal for every actor, and after every start."""

    options: Options
    output: Path
    survey: Survey

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks, in the order of the input."""
        return self.survey.blocks

    def part(self, number: int) -> Path:
        """Return the file that a block becomes; sorted by name, parts are in the order of the input."""
        digits = max(5, len(str(len(self.blocks) - 1)))
        return self.output / f"part-{number:0{digits}}{self.output.suffix}"

    def left(self) -> list[int]:
        """Return the numbers of the blocks that are not done."""
        done = {entry.name for entry in os.scandir(self.output)}
        return [number for number in range(len(self.blocks)) if self.part(number).name not in done]


def inputs(path: Path, output: Path) -> list[Path]:
    """Return the files of an input: itself, or all of its one format in a directory; raises UnusableInput.

    `output`, and what other jobs have written, may stand among them and is none.
    """
    with usable(path, "read"):
        if not path.exists():
            raise UnusableInput(f"{path}: does not exist")
        if path.is_dir():
            return _in_directory(path, output)
    if path.suffix not in FORMATS:
        raise UnusableInput(f"{path}: is neither .jsonl nor .parquet")
    return [path.absolute()]


@contextmanager
def usable(path: Path, use: str) -> Iterator[None]:
    """Turn an OSError into an UnusableInput that names the path and what it cannot be: "read" or "written"."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else "error"
        raise UnusableInput(f"{path}: cannot be {use} ({reason})") from error


@contextmanager
def opened(
    files: Sequence[Path], output: Path, options: Options, survey: Callable[[Sequence[Path], str], Survey]
) -> Iterator[Job]:
    """Yield the job that the directory holds, or a new one; nobody else may work on it meanwhile.

    Raises:
        UnusableInput: the output is something else, or another job, or cannot be written; or what `survey` raises.

    """
    if output.suffix not in FORMATS:
        raise UnusableInput(f"{output}: the name of the output must end in .jsonl or .parquet")
    asked = _asked(files, options)
    with usable(output, "written"):
        made = None if _is_job(output) else survey(files, output.suffix)
        output.mkdir(exist_ok=True)
    with _locked(output):
        with usable(output, "written"):
            if made is not None and not _is_job(output):  # nobody else has begun one during the survey
                content = asked | {"blocks": [dataclasses.astuple(each) for each in made.blocks], "schema": made.schema}
                write_whole(output / _JOB, lambda file: file.write_text(json.dumps(content), encoding="utf-8"))
            survey_kept = _read(output, asked)
            for each in output.glob(f"{_TEMPORARY}*"):
                each.unlink()
        yield Job(options, output.absolute(), survey_kept)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written under another name, and rename it when all of it is on the disk."""
    temporary = path.with_name(f"{_TEMPORARY}{uuid.uuid4().hex}")
    write(temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def _in_directory(path: Path, output: Path) -> list[Path]:
    visible = (each for each in path.iterdir() if each.suffix in FORMATS and not each.name.startswith((".", "_")))
    found = sorted(each for each in visible if each.absolute() != output.absolute() and not (each / _JOB).exists())
    if len({each.suffix for each in found}) != 1:
        problem = "has files of both formats" if found else "has no file whose name ends in .jsonl or .parquet"
        raise UnusableInput(f"{path}: {problem}")
    return [each.absolute() for each in found]


def _is_job(output: Path) -> bool:
    if not output.exists():
        return False
    if not output.is_dir():
        raise UnusableInput(f"{output}: exists, and is not the directory of a job")
    if (output / _JOB).exists():
        return True
    if any(not each.name.startswith(_TEMPORARY) for each in output.iterdir()):
        raise UnusableInput(f"{output}: exists, and holds something else than a job")
    return False


@contextmanager
def _locked(output: Path) -> Iterator[None]:
    with usable(output, "written"):
        descriptor = os.open(output, os.O_RDONLY)
    try:
        with usable(output, "written"):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UnusableInput(f"{output}: another talmach is writing it") from error
        yield
    finally:
        os.close(descriptor)


def _asked(files: Sequence[Path], options: Options) -> dict[str, Any]:
    """Return what two runs of one job have in common, in JSON's own types."""
    stats = []
    for file in files:
        with usable(file, "read"):
            stats.append((file, file.stat()))
    return {
        "talmach": version("talmach"),
        "input": [[str(file), stat.st_size, stat.st_mtime_ns] for file, stat in stats],
        "options": dataclasses.asdict(options),
    }


def _read(output: Path, asked: Mapping[str, Any]) -> Survey:
    try:
        kept = json.loads((output / _JOB).read_text(encoding="utf-8"))
        blocks = [Block(*each) for each in kept["blocks"]]
        differing = [name for name, value in asked.items() if kept[name] != value]
        schema = kept["schema"]
    except (ValueError, LookupError, TypeError) as error:
        raise UnusableInput(f"{output / _JOB}: is damaged") from error
    if differing:
        words = {"talmach": "another version of talmach", "input": "another input", "options": "other options"}
        reasons = " and ".join(words[name] for name in differing)
        raise UnusableInput(f"{output}: was begun with {reasons}; name another output")
    return Survey(blocks, schema)
