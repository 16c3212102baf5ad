"""The options that say where a server is and how to get in, and the mistakes in them."""

from pathlib import Path

import pytest
import trustme

from talmach.cli.connection import Connection, connection, own_server
from talmach.cli.failures import BadInput
from talmach.config import Settings
from talmach.errors import UnusableFile

ADDRESS = "127.0.0.1:1"


def test_tokens_and_certificates_come_from_files(tmp_path: Path) -> None:
    """Their content is what the client gets; a token without the line end."""
    authority = trustme.CA()
    pair = authority.issue_cert("client.example.org")
    ca, cert, key, token = (tmp_path / name for name in ("ca", "cert", "key", "token"))
    authority.cert_pem.write_to_path(ca)
    pair.cert_chain_pems[0].write_to_path(cert)
    pair.private_key_pem.write_to_path(key)
    token.write_text("s3cret\n")
    opened = connection(ADDRESS, token, ca, cert, key)
    assert (opened.address, opened.token) == (ADDRESS, "s3cret")
    assert opened.tls is not None
    assert opened.tls.ca_pem == authority.cert_pem.bytes()
    assert opened.tls.key_pem == pair.private_key_pem.bytes()
    assert "s3cret" not in repr(opened)
    assert connection(ADDRESS, None, None, None, None) == Connection(ADDRESS)
    assert connection(None, None, None, None, None) == Connection()


def test_mistakes_are_named(tmp_path: Path) -> None:
    """One sentence, by option."""
    junk, none = tmp_path / "junk", tmp_path / "none"
    junk.write_text("two words")
    for files, problem in (
        ((None, junk, None, None, None), "--token-file needs --address"),
        ((None, None, junk, None, None), "--ca-file needs --address"),
        ((ADDRESS, none, None, None, None), "--token-file: .* cannot be read"),
        ((ADDRESS, junk, None, None, None), "--token-file: .* does not hold a token"),
        ((ADDRESS, None, junk, None, None), "--ca-file: .* is not a certificate in PEM"),
        ((ADDRESS, None, None, junk, None), "--cert-file and --key-file need each other"),
        ((ADDRESS, None, None, junk, junk), "--cert-file needs --ca-file"),
    ):
        with pytest.raises((BadInput, UnusableFile), match=problem):
            connection(*files)


def test_the_own_server_is_asked_on_loopback() -> None:
    """Whichever address it listens on."""
    for address, asked in (
        ("127.0.0.1:5", "127.0.0.1:5"),
        ("0.0.0.0:5", "127.0.0.1:5"),
        ("[::]:5", "[::1]:5"),
        ("10.0.0.1:5", "10.0.0.1:5"),
    ):
        assert own_server(Settings(address=address)) == Connection(asked)
