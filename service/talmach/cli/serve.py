"""`talmach serve`: the server in the foreground, until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import sys
from typing import Annotated

import typer

from talmach.access.connections import raise_file_limit
from talmach.cli.failures import CommandFailed
from talmach.cli.session import run
from talmach.config import Settings, is_host_port, load_settings
from talmach.engine import malloc
from talmach.log import configure_logging, in_background

# The event loop must not wait long for its turn among the threads that prepare large texts; Python's default is 5 ms.
_SWITCH_S = 0.0005


def _listening(value: str | None) -> str | None:
    if value is not None and not is_host_port(value):
        raise typer.BadParameter(f"{value!r} is not HOST:PORT.")
    return value


Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        callback=_listening,
        help=f"Listen there, whatever TALMACH_ADDRESS says ({Settings.model_fields['address'].default} by default).",
    ),
]
HttpAddress = Annotated[
    str | None,
    typer.Option(
        "--http",
        metavar="HOST:PORT",
        callback=_listening,
        help="Serve the HTTP API and the page there too, whatever TALMACH_HTTP_ADDRESS says.",
    ),
]


def serve(address: Address = None, http: HttpAddress = None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight. Settings are TALMACH_* variables."""
    given = {"address": address, "http_address": http}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    malloc.limit_arenas(settings.workers or os.cpu_count() or 1)
    configure_logging(settings.log_level, settings.log_format)
    sys.setswitchinterval(_SWITCH_S)
    raise_file_limit()
    with in_background():
        asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    if not await run(settings, stopping):
        raise CommandFailed(f"calls that did not finish in {settings.drain_timeout_s:g} s were cut off")
