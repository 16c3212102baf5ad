"""Whether PEM files are what they should be: OpenSSL tries them before a server or a client does.

What gRPC makes of files that are no good is a handshake that fails every time.
"""

import base64
import re
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from talmach.access.watched import Watched, read
from talmach.errors import UnusableFile

_Value = TypeVar("_Value")
CERT_SETTING = "TALMACH_TLS_CERT_FILE"
KEY_SETTING = "TALMACH_TLS_KEY_FILE"
CLIENT_CA_SETTING = "TALMACH_TLS_CLIENT_CA_FILE"
_PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.+?)-----END ", re.DOTALL)
_VERSION, _UTC_TIME = 0xA0, 0x17  # tags of DER


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


def expires_at(pem: bytes) -> float:
    """Return when the first certificate of a file that OpenSSL has read expires, in seconds of Unix time.

    The `ssl` module reads this out of no certificate but that of a peer.
    """
    block = _PEM.search(pem)
    assert block is not None
    # RFC 5280, 4.1: Certificate(TBSCertificate([0] version, serialNumber, signature, issuer, validity(from, to), ...)).
    (_, certificate), *_ = _elements(base64.b64decode(block[1]))
    (_, signed), *_ = _elements(certificate)
    *_, validity = [content for tag, content in list(_elements(signed))[:5] if tag != _VERSION][:4]
    _, (tag, end) = _elements(validity)
    text = end.decode("ascii")
    if tag == _UTC_TIME:  # two digits of the year, from 1950 on
        text = ("19" if text >= "5" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element, one beside the other."""
    while der:
        tag, length, start = der[0], der[1], 2
        if length > 0x80:  # so many bytes of length follow  # noqa: PLR2004
            start += length - 0x80
            length = int.from_bytes(der[2:start])
        yield tag, der[start : start + length]
        der = der[start + length :]
