"""TLS of the server, from PEM files that may be replaced while it runs."""

import ssl
from pathlib import Path

import grpc

from talmach.rpc.watched import UnusableFile, Watched, read

CERT_SETTING = "TALMACH_TLS_CERT_FILE"
KEY_SETTING = "TALMACH_TLS_KEY_FILE"
CLIENT_CA_SETTING = "TALMACH_TLS_CLIENT_CA_FILE"


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


# What gRPC makes of files that are no good is a handshake that fails every time: OpenSSL tries them first.


def check_certificate(option: str, path: Path) -> None:
    """Raise UnusableFile unless the file that `option` (or a setting) names holds a certificate."""
    read(option, path)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        raise UnusableFile(f"{option}: {path} is not a certificate in PEM") from error


def check_pair(cert_option: str, cert: Path, key_option: str, key: Path) -> None:
    """Raise UnusableFile unless the two files hold a certificate and its private key."""
    check_certificate(cert_option, cert)
    read(key_option, key)
    try:
        # With a password, of any kind, OpenSSL does not ask for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except ssl.SSLError as error:
        is_other = error.reason == "KEY_VALUES_MISMATCH"
        problem = "is not the key of the certificate" if is_other else "is not an unencrypted private key in PEM"
        raise UnusableFile(f"{key_option}: {key} {problem}") from error
