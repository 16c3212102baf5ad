"""TLS of the second door, from the same PEM files, which may be replaced while the server runs."""

import ssl
from pathlib import Path

from talmach.access.certificates import (
    CERT_SETTING,
    CLIENT_CA_SETTING,
    KEY_SETTING,
    check_certificate,
    check_pair,
)
from talmach.access.watched import Watched


def context(cert: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return what a server listens with; it looks for new files at every handshake.

    Raises:
        UnusableFile: a file cannot be read or is not what it should be, or the key is of another certificate.

    """

    def read() -> ssl.SSLContext:
        check_pair(CERT_SETTING, cert, KEY_SETTING, key)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.load_cert_chain(cert, key)
        if client_ca is not None:
            check_certificate(CLIENT_CA_SETTING, client_ca)
            made.load_verify_locations(client_ca)
            made.verify_mode = ssl.CERT_REQUIRED
        return made

    files = Watched("tls", [cert, key, *([client_ca] if client_ca else [])], read)

    def renew(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = files.current()

    listening = files.current()
    listening.sni_callback = renew
    return listening
