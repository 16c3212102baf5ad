"""`talmach bulk`: an archive of articles, by the engines of a Ray cluster or of this machine."""

import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talmach.cli import terminal
from talmach.cli.failures import BadInput, CommandFailed
from talmach.cli.inputs import FORMATS
from talmach.cli.options import Source, Target, between, check_pair, format_option
from talmach.cli.translate import BeamSize
from talmach.config import Settings, is_host_port, load_settings

if TYPE_CHECKING:
    from talmach.bulk.job import Job

_EXTRA = ("ray", "pyarrow")


def _address(value: str | None) -> str | None:
    if value is not None and value != "auto" and not is_host_port(value):
        raise typer.BadParameter(f"{value!r} is neither HOST:PORT nor auto.")
    return value


Input = Annotated[
    Path,
    typer.Argument(metavar="INPUT", help="A .jsonl or .parquet file with headline, lead, body; or a directory."),
]
Output = Annotated[
    Path, typer.Argument(metavar="OUTPUT", help="Directory to write, whose name ends in .jsonl or .parquet.")
]
Sentences = Annotated[
    int | None, typer.Option("--summary", metavar="N", callback=between(1, 1_000), help="Summarise in N sentences too.")
]
Format = Annotated[str | None, format_option("text")]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        callback=_address,
        help="Join this Ray cluster (auto = the one that this machine belongs to); else one starts here.",
    ),
]
Actors = Annotated[
    int | None,
    typer.Option("--actors", callback=between(1, 100_000), help="Number of engines.", show_default="as many as fit"),
]


def bulk(
    source_path: Input,
    output: Output,
    target: Target,
    source: Source = None,
    *,
    summary: Sentences = None,
    beam_size: BeamSize = None,
    written: Format = None,
    address: RayAddress = None,
    actors: Actors = None,
) -> None:
    """Translate an archive, one row out for each row in. Run again to go on where it stopped. Needs the extra bulk."""
    check_pair(source, target)
    if any(find_spec(package) is None for package in _EXTRA):
        raise BadInput("bulk needs packages that are not installed: pip install 'talmach[bulk]'")
    settings = load_settings()
    # Here, because of the extra.
    from talmach.bulk import job, parts

    options = job.Options(target, source, summary, beam_size, written or FORMATS[0])
    try:
        with ExitStack() as stack:
            with terminal.spinner("reading the input"):
                files = job.inputs(source_path, output)
                opened = stack.enter_context(job.opened(files, output, options, parts.survey))
            _run(opened, settings, address, actors)
    except job.UnusableInput as error:
        raise BadInput(str(error)) from error
    except job.ClusterFailure as error:
        raise CommandFailed(str(error)) from error


def _run(job: "Job", settings: Settings, address: str | None, actors: int | None) -> None:
    from talmach.bulk import cluster, desk

    left = job.left()
    if not left:
        terminal.write(f"nothing is left to do: {job.output} has all {len(job.blocks)} parts\n")
        return
    total = sum(block.rows for block in job.blocks)
    kept = total - sum(job.blocks[number].rows for number in left)
    rows = errors = 0
    with ExitStack() as stack:
        advance = stack.enter_context(terminal.bar("rows", total, kept))
        nodes = stack.enter_context(cluster.connected(address))
        pool = cluster.Pool.of(desk.tuned(settings), nodes, actors)
        started_at = time.monotonic()
        for report in cluster.run(job, left, pool):
            if report.is_unusable:
                raise BadInput(report.failure)
            if report.failure:
                raise CommandFailed(f"{report.failure}; what is done stays done, run again to go on")
            rows, errors = rows + report.rows, errors + report.errors
            advance(report.rows)
        seconds = time.monotonic() - started_at
    rate = f"{rows} rows in {seconds:.0f} s ({rows / seconds:.1f} a second)"
    terminal.write(f"{rate}{f', {kept} were there' if kept else ''}: {job.output}\n")
    if errors:
        verb = "has" if errors == 1 else "have"
        raise CommandFailed(f"{errors} of {rows} rows {verb} an error; see the column error")
