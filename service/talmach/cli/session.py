"""A client for one command: of the server at `--address`, or of one that lives inside the process as long as it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from talmach.cli import terminal
from talmach.cli.failures import BadInput
from talmach.client import RpcFailed, TalmachClient
from talmach.config import Settings, load_settings
from talmach.errors import ModelUnusable
from talmach.log import configure_logging

if TYPE_CHECKING:
    from talmach.app import Application

_FIND_TIMEOUT_S = 5.0


@asynccontextmanager
async def connect(address: str | None) -> AsyncIterator[TalmachClient]:
    """Yield a client whose server says SERVING; `address` None = start one on a free port of this machine.

    Raises:
        BadInput: nobody serves at the address, or no server can be started here.

    """
    if address is not None:
        async with TalmachClient(address) as client:
            await _find(client)
            yield client
        return
    settings = load_settings(address="127.0.0.1:0", metrics_address="", reflection=False, tokens_file=None)
    configure_logging("warning")
    async with running(settings, "loading the models") as application, TalmachClient(application.address) as client:
        yield client


@asynccontextmanager
async def running(settings: Settings, shown: str = "") -> AsyncIterator["Application"]:
    """Yield a server that serves, and stop it at the end; `shown` = what to show while it starts.

    Raises:
        BadInput: a model, the address or the file of tokens cannot be used.

    """
    application = _application(settings)
    try:
        with _start_failures(), terminal.spinner(shown):
            await application.start()
        yield application
    finally:
        await application.stop()


async def run(settings: Settings, stopping: asyncio.Event) -> bool:
    """Run a server until the event; return whether every call could finish. Raises BadInput as `running` does."""
    application = _application(settings)
    try:
        with _start_failures():
            return await application.run_until(stopping)
    finally:
        await application.stop()


def _application(settings: Settings) -> "Application":
    from talmach.app import Application  # noqa: PLC0415  # loads the engine: commands with --address do without

    return Application(settings)


@contextmanager
def _start_failures() -> Iterator[None]:
    from talmach.rpc.tokens import InvalidTokensFile  # noqa: PLC0415  # loads what commands with --address do without

    try:
        yield
    except (ModelUnusable, InvalidTokensFile, OSError) as error:
        raise BadInput(str(error)) from error


async def _find(client: TalmachClient) -> None:
    try:
        await client.wait_until_serving(_FIND_TIMEOUT_S)
    except RpcFailed as failure:
        raise BadInput(f"--address: no server is serving at {client.address}") from failure
