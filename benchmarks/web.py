"""Requests per second of `/translate` by HTTP, one sentence each, beside LibreTranslate with the same weights.

    python -m venv lt && lt/bin/pip install libretranslate
    python -m benchmarks.web --libretranslate lt/bin/python

Without the option only talmach is measured. Both decode as they do by default (beam 4), and neither has a cache.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.articles import ROOT, Item, all_items
from benchmarks.libretranslate_peer import LibreTranslateProcess
from benchmarks.process import Participant
from benchmarks.server import WITHOUT_MEMORY, ServerProcess, free_address
from talmach.catalog import manifest

CALLERS = (1, 64)
RESULT = ROOT / "models" / "results" / "http.json"
_MODELS = ROOT / "models"
_START_TIMEOUT_S = 120.0
_OK = b"HTTP/1.1 200 "


@dataclass(frozen=True, slots=True)
class Row:
    """What callers in a closed loop got, in the median of the rounds; `rss_mib` after the last."""

    server: str
    callers: int
    requests_per_s: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float  # of the server's process, for each request: least affected by other load on the machine
    rss_mib: float


@dataclass(frozen=True, slots=True)
class _Load:
    requests_per_s: float
    latencies_ms: Sequence[float]
    cpu_ms: float


class WebCallers:
    """Callers in a process of their own, each with one connection that stays open."""

    def load(self, address: str, items: Sequence[Item], callers: int, seconds: float) -> tuple[float, list[float]]:
        """Return requests per second, and the milliseconds of each."""
        return asyncio.run(_load(address, items, callers, seconds))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.web", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--libretranslate", type=Path, help="Python of an environment that has LibreTranslate")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--output", type=Path, default=RESULT, help="JSON file to write")
    arguments = parser.parse_args()
    result = run(arguments.libretranslate, arguments.rounds, arguments.seconds)
    arguments.output.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(table(result))


def run(libretranslate: Path | None, rounds: int, seconds: float) -> dict[str, Any]:
    """Measure in turn, round after round, and return the result as it is written."""
    spec = next(each for each in manifest.load(_MODELS).models if each.kind == "translation")
    items, address = all_items(), free_address()
    with ExitStack() as stack:
        ours = stack.enter_context(ServerProcess(TALMACH_HTTP_ADDRESS=address, **WITHOUT_MEMORY))
        servers: dict[str, tuple[str, Any]] = {"talmach": (address, ours)}
        if libretranslate is not None:
            theirs = LibreTranslateProcess(
                libretranslate.absolute(), _MODELS / spec.path, spec.directions, spec.max_source_tokens
            )
            stack.callback(theirs.stop)
            servers["LibreTranslate"] = (theirs.address, theirs)
        callers = stack.enter_context(Participant(WebCallers))
        loads: dict[tuple[str, int], list[_Load]] = {}
        for name, (place, _) in servers.items():  # every direction has its model before the clock runs
            callers.call(WebCallers.load, place, items, 8, 2 * seconds)
            loads |= {(name, number): [] for number in CALLERS}
        for _ in range(rounds):
            for (name, number), done in loads.items():
                place, server = servers[name]
                before_s = server.cpu_s()
                rate, latencies_ms = callers.call_for(seconds, WebCallers.load, place, items, number, seconds)
                done.append(_Load(rate, latencies_ms, 1_000 * (server.cpu_s() - before_s) / len(latencies_ms)))
        rows = [_row(name, number, done, servers[name][1]) for (name, number), done in loads.items()]
    conditions = {"rounds": rounds, "seconds": seconds, "sentences": len(items)}
    facts = machine.describe(spec, _MODELS)
    return {"machine": facts, "conditions": conditions, "rows": [asdict(row) for row in rows]}


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    lines = [
        "| server | callers | requests/s | median ms | 95 % ms | processor ms a request | RSS MiB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        numbers = [f"{row[name]:,.{digits}f}" for name, digits in
                   (("requests_per_s", 1), ("p50_ms", 0), ("p95_ms", 0), ("cpu_ms", 0), ("rss_mib", 0))]  # fmt: skip
        lines.append(f"| {row['server']} | {row['callers']} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def _row(name: str, callers: int, loads: Sequence[_Load], server: Any) -> Row:
    latencies_ms = sorted(itertools.chain.from_iterable(each.latencies_ms for each in loads))
    return Row(
        server=name,
        callers=callers,
        requests_per_s=statistics.median(each.requests_per_s for each in loads),
        p50_ms=statistics.median(latencies_ms),
        p95_ms=latencies_ms[int(0.95 * (len(latencies_ms) - 1))],
        cpu_ms=statistics.median(each.cpu_ms for each in loads),
        rss_mib=server.footprint().rss_mib,
    )


async def _load(address: str, items: Sequence[Item], callers: int, seconds: float) -> tuple[float, list[float]]:
    await _wait(address)
    latencies_ms: list[float] = []
    requests = itertools.cycle([_request(address, item) for item in items])
    started_at = time.perf_counter()

    async def call_on() -> None:
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        while (sent_at := time.perf_counter()) < started_at + seconds:
            writer.write(next(requests))
            await _answer(reader)
            latencies_ms.append(1_000 * (time.perf_counter() - sent_at))
        writer.close()

    await asyncio.gather(*(call_on() for _ in range(callers)))
    # Until the last answer: some servers give so few in a second that none may be missed.
    return len(latencies_ms) / (time.perf_counter() - started_at), latencies_ms


def _request(address: str, item: Item) -> bytes:
    body = json.dumps({"q": item.text, "source": item.source, "target": item.target}, ensure_ascii=False).encode()
    head = f"POST /translate HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(_OK), head
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    assert b"translatedtext" in (await reader.readexactly(int(fields[b"content-length"]))).lower()


async def _wait(address: str) -> None:
    """Wait until a server has its languages."""
    end = time.monotonic() + _START_TIMEOUT_S
    host, _, port = address.partition(":")
    while time.monotonic() < end:
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET /languages HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n".encode())
            is_ready = (await reader.read(len(_OK))) == _OK
            writer.close()
            if is_ready:
                return
        except OSError:
            pass
        await asyncio.sleep(0.2)
    raise RuntimeError(f"{address}: nobody serves there")


if __name__ == "__main__":
    main()
