"""The door of a real server: TLS, clients, and files of theirs that go wrong."""

import asyncio
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from talmach.client import (
    AsyncClient,
    RpcFailed,
)
from tests.e2e.program import COMMAND, NAUGHTY_COMMAND, TIMEOUT_S, Result, Server, environment, free_address, talmach

NAME = "talmach.example.org"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with certificates: of an authority, a server, a client, and another server."""
    folder, authority = tmp_path_factory.mktemp("tls"), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name, host in (("server", NAME), ("client", "client.example.org"), ("loopback", "127.0.0.1")):
        pair = authority.issue_cert(host)
        (folder / f"{name}.pem").write_bytes(b"".join(each.bytes() for each in pair.cert_chain_pems))
        pair.private_key_pem.write_to_path(folder / f"{name}.key")
    return folder


def test_health_finds_the_server_of_its_own_settings(folder: Path) -> None:
    """As the container's health check does: no option, whatever the certificate is called and whoever must show one."""
    variables = {
        "TALMACH_TLS_CERT_FILE": str(folder / "server.pem"),
        "TALMACH_TLS_KEY_FILE": str(folder / "server.key"),
        "TALMACH_TLS_CLIENT_CA_FILE": str(folder / "ca.pem"),
        "TALMACH_LOG_LEVEL": "error",
    }
    address = free_address()
    process = start_process(address, **variables)
    try:
        wait_until_healthy(process, TALMACH_ADDRESS=address, **variables)
        port = address.rpartition(":")[2]
        assert talmach("health", TALMACH_ADDRESS=f"0.0.0.0:{port}", **variables).stdout == "SERVING\n"
        assert talmach("health", TALMACH_ADDRESS=address).stdout == "UNAVAILABLE\n"
    finally:
        process.terminate()
        process.wait()


def test_a_command_gets_in_with_its_files(folder: Path, tmp_path: Path) -> None:
    """`talmach token` makes the client; certificates and token come from files; without either the door is shut."""
    made = talmach("token", "desk").stdout
    token, _, toml = made.partition("\n\n")
    assert re.fullmatch("[A-Za-z0-9_-]{43}", token)
    (tmp_path / "clients.toml").write_text(toml, encoding="utf-8")
    (tmp_path / "token").write_text(f"{token}\n", encoding="utf-8")
    address = free_address()
    process = start_process(
        address,
        TALMACH_TLS_CERT_FILE=str(folder / "loopback.pem"),
        TALMACH_TLS_KEY_FILE=str(folder / "loopback.key"),
        TALMACH_TLS_CLIENT_CA_FILE=str(folder / "ca.pem"),
        TALMACH_CLIENTS_FILE=str(tmp_path / "clients.toml"),
        TALMACH_LOG_LEVEL="error",
    )
    pair = ("--cert-file", str(folder / "client.pem"), "--key-file", str(folder / "client.key"))
    at = ("--address", address, "--ca-file", str(folder / "ca.pem"))
    try:
        wait_until_healthy(process, *at, *pair)
        detect = ("detect", *at, *pair)
        known = talmach(*detect, "--token-file", str(tmp_path / "token"), stdin="Горад адкрыў новую школу.")
        assert (known.status, known.stderr) == (0, "")
        assert known.stdout.startswith("be ")
        unknown = talmach(*detect, stdin="Горад адкрыў новую школу.")
        assert (unknown.status, unknown.stdout) == (2, "")
        assert "UNAUTHENTICATED" in unknown.stderr
        anonymous = talmach("detect", *at, "--token-file", str(tmp_path / "token"), stdin="Горад.")
        assert (anonymous.status, anonymous.stdout) == (2, "")
        assert "it may want a client's certificate" in anonymous.stderr
        here, port = address.split(":")
        by_name = ("--address", f"localhost:{port}", "--ca-file", str(folder / "ca.pem"))
        trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
        wrong_authority = ("--address", address, "--ca-file", str(tmp_path / "other.pem"))
        for options, cause in (
            (("--address", f"{here}:{port}"), "the server closed the connection; it may want TLS, or is full"),
            ((*by_name, *pair), "the server's certificate is for another name"),
            ((*wrong_authority, *pair), "the server's certificate is not signed by an authority that is trusted"),
        ):
            refused = talmach("detect", *options, stdin="Горад.")
            assert refused == Result(2, "", f"talmach: --address: {options[1]}: {cause}\n")
    finally:
        process.terminate()
        process.wait()


def test_wrong_settings_are_one_line(folder: Path, tmp_path: Path) -> None:
    """Status 2, the setting named, no traceback, and before any model is loaded."""
    (tmp_path / "clients.toml").write_text("[[client]]\nname = 'desk'\nrequest_per_second = 1\n", encoding="utf-8")
    cert, key = str(folder / "server.pem"), str(folder / "client.key")
    for variables, setting in (
        ({"TALMACH_TLS_CERT_FILE": cert, "TALMACH_TLS_KEY_FILE": key}, "TALMACH_TLS_KEY_FILE"),
        ({"TALMACH_TLS_CERT_FILE": cert}, "TALMACH_TLS_KEY_FILE"),
        ({"TALMACH_CLIENTS_FILE": str(tmp_path / "clients.toml")}, "client desk: request_per_second"),
        ({"TALMACH_ADDRESS": "0.0.0.0:0"}, "TALMACH_ALLOW_PLAINTEXT"),
    ):
        result = talmach("serve", TALMACH_MODELS_DIR=str(tmp_path), **variables)
        assert (result.status, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert setting in line


def wants_readable_files() -> tuple[str, ...]:
    """Return what to put before a command that root's rights must not let read everything; skips without such."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("runs as root, which may read everything, and there is no setpriv to change that")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


async def test_a_revoked_token_is_refused_once_the_file_can_be_read(
    naughty: Callable[..., Server], tmp_path: Path
) -> None:
    """A new file that nobody may read changes nothing, and is named; its mode alone is then enough to be read."""
    before = wants_readable_files()
    token, _, desk = talmach("token", "desk").stdout.partition("\n\n")
    clients, new = tmp_path / "clients.toml", tmp_path / "new.toml"
    clients.write_text(desk, encoding="utf-8")
    server = naughty(command=(*before, *NAUGHTY_COMMAND), TALMACH_CLIENTS_FILE=str(clients))

    async def outcome() -> str:
        try:
            await client.info(timeout_s=TIMEOUT_S)
        except RpcFailed as failure:
            return failure.code
        return "OK"

    async with AsyncClient(server.address, token=token) as client:
        assert await outcome() == "OK"
        new.write_text(talmach("token", "other").stdout.partition("\n\n")[2], encoding="utf-8")
        new.chmod(0o000)
        new.replace(clients)
        assert await outcome() == "OK"
        assert "cannot be read (permission denied)" in server.logged("files.not_reloaded")[0]["problem"]
        clients.chmod(0o600)
        # By the clock of files this may be the moment of the move; the file is looked at again within a second.
        async with asyncio.timeout(TIMEOUT_S):
            while (code := await outcome()) == "OK":
                pass
        assert code == "PERMISSION_DENIED"


def test_files_that_went_wrong_are_on_the_page_of_metrics(folder: Path, tmp_path: Path) -> None:
    """Half a certificate, and a clients file with a mistake, before anybody calls; mended, all is well at once."""
    cert, clients = tmp_path / "server.pem", tmp_path / "clients.toml"
    whole, desk = (folder / "server.pem").read_bytes(), talmach("token", "desk").stdout.partition("\n\n")[2]
    cert.write_bytes(whole)
    clients.write_text(desk, encoding="utf-8")
    server = Server.start(
        tmp_path,
        until=(),
        TALMACH_TLS_CERT_FILE=str(cert),
        TALMACH_TLS_KEY_FILE=str(folder / "server.key"),
        TALMACH_CLIENTS_FILE=str(clients),
    )
    try:
        server.logged("models.loaded")
        assert server.metric("talmach_files_not_reloaded") == 0
        assert server.metric("talmach_certificate_expires_timestamp_seconds") > time.time()
        cert.write_bytes(whole[:200])
        assert server.metric("talmach_files_not_reloaded") == 1
        clients.write_text(f"{desk}requests = 1\n", encoding="utf-8")
        assert server.metric("talmach_files_not_reloaded") == 2
        assert {line["what"] for line in server.logged("files.not_reloaded", at_least=2)} == {"tls", "clients"}
        cert.write_bytes(whole)
        clients.write_text(desk, encoding="utf-8")
        assert server.metric("talmach_files_not_reloaded") == 0
    finally:
        server.kill()


def start_process(address: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start a server that only its own certificates can tell about."""
    return subprocess.Popen(
        [*COMMAND, "serve", "--address", address], env=environment(variables), stderr=subprocess.DEVNULL
    )


def wait_until_healthy(process: subprocess.Popen[bytes], *arguments: str, **variables: str) -> None:
    """Ask `talmach health` until it says SERVING; fails when the process ends before, or time does."""
    end = time.monotonic() + TIMEOUT_S
    while talmach("health", *arguments, **variables).stdout != "SERVING\n":
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.3)  # each try is a process that the server shares the machine with
