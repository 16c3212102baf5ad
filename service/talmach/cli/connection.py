"""Where a server is and how to get in: the options --address, --token-file, --ca-file, --cert-file and --key-file.

Every command that asks a server declares all five: typer reads them from its parameters.
"""

import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from talmach.cli.failures import BadInput
from talmach.client import AsyncClient, Tls
from talmach.client.address import Target

if TYPE_CHECKING:
    from talmach.config import Settings


def _address(value: str | None) -> str | None:
    if value is not None:
        try:
            Target.parse(value)
        except ValueError as error:
            raise typer.BadParameter(f"{error}.") from error
    return value


_ANY_HOST = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  # not to listen there, but to ask who does
_TIMEOUT_S = 3.0


def _address_option(otherwise: str) -> Any:
    help_text = f"Use this server (or NAME:PORT, ipv4:IP:PORT,IP:PORT); without it, {otherwise}."
    return typer.Option("--address", metavar="HOST:PORT", callback=_address, help=help_text)


Address = Annotated[str | None, _address_option("one starts inside the command")]
RunningAddress = Annotated[str | None, _address_option("the one that the settings describe")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="Send the token that this file holds.")
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file", metavar="FILE", help="Use TLS; PEM file of the authority behind the server's certificate."
    ),
]
CertFile = Annotated[
    Path | None, typer.Option("--cert-file", metavar="FILE", help="PEM file of a certificate to show to the server.")
]
KeyFile = Annotated[Path | None, typer.Option("--key-file", metavar="FILE", help="PEM file of its private key.")]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a server; without an address, one is started inside the command."""

    address: str | None = None
    token: str = field(default="", repr=False)
    tls: Tls | None = None

    def open(self) -> AsyncClient:
        """Return a client of the server at the address."""
        assert self.address is not None
        return AsyncClient(self.address, token=self.token, tls=self.tls)


def connection(
    address: str | None, token_file: Path | None, ca_file: Path | None, cert_file: Path | None, key_file: Path | None
) -> Connection:
    """Return what the options of a command say.

    Raises:
        BadInput: they contradict each other, or a file is not what it should be.
        UnusableFile: a file cannot be read.

    """
    files = {"--token-file": token_file, "--ca-file": ca_file, "--cert-file": cert_file, "--key-file": key_file}
    given = [option for option, file in files.items() if file is not None]
    if address is None:
        if given:
            raise BadInput(f"{given[0]} needs --address")
        return Connection()
    return Connection(address, _token(token_file) if token_file else "", _tls(ca_file, cert_file, key_file))


def own_server(settings: "Settings") -> Connection:
    """Return how to reach, from the same machine, a server that runs with these settings.

    It must show the certificate of the settings, whatever name that is for. A server that asks for a certificate is
    shown its own, which it accepts when one authority signs for servers and clients.
    """
    host, _, port = settings.address.rpartition(":")
    host = _ANY_HOST.get(host, host)
    cert, key = settings.tls_cert_file, settings.tls_key_file
    if not (cert and key):
        return Connection(f"{host}:{port}")
    from talmach.access.certificates import CERT_SETTING, KEY_SETTING, check_pair

    check_pair(CERT_SETTING, cert, KEY_SETTING, key)
    cert_pem = cert.read_bytes()
    name = _certified_name(host.strip("[]"), int(port), cert_pem)
    tls = Tls(ca_pem=cert_pem, server_name=name)
    if settings.tls_client_ca_file:
        tls = Tls(ca_pem=cert_pem, cert_pem=cert_pem, key_pem=key.read_bytes(), server_name=name)
    return Connection(f"{host}:{port}", tls=tls)


def _certified_name(host: str, port: int, cert_pem: bytes) -> str:
    """Return a name that the server's certificate is valid for; the empty string when there is no such server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # The certificate itself is trusted, whoever signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=cert_pem.decode("ascii", errors="ignore"))
    context.set_alpn_protocols(["h2"])
    try:
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            certificate = encrypted.getpeercert() or {}
    except OSError:  # ssl.SSLError too
        return ""
    names = [str(each[1]) for each in certificate.get("subjectAltName", ())]
    return names[0].replace("*", "any") if names else ""


def _tls(ca_file: Path | None, cert_file: Path | None, key_file: Path | None) -> Tls | None:
    if (cert_file is None) != (key_file is None):
        raise BadInput("--cert-file and --key-file need each other")
    if ca_file is None:
        if cert_file is not None:
            raise BadInput("--cert-file needs --ca-file")
        return None
    from talmach.access.certificates import check_certificate, check_pair

    check_certificate("--ca-file", ca_file)
    ca_pem = ca_file.read_bytes()
    if cert_file is None or key_file is None:
        return Tls(ca_pem)
    check_pair("--cert-file", cert_file, "--key-file", key_file)
    return Tls(ca_pem, cert_file.read_bytes(), key_file.read_bytes())


def _token(path: Path) -> str:
    from talmach.access.watched import read

    token = read("--token-file", path).strip().decode("utf-8", errors="replace")
    # What gRPC metadata can hold; anything else would raise deep inside gRPC.
    if not (token and token.isascii() and token.isprintable() and " " not in token):
        raise BadInput(f"--token-file: {path} does not hold a token")
    return token
