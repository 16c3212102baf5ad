"""TLS of the server, from PEM files that may be replaced while it runs."""

from pathlib import Path

import grpc

from talmach.access.certificates import (
    CERT_SETTING,
    CLIENT_CA_SETTING,
    KEY_SETTING,
    check_certificate,
    check_pair,
)
from talmach.access.watched import Watched, read


class ServerTls:
    """The server's certificate and key, and which clients' certificates it asks for."""

    def __init__(self, cert_file: Path, key_file: Path, client_ca_file: Path | None = None) -> None:
        """`client_ca_file` None = clients need no certificate.

        Raises:
            UnusableFile: a file cannot be read or is not what it should be, or the key is of another certificate.

        """
        self._cert_file = cert_file
        self._key_file = key_file
        self._client_ca_file = client_ca_file
        files = [cert_file, key_file, *([client_ca_file] if client_ca_file else [])]
        self._configuration = Watched("tls", files, self._read)

    def credentials(self) -> grpc.ServerCredentials:
        """Return what a gRPC server listens with; it looks for new files at every handshake."""
        return grpc.dynamic_ssl_server_credentials(
            self._configuration.current(),
            self._configuration.changed,  # type: ignore[arg-type]  # None = unchanged, which grpc's types do not know
            require_client_authentication=self._client_ca_file is not None,
        )

    def _read(self) -> grpc.ServerCertificateConfiguration:
        check_pair(CERT_SETTING, self._cert_file, KEY_SETTING, self._key_file)
        if self._client_ca_file:
            check_certificate(CLIENT_CA_SETTING, self._client_ca_file)
        client_ca = read(CLIENT_CA_SETTING, self._client_ca_file) if self._client_ca_file else None
        pair = read(KEY_SETTING, self._key_file), read(CERT_SETTING, self._cert_file)
        return grpc.ssl_server_certificate_configuration([pair], root_certificates=client_ca)
