"""What hostile callers send by HTTP; each keeps to the published limits, or breaks one that must be found out early.

Written on bare sockets: a client of HTTP would not send half of it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

_BODY_BYTES = 8_000_000  # the largest that is read
_CHARS = 99_000
_PAUSE_S = 0.02
_CONNECTIONS = 200
_HOST = "talmach.example.org"
_JSON = "application/json"

WebAttack = Callable[[str, int, float], Awaitable[str]]


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


def _head(path: str, length: int, media_type: str = _JSON, accept: str = "*/*") -> bytes:
    fields = {"host": _HOST, "content-type": media_type, "accept": accept, "content-length": length}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode()


async def _status(reader: asyncio.StreamReader) -> str:
    """Return the status of an answer once all of it is there, or `closed`."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        if b"content-length" in fields:
            await reader.readexactly(int(fields[b"content-length"]))
        else:
            while (await reader.readuntil(b"\r\n")) != b"0\r\n":
                pass
    except (asyncio.IncompleteReadError, ConnectionError):
        return "closed"
    return head.split(b" ", 2)[1].decode()


async def _send(address: str, timeout_s: float, sent: bytes) -> str:
    """Send something whole, and wait for the answer; return its status, `closed`, or `no answer`."""
    reader, writer = await _connect(address)
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(sent)
            with suppress(ConnectionError):
                await writer.drain()
            return await _status(reader)
    except TimeoutError:
        return "no answer"
    finally:
        writer.close()


def _post(path: str, piece: bytes, before: bytes = b"", after: bytes = b"", media_type: str = _JSON) -> WebAttack:
    """Return an attack with the largest body that is read: pieces between a beginning and an end."""

    async def attack(address: str, _number: int, timeout_s: float) -> str:
        body = before + piece * ((_BODY_BYTES - len(before) - len(after)) // len(piece)) + after
        return await _send(address, timeout_s, _head(path, len(body), media_type) + body)

    return attack


def _translate(text: Callable[[int], str], text_format: str) -> WebAttack:
    """Return an attack with a text of the number that it gets."""

    async def attack(address: str, number: int, timeout_s: float) -> str:
        options = {"sourceLanguageCode": "ru", "targetLanguageCode": "en", "format": text_format}
        body = json.dumps({"texts": [text(number)[:_CHARS]], "options": options}, ensure_ascii=False).encode()
        return await _send(address, timeout_s, _head("/v1/translate", len(body)) + body)

    return attack


def _fill(piece: str) -> Callable[[int], str]:
    return lambda number: f"Дом {number}. " + piece * (_CHARS // len(piece))


def _nested(opening: str, closing: str) -> Callable[[int], str]:
    depth = _CHARS // len(opening + closing) - 10
    return lambda number: opening * depth + f"Дом {number}." + closing * depth


def _tables(number: int) -> str:
    rows = "".join(f"| дом {number} | сад {row} | 12 % |\n" for row in range(_CHARS // 30))
    return f"| где | что | сколько |\n|---|:-:|--:|\n{rows}"


async def translate(address: str, texts: Sequence[str], source: str, target: str, timeout_s: float) -> str:
    """Translate texts as a client of LibreTranslate does, and return how it ended."""
    body = json.dumps({"q": texts, "source": source, "target": target}, ensure_ascii=False).encode()
    return await _send(address, timeout_s, _head("/translate", len(body)) + body)


async def _many_texts(address: str, number: int, timeout_s: float) -> str:
    texts = [f"Дом {number} у сада {place}." for place in range(1_024)]
    return await translate(address, texts, "auto", "en", timeout_s)


async def _slowly(address: str, timeout_s: float, sent: bytes) -> str:
    """Send the last bytes of something one by one, for as long as there is time."""
    reader, writer = await _connect(address)
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(sent[:-1_000])
            for place in range(len(sent) - 1_000, len(sent)):
                writer.write(sent[place : place + 1])
                await asyncio.sleep(_PAUSE_S)
            return await _status(reader)
    except TimeoutError:
        return "no answer"
    except ConnectionError:
        return "closed"
    finally:
        writer.close()


async def _hold(address: str, timeout_s: float, sent: bytes, connections: int = 1) -> str:
    """Open connections, send the same on each, and read nothing until the time is over."""
    writers = [(await _connect(address))[1] for _ in range(connections)]
    for writer in writers:
        writer.transport.pause_reading()  # type: ignore[attr-defined] # of every transport that reads
        writer.write(sent)
    await asyncio.sleep(timeout_s)
    for writer in writers:
        writer.transport.abort()
    return "held"


async def _leave(address: str, timeout_s: float, sent: bytes) -> str:
    """Ask for a stream of events, and go away when it begins."""
    reader, writer = await _connect(address)
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(sent)
            await reader.readuntil(b"event: ")
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        return "no answer"
    finally:
        writer.transport.abort()
    return "left"


def _article(number: int) -> bytes:
    """Return a request for the events of an article of short sentences."""
    body = " ".join(f"Дом {place} у {number}." for place in range(_CHARS // 16))
    content: dict[str, Any] = {
        "article": {"body": body},
        "options": {"sourceLanguageCode": "ru", "targetLanguageCode": "en"},
    }
    data = json.dumps(content, ensure_ascii=False).encode()
    return _head("/v1/article", len(data), accept="text/event-stream") + data


_GOOD = _head("/v1/detect", 2_017) + json.dumps({"texts": ["a" * 2_000]}).encode().ljust(2_017)

WEB_ATTACKS: dict[str, WebAttack] = {
    "HTTP: deep JSON": _post("/v1/translate", b"[", before=b'{"texts":'),
    "HTTP: deep objects": _post("/translate", b'{"q":'),
    "HTTP: millions of empty texts": _post("/translate", b'"",', b'{"source":"ru","target":"en","q":[', b'""]}'),
    "HTTP: millions of unknown keys": _post("/v1/translate", b'"":{},', b"{", b'"":0}'),
    "HTTP: a number of millions of digits": _post("/translate", b"9", b'{"alternatives":', b"}"),
    "HTTP: escapes": _post("/v1/detect", rb"\u0430", b'{"texts":["', b'"]}'),
    "HTTP: a form of nothing": _post("/translate", b"&", media_type="application/x-www-form-urlencoded"),
    "HTTP: a form of a million parts": _post(
        "/translate", b"--x\r\n\r\n\r\n", after=b"--x--", media_type="multipart/form-data; boundary=x"
    ),
    "HTTP: 1,024 texts": _many_texts,
    "HTTP: nested tags": _translate(_nested("<b>", "</b>"), "TEXT_FORMAT_HTML"),
    "HTTP: tags that never end": _translate(_fill("<i><p "), "TEXT_FORMAT_HTML"),
    "HTTP: links in a sentence": _translate(_fill('дом <a href="/a?b=c&amp;d">сад</a> и '), "TEXT_FORMAT_HTML"),
    "HTTP: Markdown tables": _translate(_tables, "TEXT_FORMAT_MARKDOWN"),
    "HTTP: nested quotations": _translate(_nested("> ", ""), "TEXT_FORMAT_MARKDOWN"),
    "HTTP: brackets": _translate(_fill("[дом *"), "TEXT_FORMAT_MARKDOWN"),
    "HTTP: slow bodies": lambda address, _, timeout_s: _slowly(address, timeout_s, _GOOD),
    "HTTP: a body that lacks a byte": lambda address, _, timeout_s: _send(address, timeout_s, _GOOD[:-1]),
    "HTTP: half of a head": lambda address, _, timeout_s: _hold(address, timeout_s, _GOOD[:60]),
    "HTTP: many connections": lambda address, _, timeout_s: _hold(address, timeout_s, b"", _CONNECTIONS),
    "HTTP: events that nobody reads": lambda address, number, timeout_s: _hold(address, timeout_s, _article(number)),
    "HTTP: who leaves events": lambda address, number, timeout_s: _leave(address, timeout_s, _article(number)),
}
