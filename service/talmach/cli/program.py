"""The command line as a whole: its commands, and one place where every failure becomes a sentence and a status."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from talmach.cli import terminal
from talmach.cli.failures import BAD_INPUT_STATUS, FAILURE_STATUS, INTERRUPTED_STATUS, CommandFailed, explain
from talmach.client import RpcFailed
from talmach.errors import StartFailure

# By name, with the module of each.
_COMMANDS = {
    "serve": "serve",
    "smoke": "smoke",
    "translate": "translate",
    "summarize": "summarize",
    "detect": "detect",
    "bulk": "bulk",
    "evaluate": "evaluate",
    "info": "server_info",
    "health": "server_info",
    "token": "token",
    "models": "models",
}
_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class _Commands(TyperGroup):
    """Imports a command's module when it is asked for, so that no command waits for what only others need."""

    def list_commands(self, _context: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: Any, name: str) -> Any:
        if name not in _COMMANDS:
            return None
        command = getattr(import_module(f"talmach.cli.{_COMMANDS[name]}"), name)
        return get_command(command if isinstance(command, typer.Typer) else _alone(name, command))


def _alone(name: str, function: Callable[..., Any]) -> typer.Typer:
    command = typer.Typer(add_completion=False, rich_markup_mode=None)
    command.command(name, context_settings=_HELP_OPTIONS)(function)
    return command


program = typer.Typer(
    cls=_Commands,
    help="Translates and summarises news articles between Russian, Belarusian and English.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=_HELP_OPTIONS,
)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        terminal.write(f"talmach {version('talmach')}\n")
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
    threads = sys.modules.get("talmach.threads")  # where nothing has loaded it there are none
    if threads is not None and threads.are_left():
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
