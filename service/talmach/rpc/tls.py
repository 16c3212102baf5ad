"""TLS of the server, from PEM files that may be replaced while it runs."""

from pathlib import Path

import grpc

from talmach.access.certificates import CERT_SETTING, CLIENT_CA_SETTING, KEY_SETTING, watched
from talmach.access.watched import read


def credentials(cert: Path, key: Path, client_ca: Path | None = None) -> grpc.ServerCredentials:
    """Return what a gRPC server listens with; it looks for new files at every handshake.

    `client_ca` None = clients need no certificate. Raises UnusableFile as `certificates.watched` does.
    """

    def load() -> grpc.ServerCertificateConfiguration:
        pair = read(KEY_SETTING, key), read(CERT_SETTING, cert)
        roots = read(CLIENT_CA_SETTING, client_ca) if client_ca else None
        return grpc.ssl_server_certificate_configuration([pair], root_certificates=roots)

    files = watched(cert, key, client_ca, load)
    return grpc.dynamic_ssl_server_credentials(
        files.current(),
        files.changed,  # type: ignore[arg-type]  # None = unchanged, which grpc's types do not know
        require_client_authentication=client_ca is not None,
    )
