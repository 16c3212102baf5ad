"""Whether PEM files are what they should be: OpenSSL tries them before a server or a client does.

What gRPC makes of files that are no good is a handshake that fails every time.
"""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from talmach.access.watched import Watched, read
from talmach.errors import UnusableFile

_Value = TypeVar("_Value")
CERT_SETTING = "TALMACH_TLS_CERT_FILE"
KEY_SETTING = "TALMACH_TLS_KEY_FILE"
CLIENT_CA_SETTING = "TALMACH_TLS_CLIENT_CA_FILE"


def watched(cert: Path, key: Path, client_ca: Path | None, load: Callable[[], _Value]) -> Watched[_Value]:
    """Return what `load` makes of a server's files, which are checked first, each time that they change.

    Raises:
        UnusableFile: a file cannot be read or is not what it should be, or the key is of another certificate.

    """

    def checked() -> _Value:
        check_pair(CERT_SETTING, cert, KEY_SETTING, key)
        if client_ca is not None:
            check_certificate(CLIENT_CA_SETTING, client_ca)
        return load()

    return Watched("tls", [cert, key, *([client_ca] if client_ca else [])], checked)


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
