"""`talmach info` and `talmach health`: what a server is, and whether it serves."""

import asyncio

import typer

from talmach.cli import rendering, terminal
from talmach.cli.connection import Connection, own_server, with_connection
from talmach.cli.failures import FAILURE_STATUS
from talmach.cli.options import Json
from talmach.cli.session import connect
from talmach.client import GetServerInfoResponse, RpcFailed, to_json
from talmach.config import load_settings

_HEALTH_TIMEOUT_S = 3.0
_SERVING = "SERVING"


@with_connection
def info(as_json: Json = False, *, server: Connection) -> None:
    """Show version, language pairs, models and limits of a server."""
    reply = asyncio.run(_info(server))
    if as_json:
        terminal.write(f"{to_json(reply)}\n")
    else:
        rendering.show_server(terminal.console(), reply)


@with_connection
def health(*, server: Connection) -> None:
    """Ask a server (by default the one of the settings) whether it serves; exit status 0 only when it says SERVING."""
    status = asyncio.run(_health(server if server.address else own_server(load_settings())))
    terminal.write(f"{status}\n")
    if status != _SERVING:
        raise typer.Exit(FAILURE_STATUS)


async def _info(server: Connection) -> GetServerInfoResponse:
    async with connect(server) as client:
        return await client.info()


async def _health(server: Connection) -> str:
    async with server.open() as client:
        try:
            return await client.health(timeout_s=_HEALTH_TIMEOUT_S)
        except RpcFailed as failure:
            return failure.code
