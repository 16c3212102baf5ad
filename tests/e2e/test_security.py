"""The door of a real server: TLS, clients, and nothing of a user or a token where it does not belong."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme

from talmach.client import (
    Article,
    AsyncClient,
    BatchTranslateRequest,
    GlossaryEntry,
    RpcFailed,
    SummaryOptions,
    TranslationOptions,
)
from tests.e2e.program import COMMAND, NAUGHTY_COMMAND, TIMEOUT_S, Result, Server, environment, free_address, talmach

NAME = "talmach.example.org"
MARKER = "Запаветнаеслова"
ITS_LATIN = "Zapavetnaeslova"


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
            (("--address", f"{here}:{port}"), "the server closed the connection; it may want TLS"),
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


HOSTILE = [
    b"GET /%s\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%%0a%s%%1b HTTP/1.1\r\nHost: %s\r\nX-Request-ID: %s \x1b\r\n\r\n",
    b"%s / HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n\r\n",
    b"CONNECT %s:443 HTTP/1.1\r\nHost: %s\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: %s\r\nConnection: Upgrade\r\n\r\n",
    b"POST /translate HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n",
    b"POST /translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 6\r\n\r\n{%s",
    b"POST /detect HTTP/1.1\r\nHost:x\r\nContent-Length:6\r\nContent-Type:multipart/form-data; boundary=%s\r\n\r\n%s",
    b"POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Type: text/%s\r\nContent-Length: 6\r\n\r\n%s",
    b"\x16\x03\x01%s\r\n\r\n",
]


def test_nothing_that_a_stranger_sends_by_http_is_in_the_log(start: Callable[..., Server]) -> None:
    """Paths, header fields, ids, terminal escapes, line feeds: every line is one of JSON, with none of them in it."""
    http = free_address()
    server = start(TALMACH_LOG_LEVEL="debug", TALMACH_HTTP_ADDRESS=http)
    host, _, port = http.partition(":")
    for request in HOSTILE:
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
            connection.sendall(request.replace(b"%s", ITS_LATIN.encode()).replace(b"%%", b"%"))
            assert connection.recv(100).startswith(b"HTTP/1.1 ")
    assert server.end() == 0
    log = server.log.read_text(encoding="utf-8")
    assert all(isinstance(json.loads(line), dict) for line in log.split("\n")[:-1])
    assert len(server.logged("rpc.done")) >= 5
    assert ITS_LATIN.lower() not in log.lower()
    assert not re.search("[\x00-\x09\x0b-\x1f]|\\\\u00|boundary", log)


def test_neither_texts_nor_tokens_are_told(start: Callable[..., Server], tmp_path: Path) -> None:
    """Not in the log at its loudest, not on the metrics page, not in an error: neither whole nor in part."""
    token, _, toml = talmach("token", "desk").stdout.partition("\n\n")
    (tmp_path / "clients.toml").write_text(f"{toml}characters_per_minute = 1500\n", encoding="utf-8")
    server = start(TALMACH_LOG_LEVEL="debug", TALMACH_CLIENTS_FILE=str(tmp_path / "clients.toml"))
    wrong_token = f"{token}x"
    errors = asyncio.run(provoke(server.address, token, wrong_token))
    with urllib.request.urlopen(f"http://{server.metrics_address}/metrics", timeout=TIMEOUT_S) as page:
        metrics = page.read().decode()
    assert server.end() == 0
    log = server.log.read_text(encoding="utf-8")
    reasons = ("INVALID_LANGUAGE_CODE", "TEXT_TOO_LONG", "MODEL_NOT_FOUND", "QUOTA_EXCEEDED", "PERMISSION_DENIED")
    assert not [reason for reason in reasons if not any(reason in error for error in errors)]
    assert log.count("rpc.done") > 10
    assert 'client": "desk"' in log
    for told in (log, metrics, *errors):
        lower = told.lower()
        assert MARKER.lower() not in lower
        assert ITS_LATIN.lower() not in lower
        assert token not in told
        assert token[:12] not in told


async def provoke(address: str, token: str, wrong_token: str) -> list[str]:
    """Send the marker wherever a text can stand, rightly and wrongly, and return every error as it arrives."""
    text = f"Горад пабачыў {MARKER} учора. {MARKER}!"
    article = Article(headline=MARKER, lead=f"{MARKER} тут.", body=text)
    good = TranslationOptions(source_language_code="be", target_language_code="en")
    glossary = TranslationOptions(
        source_language_code="be",
        target_language_code="en",
        glossary_entries=[GlossaryEntry(source_term=MARKER, target_term=ITS_LATIN)],
        do_not_translate_phrases=[f"{MARKER}!"],
    )
    bad = [
        TranslationOptions(source_language_code=MARKER, target_language_code=MARKER),
        TranslationOptions(target_language_code="en", model=MARKER),
        TranslationOptions(target_language_code="en", beam_size=99, do_not_translate_phrases=[MARKER * 99]),
    ]
    errors: list[str] = []

    async def attempt(client: AsyncClient, options: TranslationOptions, sent: str = text) -> None:
        with _noted(errors):
            await client.translate_texts([sent], options)
        with _noted(errors):
            _ = [event async for event in client.stream_article(article, options)]
        with _noted(errors):
            await client.summarize(article, SummaryOptions(ratio=7 if options is not good else 0.5), options)
        with _noted(errors):
            answers = [answer.error async for answer in client.batch_translate(_items(sent, options))]
            errors.extend(repr((error.message, error.reason, dict(error.metadata))) for error in answers)

    async with AsyncClient(address, token=token) as client:
        for options in (good, glossary, *bad):
            await attempt(client, options)
        await attempt(client, good, MARKER * 10_000)
        for _ in range(2):  # each nearly a minute's characters, however many of them have come back by now
            with _noted(errors):
                await client.detect([MARKER * 99])
    for other in (wrong_token, ""):
        async with AsyncClient(address, token=other) as client:
            await attempt(client, good)
    bare: Any = grpc.aio.insecure_channel(address)
    async with bare as channel:
        for method in ("talmach.v1.TranslationService/TranslateText", f"{ITS_LATIN}.Service/{ITS_LATIN}"):
            with suppress(grpc.aio.AioRpcError):
                metadata = (("authorization", f"Bearer {token}"), ("x-request-id", f"{token} {token}"))
                await channel.unary_unary(f"/{method}")(b"\x0a\xff" + MARKER.encode("cp1251"), metadata=metadata)
    return errors


@contextmanager
def _noted(errors: list[str]) -> Iterator[None]:
    try:
        yield
    except RpcFailed as failure:
        errors.append(repr((str(failure), failure.reason, failure.metadata, failure.violations)))


async def _items(text: str, options: TranslationOptions) -> AsyncIterator[BatchTranslateRequest]:
    yield BatchTranslateRequest(id="1", text=text, options=options)


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
