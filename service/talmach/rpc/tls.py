"""TLS of the server, from PEM files that may be replaced while it runs."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import structlog

from talmach.access.certificates import CERT_SETTING, CLIENT_CA_SETTING, KEY_SETTING, expires_at, watched
from talmach.access.watched import Watched, read

_log: Any = structlog.get_logger("talmach.rpc")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server shows of itself, and asks of clients."""

    configuration: grpc.ServerCertificateConfiguration
    expires_at: float  # of the certificate, in Unix time
    asks_clients: bool  # for a certificate


def watch(cert: Path, key: Path, client_ca: Path | None = None) -> Watched[Identity]:
    """Read a server's files, now and whenever they change.

    `client_ca` None = clients need no certificate. Raises UnusableFile as `certificates.watched` does.
    """

    def load() -> Identity:
        pair = read(KEY_SETTING, key), read(CERT_SETTING, cert)
        roots = read(CLIENT_CA_SETTING, client_ca) if client_ca else None
        end = expires_at(pair[1])
        if end < time.time():
            _log.error("certificate.expired", file=str(cert), days=int((time.time() - end) / 86_400))
        configuration = grpc.ssl_server_certificate_configuration([pair], root_certificates=roots)
        return Identity(configuration, end, client_ca is not None)

    return watched(cert, key, client_ca, load)


def credentials(files: Watched[Identity]) -> grpc.ServerCredentials:
    """Return what a gRPC server listens with; it looks for new files at every handshake."""

    def changed() -> grpc.ServerCertificateConfiguration | None:
        new = files.changed()
        return None if new is None else new.configuration

    now = files.current()
    return grpc.dynamic_ssl_server_credentials(
        now.configuration,
        changed,  # type: ignore[arg-type]  # None = unchanged, which grpc's types do not know
        require_client_authentication=now.asks_clients,
    )
