"""The command line as a whole: its commands, and one place where every failure becomes a sentence and a status."""

import os
import sys
from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from talmach import threads
from talmach.cli import terminal
from talmach.cli.bulk import bulk
from talmach.cli.detect import detect
from talmach.cli.evaluate import evaluate
from talmach.cli.failures import BAD_INPUT_STATUS, FAILURE_STATUS, INTERRUPTED_STATUS, CommandFailed, explain
from talmach.cli.models import models
from talmach.cli.serve import serve
from talmach.cli.server_info import health, info
from talmach.cli.smoke import smoke
from talmach.cli.summarize import summarize
from talmach.cli.token import token
from talmach.cli.translate import translate
from talmach.client import RpcFailed
from talmach.errors import StartFailure

program = typer.Typer(
    help="Translates and summarises news articles between Russian, Belarusian and English.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (serve, smoke, translate, summarize, detect, bulk, evaluate, info, health, token):
    program.command()(command)
program.add_typer(models, name="models")


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        terminal.write(f"talmach {installed_version('talmach')}\n")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")]


@program.callback(invoke_without_command=True)
def _root(context: typer.Context, version: Version = False) -> None:  # noqa: ARG001  # its callback does it
    if context.invoked_subcommand is None:
        sys.stderr.write(f"{context.get_help()}\n")
        raise typer.Exit(BAD_INPUT_STATUS)


def main() -> None:
    """Run the command that the arguments name, and exit."""
    terminal.speak_utf8()
    status = _status()
    if threads.are_left():
        # If the interpreter ended while a thread is inside a C++ library, the process would abort.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _status() -> int:
    """Return 0, 1 (failed), 2 (bad input), 3 (flagged) or 130 (interrupted)."""
    try:
        return program(prog_name="talmach", standalone_mode=False) or 0
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED_STATUS
    except typer.TyperException as error:
        terminal.complain(error.format_message())
        return BAD_INPUT_STATUS
    except StartFailure as error:
        terminal.complain(str(error).replace("\n", "; "))
        return BAD_INPUT_STATUS
    except (CommandFailed, RpcFailed) as error:
        failure = explain(error) if isinstance(error, RpcFailed) else error
        terminal.complain(str(failure))
        return failure.exit_status
    except OSError as error:
        # What a command reads, and where it serves, have their own messages; this is standard output, full or closed.
        terminal.give_up_output()
        reason = (error.strerror or "error").lower()
        terminal.complain(f"{error.filename or 'standard output'}: cannot be written ({reason})")
        return FAILURE_STATUS
