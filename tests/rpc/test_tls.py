"""TLS from files: encrypted, mutual, replaced while the server runs."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from talmach.client import AsyncClient, RpcFailed, Tls
from talmach.errors import UnusableFile
from talmach.rpc.tls import credentials, watch
from tests.rpc.harness import Clients, Running, running

NAME = "talmach.example.org"


@dataclass
class Files:
    """Certificate and key of a server."""

    folder: Path

    @property
    def cert(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    def write(self, authority: trustme.CA) -> "Files":
        """Write a new pair, signed by an authority."""
        pair = authority.issue_cert(NAME)
        replace(self.cert, b"".join(each.bytes() for each in pair.cert_chain_pems))
        replace(self.key, pair.private_key_pem.bytes())
        return self


def replace(path: Path, content: bytes) -> None:
    """Write a file anew: another one, for one of the same size may have the same time, which moves in ticks."""
    replacement = path.with_suffix(".new")
    replacement.write_bytes(content)
    replacement.replace(path)


@pytest.fixture
def authority() -> trustme.CA:
    """Return who signs."""
    return trustme.CA()


@pytest.fixture
def files(tmp_path: Path, authority: trustme.CA) -> Files:
    """Return a pair of the authority."""
    return Files(tmp_path).write(authority)


def trust(authority: trustme.CA, of: trustme.CA | None = None) -> Tls:
    """Return a client's side: whom it trusts, and a certificate `of` its own authority."""
    if of is None:
        return Tls(authority.cert_pem.bytes(), server_name=NAME)
    own = of.issue_cert("client.example.org")
    return Tls(authority.cert_pem.bytes(), own.cert_chain_pems[0].bytes(), own.private_key_pem.bytes(), NAME)


async def is_let_in(served: Running, tls: Tls | None) -> bool:
    """Say whether a new connection succeeds."""
    async with served.client(tls=tls) as client:
        try:
            return await client.health(timeout_s=60) == "SERVING"
        except RpcFailed as failure:
            if failure.code != "UNAVAILABLE":
                raise
            return False


async def test_tls_and_only_tls(files: Files, authority: trustme.CA) -> None:
    """Who trusts the authority gets in; who trusts another, expects another name or speaks plaintext does not."""
    async with running(tls=credentials(watch(files.cert, files.key))) as served:
        assert await is_let_in(served, trust(authority))
        assert not await is_let_in(served, trust(trustme.CA()))
        assert not await is_let_in(served, Tls(authority.cert_pem.bytes(), server_name="other.example.org"))
        assert not await is_let_in(served, None)


async def test_mutual_tls_asks_for_a_certificate(files: Files, authority: trustme.CA, tmp_path: Path) -> None:
    """Of the authority that is named for clients, which need not be the server's."""
    of_clients = trustme.CA()
    of_clients.cert_pem.write_to_path(tmp_path / "clients.pem")
    async with running(tls=credentials(watch(files.cert, files.key, tmp_path / "clients.pem"))) as served:
        assert await is_let_in(served, trust(authority, of_clients))
        assert not await is_let_in(served, trust(authority))
        assert not await is_let_in(served, trust(authority, authority))


async def test_tokens_travel_over_tls(files: Files, authority: trustme.CA, tmp_path: Path) -> None:
    """A certificate of the server alone opens no door."""
    clients = Clients(tmp_path / "clients.toml").write(desk="")
    async with running(tls=credentials(watch(files.cert, files.key)), clients=clients) as served:
        async with served.client("desk-token", trust(authority)) as client:
            await client.info()
        async with served.client(tls=trust(authority)) as client:
            with pytest.raises(RpcFailed, match="UNAUTHENTICATED"):
                await client.info()


async def test_new_files_are_used_at_the_next_handshake(files: Files, authority: trustme.CA, log: StringIO) -> None:
    """Broken ones are logged and the old pair kept; connections that are open stay open."""
    newer, tls = trustme.CA(), watch(files.cert, files.key)
    async with running(tls=credentials(tls)) as served, served.client(tls=trust(authority)) as old:
        await old.info()
        assert not tls.is_outdated()
        replace(files.key, newer.issue_cert(NAME).private_key_pem.bytes())
        assert await is_let_in(served, trust(authority))
        assert "is not the key of the certificate" in log.getvalue()
        assert tls.is_outdated()
        files.cert.unlink()
        assert await is_let_in(served, trust(authority))
        files.write(newer)
        assert not tls.is_outdated()  # whoever looks takes the new files from nobody
        assert await is_let_in(served, trust(newer))
        assert not await is_let_in(served, trust(authority))
        await old.info()
    assert log.getvalue().count("files.reloaded") == 1
    assert log.getvalue().count("files.not_reloaded") == 2
    assert "PRIVATE KEY" not in log.getvalue()


async def test_a_certificate_that_has_expired_is_told_of(files: Files, authority: trustme.CA, log: StringIO) -> None:
    """A server starts with it, since clients may not mind, and says so; the new one is known at once."""
    now = datetime.now(UTC).replace(microsecond=0)
    past = authority.issue_cert(NAME, not_before=now - timedelta(90), not_after=now - timedelta(2))
    files.cert.write_bytes(past.cert_chain_pems[0].bytes())
    files.key.write_bytes(past.private_key_pem.bytes())
    tls = watch(files.cert, files.key)
    (line,) = [json.loads(each) for each in log.getvalue().splitlines() if "certificate.expired" in each]
    assert (line["level"], line["days"]) == ("error", 2)
    assert tls.current().expires_at == (now - timedelta(2)).timestamp()
    files.write(authority)
    assert tls.current().expires_at > time.time()


async def test_a_new_authority_of_clients_is_used(files: Files, authority: trustme.CA, tmp_path: Path) -> None:
    """The clients of the old one are refused from then on."""
    first, second, path = trustme.CA(), trustme.CA(), tmp_path / "clients.pem"
    first.cert_pem.write_to_path(path)
    async with running(tls=credentials(watch(files.cert, files.key, path))) as served:
        assert await is_let_in(served, trust(authority, first))
        replace(path, second.cert_pem.bytes())
        assert await is_let_in(served, trust(authority, second))
        assert not await is_let_in(served, trust(authority, first))


def encrypted(pem: bytes) -> bytes:
    """Return a private key that needs a password."""
    key = serialization.load_pem_private_key(pem, None)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"password"))


async def test_wrong_files_are_named(files: Files, tmp_path: Path) -> None:
    """By setting and path, in one line, before anything listens; a password is never asked for."""
    good, other = files.key.read_bytes(), trustme.CA().issue_cert(NAME).private_key_pem.bytes()
    junk, none, locked = tmp_path / "junk.pem", tmp_path / "none.pem", tmp_path / "locked.pem"
    junk.write_text("s3cret")
    locked.write_bytes(encrypted(good))
    (tmp_path / "other.pem").write_bytes(other)
    for arguments, problem in (
        ((none, files.key), f"TALMACH_TLS_CERT_FILE: {none} cannot be read (no such file or directory)"),
        ((files.cert, none), f"TALMACH_TLS_KEY_FILE: {none} cannot be read (no such file or directory)"),
        ((files.cert, tmp_path), f"TALMACH_TLS_KEY_FILE: {tmp_path} cannot be read (is a directory)"),
        ((junk, files.key), f"TALMACH_TLS_CERT_FILE: {junk} is not a certificate in PEM"),
        ((files.cert, junk), f"TALMACH_TLS_KEY_FILE: {junk} is not an unencrypted private key in PEM"),
        ((files.cert, locked), f"TALMACH_TLS_KEY_FILE: {locked} is not an unencrypted private key in PEM"),
        ((files.cert, tmp_path / "other.pem"), "other.pem is not the key of the certificate"),
        ((files.cert, files.key, junk), f"TALMACH_TLS_CLIENT_CA_FILE: {junk} is not a certificate in PEM"),
        ((files.cert, files.key, none), f"TALMACH_TLS_CLIENT_CA_FILE: {none} cannot be read"),
    ):
        with pytest.raises(UnusableFile) as caught:
            watch(*arguments)
        assert problem in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_nobody_waits_for_a_plaintext_server(authority: trustme.CA) -> None:
    """A client that asks for TLS is not talked out of it."""
    async with running() as served:
        assert not await is_let_in(served, trust(authority))
        async with AsyncClient(served.address) as client:
            assert await client.health() == "SERVING"


def test_a_key_is_not_shown() -> None:
    """Where a value is printed by chance."""
    assert "s3cret" not in repr(Tls(key_pem=b"s3cret"))
