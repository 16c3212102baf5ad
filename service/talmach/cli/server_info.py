"""`talmach info` and `talmach health`: what a server is, and whether it serves."""

import asyncio

import typer

from talmach.cli import terminal
from talmach.cli.connection import (
    Address,
    CaFile,
    CertFile,
    Connection,
    KeyFile,
    RunningAddress,
    TokenFile,
    connection,
    own_server,
)
from talmach.cli.failures import FAILURE_STATUS
from talmach.cli.options import Json
from talmach.cli.session import connect
from talmach.client import GetServerInfoResponse, RpcFailed, to_json

_HEALTH_TIMEOUT_S = 3.0
_SERVING = "SERVING"


def info(
    as_json: Json = False,
    *,
    address: Address = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Show version, language pairs, models and limits of a server."""
    reply = asyncio.run(_info(connection(address, token_file, ca_file, cert_file, key_file)))
    if as_json:
        terminal.write(f"{to_json(reply)}\n")
    else:
        from talmach.cli import rendering

        rendering.show_server(terminal.console(), reply)


def health(
    *,
    address: RunningAddress = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Ask a server whether it serves. Without --address, the one of the settings; exit status 0 only for SERVING."""
    server = connection(address, token_file, ca_file, cert_file, key_file)
    if not server.address:
        from talmach.config import load_settings

        server = own_server(load_settings())
    status = asyncio.run(_health(server))
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
            terminal.complain(failure.message)
            return failure.code
