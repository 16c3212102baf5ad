"""TLS of the HTTP door: from the files of the gRPC server, mutual, replaced while the server runs."""

import ssl
from io import StringIO
from pathlib import Path

import pytest
import trustme

from talmach.errors import UnusableFile
from talmach.http import tls
from tests.http.harness import served
from tests.rpc.test_tls import Files

GOOD = {"texts": ["Сёння ідзе дождж."], "options": {"targetLanguageCode": "en", "sourceLanguageCode": "be"}}


def trusting(authority: trustme.CA, of: trustme.CA | None = None) -> ssl.SSLContext:
    """Return a client's side: whom it trusts, and a certificate `of` its own authority."""
    context = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    if of is not None:
        of.issue_cert("client.example.org").configure_cert(context)
    return context


async def test_encrypted_and_replaced(tmp_path: Path) -> None:
    """The next handshake has the new certificate; one that cannot be used leaves the old."""
    first, second = trustme.CA(), trustme.CA()
    files = Files(tmp_path).write(first)
    async with served(tls=tls.context(files.cert, files.key)) as site:
        assert (await site.ask("/v1/translate", GOOD, tls=trusting(first))).status == 200
        files.write(second)
        assert (await site.ask("/v1/translate", GOOD, tls=trusting(second))).status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            await site.ask("/health", tls=trusting(first))
        files.key.write_text("nonsense")
        assert (await site.ask("/health", tls=trusting(second))).status == 200


async def test_plaintext_is_not_spoken(tmp_path: Path, log: StringIO) -> None:
    """Whoever speaks it gets no answer, and leaves no traceback."""
    files = Files(tmp_path).write(trustme.CA())
    async with served(tls=tls.context(files.cert, files.key)) as site:
        reader, writer = await site.connect()
        writer.write(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"HTTP" not in await reader.read()
        writer.close()
    assert "error_at" not in log.getvalue()


async def test_clients_show_a_certificate(tmp_path: Path) -> None:
    """Where the setting asks for one: without, or with one of somebody else, there is no answer."""
    ours, theirs = trustme.CA(), trustme.CA()
    files = Files(tmp_path).write(ours)
    client_ca = tmp_path / "clients.pem"
    ours.cert_pem.write_to_path(str(client_ca))
    async with served(tls=tls.context(files.cert, files.key, client_ca)) as site:
        assert (await site.ask("/health", tls=trusting(ours, ours))).status == 200
        for of in (None, theirs):
            with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
                await site.ask("/health", tls=trusting(ours, of))


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """By their settings, at the start."""
    files = Files(tmp_path).write(trustme.CA())
    other = Files(tmp_path / "other")
    other.folder.mkdir()
    other.write(trustme.CA())
    with pytest.raises(UnusableFile, match=r"TALMACH_TLS_KEY_FILE: .* is not the key of the certificate"):
        tls.context(files.cert, other.key)
    with pytest.raises(UnusableFile, match=r"TALMACH_TLS_CLIENT_CA_FILE: .* is not a certificate"):
        tls.context(files.cert, files.key, files.key)
