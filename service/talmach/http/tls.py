"""TLS of the second door, from the same PEM files, which may be replaced while the server runs."""

import ssl
from pathlib import Path

from talmach.access.certificates import watched


def context(cert: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return what a server listens with; it looks for new files at every handshake.

    `client_ca` None = clients need no certificate. Raises UnusableFile as `certificates.watched` does.
    """

    def load() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.load_cert_chain(cert, key)
        if client_ca is not None:
            made.load_verify_locations(client_ca)
            made.verify_mode = ssl.CERT_REQUIRED
        return made

    files = watched(cert, key, client_ca, load)

    def renew(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = files.current()

    listening = files.current()
    listening.sni_callback = renew
    return listening
