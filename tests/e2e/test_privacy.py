"""Nothing of a user, a stranger or a token stands where it does not belong: logs, metrics, errors."""

import asyncio
import json
import re
import socket
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc

from talmach.client import (
    Article,
    AsyncClient,
    BatchTranslateRequest,
    GlossaryEntry,
    RpcFailed,
    SummaryOptions,
    TranslationOptions,
)
from tests.e2e.program import TIMEOUT_S, Server, free_address, talmach

MARKER = "Запаветнаеслова"
ITS_LATIN = "Zapavetnaeslova"
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
