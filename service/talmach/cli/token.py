"""`talmach token`: a new token for a client, and its entry for the clients file."""

import secrets
from typing import Annotated

import typer

from talmach.access.clients import NAME, sha256_of
from talmach.cli import terminal

_TOKEN_BYTES = 32


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is not letters, digits, dots, hyphens and underscores (at most 64).")
    return value


Name = Annotated[str, typer.Argument(metavar="NAME", callback=_name, help="The client's, as logs and quotas know it.")]


def token(name: Name) -> None:
    """Print a new token, for the client alone. Below it are the lines for TALMACH_CLIENTS_FILE."""
    secret = secrets.token_urlsafe(_TOKEN_BYTES)
    terminal.write(f'{secret}\n\n[[client]]\nname = "{name}"\ntoken_sha256 = ["{sha256_of(secret)}"]\n')
