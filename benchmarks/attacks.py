"""`python -m benchmarks.attacks`: whether one caller can slow down another; exit status 1 when the bar is missed.

Every attack keeps to the published limits, or breaks one that must be found out early. While it runs, another process
asks for the server's health on its own connection; what counts is the longest of these checks. Each attack runs by
itself first, then all kinds at once. A call that is refused or misses its deadline is no failure: its caller asked for
too much.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.articles import stories
from benchmarks.server import ServerProcess, free_address
from benchmarks.web_attacks import WEB_ATTACKS
from talmach.client import Article, AsyncClient, RpcFailed, SummaryOptions, TranslationOptions

_INTERVAL_S = 0.02
_CHARS = 99_000
_TO_ENGLISH = TranslationOptions(source_language_code="ru", target_language_code="en")
_UNKNOWN_TO_ENGLISH = TranslationOptions(target_language_code="en")
_GLOSSARY = TranslationOptions(
    source_language_code="ru",
    target_language_code="en",
    do_not_translate_phrases=[f"дом {number} на углу" for number in range(500)],
)


class Prober:
    """A process that asks for the health of a server again and again."""

    def __init__(self, address: str) -> None:
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_probe, args=(address, theirs), daemon=True)
        self._process.start()
        self.longest_s()

    def longest_s(self) -> float:
        """Return the longest time that an answer took since this was last asked."""
        self._ours.send(None)
        longest: float = self._ours.recv()
        return longest

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


def _probe(address: str, theirs: Connection) -> None:
    with grpc.insecure_channel(address) as channel:
        stub, longest = health_pb2_grpc.HealthStub(channel), 0.0
        while True:
            began = time.monotonic()
            stub.Check(health_pb2.HealthCheckRequest(), timeout=60)
            longest = max(longest, time.monotonic() - began)
            if theirs.poll():
                theirs.recv()
                theirs.send(longest)
                longest = 0.0
            time.sleep(_INTERVAL_S)


def short_sentences(seed: int, chars: int = _CHARS) -> str:
    """Return as many different sentences as fit."""
    text = " ".join(f"Дом {number} у {seed}." for number in range(chars // 8))
    return text[:chars]


def _fill(piece: str) -> str:
    return (piece * (_CHARS // len(piece) + 1))[:_CHARS]


def _news(count: int) -> list[str]:
    found = [f"{story.headline}. {story.lead} {story.body}"[:700] for story in stories("ru")]
    return [found[number % len(found)].replace(".", f" {number}.") for number in range(count)]


Attack = Callable[[AsyncClient, int, float], Awaitable[object]]
ATTACKS: dict[str, Attack] = {
    "100,000 repeated sentences": lambda client, seed, s: client.translate_texts(
        ["Да. " * 100 + f"{seed} {number}" for number in range(1_000)], _TO_ENGLISH, timeout_s=s
    ),
    "five texts of short sentences": lambda client, seed, s: client.translate_texts(
        [short_sentences(5 * seed + number) for number in range(5)], _TO_ENGLISH, timeout_s=s
    ),
    "700 articles of news": lambda client, seed, s: client.translate_texts(_news(700), _TO_ENGLISH, timeout_s=s),
    "a lead of line breaks": lambda client, seed, s: client.translate_article(
        Article(lead=_fill("а\n")), _UNKNOWN_TO_ENGLISH, timeout_s=s
    ),
    "a headline of capitals": lambda client, seed, s: client.translate_article(
        Article(headline=_fill("ДОМ И САД ")), _UNKNOWN_TO_ENGLISH, timeout_s=s
    ),
    "a sentence of 99,000 characters": lambda client, seed, s: client.translate_article(
        Article(body=_fill(f"дом {seed}, сад и ")), _TO_ENGLISH, timeout_s=s
    ),
    "links only": lambda client, seed, s: client.translate_article(
        Article(body=_fill(f"https://example.org/{seed} и ")), _TO_ENGLISH, timeout_s=s
    ),
    "the summary of short sentences": lambda client, seed, s: client.summarize(
        Article(body=short_sentences(seed)), SummaryOptions(max_sentences=1_000), _TO_ENGLISH, timeout_s=s
    ),
    "five hundred phrases": lambda client, seed, s: client.translate_article(
        Article(body=_fill(f"дом {seed} на углу. ")), _GLOSSARY, timeout_s=s
    ),
    "languages of addresses": lambda client, seed, s: client.detect([_fill("@" + "y-" * 31 + ".")] * 5, timeout_s=s),
    "languages of letters": lambda client, seed, s: client.detect(["ё" * _CHARS, "а-" * (_CHARS // 2)], timeout_s=s),
}


async def attack(server: ServerProcess, names: Sequence[str], timeout_s: float) -> Counter[str]:
    """Start all of them at once, each on a connection of its own; return how they ended."""

    async def one(number: int, name: str) -> str:
        if name in WEB_ATTACKS:
            return await WEB_ATTACKS[name](server.http_address, number, timeout_s)
        async with AsyncClient(server.address) as client:
            try:
                await ATTACKS[name](client, number, timeout_s)
            except RpcFailed as failure:
                return failure.reason or failure.code
        return "OK"

    return Counter(await asyncio.gather(*(one(number, name) for number, name in enumerate(names))))


async def _wait(address: str) -> None:
    async with AsyncClient(address) as client:
        await client.wait_until_serving(60)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attacks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bar-ms", type=float, default=500.0, help="the longest that a health check may take")
    parser.add_argument("--timeout-s", type=float, default=20.0, help="of each call")
    parser.add_argument("--at-once", type=int, default=50, help="calls, of all kinds, in the last round")
    parser.add_argument("--only", default="", help="attacks whose name has this in it")
    arguments = parser.parse_args()
    chosen = [name for name in (*ATTACKS, *WEB_ATTACKS) if arguments.only in name]
    rounds = {name: [name] for name in chosen}
    rounds[f"{arguments.at_once} at once"] = [chosen[number % len(chosen)] for number in range(arguments.at_once)]
    worst_ms = 0.0
    with ServerProcess(TALMACH_HTTP_ADDRESS=free_address()) as server, closing(Prober(server.address)) as prober:
        asyncio.run(_wait(server.address))
        for name, names in rounds.items():
            prober.longest_s()
            began = time.monotonic()
            ends = asyncio.run(attack(server, names, arguments.timeout_s))
            took_s, longest_ms = time.monotonic() - began, 1_000 * prober.longest_s()
            worst_ms = max(worst_ms, longest_ms)
            ended = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
            print(f"{longest_ms:7.0f} ms  {name} ({took_s:.1f} s: {ended})", flush=True)
    print(f"{worst_ms:7.0f} ms  the longest of all (bar {arguments.bar_ms:.0f} ms)")
    sys.exit(1 if worst_ms > arguments.bar_ms else 0)


if __name__ == "__main__":
    main()
