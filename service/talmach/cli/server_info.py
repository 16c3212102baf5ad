"""`talmach info` and `talmach health`: what a server is, and whether it serves."""

import asyncio

import typer

from talmach.cli import rendering, terminal
from talmach.cli.failures import FAILURE_STATUS
from talmach.cli.options import Address, Json
from talmach.cli.session import connect
from talmach.client import GetServerInfoResponse, RpcFailed, TalmachClient, to_json
from talmach.config import load_settings

_HEALTH_TIMEOUT_S = 3.0
_SERVING = "SERVING"


def info(as_json: Json = False, address: Address = None) -> None:
    """Show version, language pairs, models and limits of a server."""
    reply = asyncio.run(_info(address))
    if as_json:
        terminal.write(f"{to_json(reply)}\n")
    else:
        rendering.show_server(terminal.console(), reply)


def health(address: Address = None) -> None:
    """Ask a server (TALMACH_ADDRESS by default) whether it serves; exit status 0 only when it says SERVING."""
    status = asyncio.run(_health(address or load_settings().address))
    terminal.write(f"{status}\n")
    if status != _SERVING:
        raise typer.Exit(FAILURE_STATUS)


async def _info(address: str | None) -> GetServerInfoResponse:
    async with connect(address) as client:
        return await client.info()


async def _health(address: str) -> str:
    async with TalmachClient(address) as client:
        try:
            return await client.health(timeout_s=_HEALTH_TIMEOUT_S)
        except RpcFailed as failure:
            return failure.code
