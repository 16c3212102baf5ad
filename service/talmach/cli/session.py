"""A client for one command: of the server at `--address`, or of one inside the process that lives as long as the
client.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from talmach.cli import terminal
from talmach.cli.connection import Connection
from talmach.cli.failures import BadInput
from talmach.client import AsyncClient, RpcFailed
from talmach.errors import StartFailure

if TYPE_CHECKING:
    from talmach.config import Settings

_FIND_TIMEOUT_S = 5.0


@asynccontextmanager
async def connect(server: Connection) -> AsyncIterator[AsyncClient]:
    """Yield a client whose server says SERVING; without an address, start one on a free port of this machine.

    Raises:
        BadInput: nobody serves at the address, and why.
        StartFailure: no server can be started here.

    """
    if server.address:
        async with server.open() as client:
            await _find(client)
            yield client
        return
    from talmach.app.application import Application
    from talmach.config import load_settings
    from talmach.log import configure_logging

    settings = load_settings(
        address="127.0.0.1:0",
        http_address="",
        metrics_address="",
        otlp_endpoint="",
        reflection=False,
        clients_file=None,
        tls_cert_file=None,
        tls_key_file=None,
        tls_client_ca_file=None,
    )
    configure_logging("warning")
    async with AsyncExitStack() as stack:
        with _start_failures(), terminal.spinner("loading the models"):
            application = await stack.enter_async_context(Application(settings))
        yield await stack.enter_async_context(AsyncClient(application.address))


async def run(settings: "Settings", stopping: asyncio.Event) -> bool:
    """Run a server until the event; return whether every call could finish. Raises StartFailure as `connect` does."""
    from talmach.app.application import Application

    application = Application(settings)
    try:
        with _start_failures():
            return await application.run_until(stopping)
    finally:
        await application.stop()


@contextmanager
def _start_failures() -> Iterator[None]:
    try:
        yield
    except OSError as error:  # for which this program has no better words
        raise StartFailure(str(error)) from error


async def _find(client: AsyncClient) -> None:
    """Wait for a server that is there but does not serve yet; without one, do not wait."""
    try:
        await client.health(timeout_s=_FIND_TIMEOUT_S)
        await client.wait_until_serving(_FIND_TIMEOUT_S)
    except RpcFailed as failure:
        is_silent = failure.code == "DEADLINE_EXCEEDED"
        problem = f"{client.address}: no answer within {_FIND_TIMEOUT_S:g} s" if is_silent else failure.message
        raise BadInput(f"--address: {problem}") from failure
