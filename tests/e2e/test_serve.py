"""`talmach serve` as an operator knows it: signals, addresses, models, and callers that vanish."""

import asyncio
import json
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from talmach.client import (
    Article,
    AsyncClient,
    RpcFailed,
    SummaryOptions,
    TranslateArticleResponse,
    TranslationOptions,
)
from tests.e2e.callers import ask_once, hold
from tests.e2e.program import DATA, TIMEOUT_S, Server, environment, free_address, talmach

PARAGRAPH = (DATA / "articles" / "01-council.be.txt").read_text(encoding="utf-8").strip()
# Numbered, since a sentence that occurs twice is translated once.
LONG_BODY = "\n\n".join(f"{number}. {PARAGRAPH.replace('.', f' ({number}).')}" for number in range(100))[:99_000]
TO_ENGLISH = TranslationOptions(source_language_code="be", target_language_code="en")
FAST = TranslationOptions(source_language_code="be", target_language_code="en", beam_size=1)
# Reads its article from standard input, says when the first segment has come, and goes on reading.
STREAMING_CALLER = """
import asyncio, sys
from talmach.client import Article, AsyncClient, TranslationOptions

async def main():
    options = TranslationOptions(source_language_code="be", target_language_code="en")
    async with AsyncClient(sys.argv[1]) as client:
        async for event in client.stream_article(Article(body=sys.stdin.read()), options):
            if event.HasField("segment"):
                print(event.segment.index, flush=True)

asyncio.run(main())
"""


def call(address: str, body: str, options: TranslationOptions = TO_ENGLISH) -> TranslateArticleResponse:
    """Translate an article."""

    async def work() -> TranslateArticleResponse:
        async with AsyncClient(address) as client:
            return await client.translate_article(Article(body=body), options)

    return asyncio.run(work())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_at_once(start: Callable[..., Server], number: signal.Signals) -> None:
    """Exit status 0, after a second for callers to go elsewhere; the log says in JSON what happened."""
    server = start(TALMACH_DRAIN_TIMEOUT_S="600")
    assert server.end(number) == 0
    lines = map(json.loads, server.log.read_text(encoding="utf-8").splitlines())
    at = {line["event"]: datetime.fromisoformat(line["timestamp"]) for line in lines}
    assert {"server.started", "server.draining", "server.stopped"} <= at.keys()
    # The grace, and half a second for what is on its way.
    assert (at["server.stopped"] - at["server.draining"]).total_seconds() > 1.4


def test_a_terminated_server_finishes_what_it_has_accepted(start: Callable[..., Server]) -> None:
    """After SIGTERM it says NOT_SERVING and refuses new calls, answers the one in flight whole, and exits with 0."""
    http, patient = free_address(), {"TALMACH_DRAIN_TIMEOUT_S": "200", "TALMACH_STREAM_IDLE_S": "600"}
    server = start(TALMACH_HTTP_ADDRESS=http, **patient)
    body = LONG_BODY[:10_000]
    with ThreadPoolExecutor() as pool, hold(http):  # which the server waits for too
        server.wait_until(lambda: server.metric("talmach_rpc_in_flight") == 1)
        accepted = pool.submit(call, server.address, body)
        server.wait_until(lambda: server.calls() == 2)
        server.process.send_signal(signal.SIGTERM)
        server.wait_until(lambda: server.health() == "NOT_SERVING")
        refused = asyncio.run(ask_once(server.address))
        assert (refused.code, refused.reason) == ("UNAVAILABLE", "SERVER_DRAINING")
        translation = accepted.result().translation
    assert translation.complete
    assert translation.segments[-1].source_span.end == len(body.rstrip())
    assert server.process.wait(TIMEOUT_S) == 0


def test_what_does_not_finish_in_time_is_cut_off(start: Callable[..., Server]) -> None:
    """The drain timeout is kept, and the exit status says that calls were lost."""
    server = start(TALMACH_DRAIN_TIMEOUT_S="0.2")
    with ThreadPoolExecutor() as pool:
        accepted = pool.submit(call, server.address, LONG_BODY)
        server.wait_until(lambda: server.metric("talmach_queue_sentences") > 50)
        assert server.end() == 1
        with pytest.raises(RpcFailed):
            accepted.result()
    assert "calls that did not finish in 0.2 s were cut off" in server.log.read_text(encoding="utf-8")


def test_a_caller_that_vanishes_frees_the_queue(start: Callable[..., Server]) -> None:
    """A client is killed in the middle of a stream: its sentences are dropped, not translated, and others go on."""
    server = start()
    caller = subprocess.Popen(
        [sys.executable, "-c", STREAMING_CALLER, server.address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment({}),
    )
    assert caller.stdin
    assert caller.stdout
    caller.stdin.write(LONG_BODY.encode())
    caller.stdin.close()
    assert caller.stdout.readline() == b"0\n"
    waiting = server.metric("talmach_queue_sentences")
    caller.kill()
    caller.wait()
    caller.stdout.close()
    assert waiting > 100
    server.wait_until(lambda: server.metric("talmach_queue_sentences") == server.metric("talmach_rpc_in_flight") == 0)
    assert server.metric("talmach_dropped_sentences_total") > waiting / 4
    assert call(server.address, "Горад адкрыў новую школу.").translation.complete


def test_a_port_in_use_is_named(server: Server) -> None:
    """One sentence, exit status 2, and the server that was there first goes on."""
    result = talmach("serve", "--address", server.address)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith(f"talmach: TALMACH_ADDRESS: {server.address}: cannot listen there")
    assert "Traceback" not in result.stderr
    assert server.health() == "SERVING"


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1:99999", "nowhere.invalid:50051"])
def test_an_impossible_address_is_named(address: str) -> None:
    """What is not an address, or not one of this machine."""
    result = talmach("serve", "--address", address, TALMACH_ALLOW_PLAINTEXT="true")
    assert result.status == 2
    assert address in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_an_article_of_the_largest_size_comes_back_whole(server: Server) -> None:
    """100,000 characters, many of them twice: every sentence is there, and everything between them is as it was."""
    body = ((LONG_BODY[:19_000] + "\n\n") * 6)[:100_000]
    translation = call(server.address, body, FAST).translation
    assert translation.complete
    end = 0
    gaps = []
    for segment in translation.segments:
        gaps.append(body[end : segment.source_span.start])
        end = segment.source_span.end
    assert not "".join(gaps).strip("0123456789. \n")
    assert translation.body.count("\n\n") == body.count("\n\n")
    assert len(body) == 100_000


HEAP_BYTES = 64 << 20  # of glibc on 64-bit systems; it reserves them at multiples of their size


@pytest.mark.skipif(sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_threads_share_their_memory(start: Callable[..., Server]) -> None:
    """Else each of them leaves free memory behind that no other takes, and a server at rest grows for hours."""
    server = start(TALMACH_WORKERS="2")

    async def load() -> None:
        articles = [Article(body=PARAGRAPH.replace(".", f" ({number}).")) for number in range(20)]
        async with AsyncClient(server.address) as client:
            await asyncio.gather(*(client.translate_article(each, FAST, SummaryOptions()) for each in articles))

    asyncio.run(load())
    maps = Path(f"/proc/{server.process.pid}/maps").read_text(encoding="utf-8")
    begins = (int(begin, 16) for begin in re.findall(r"^([0-9a-f]+)-\S+ rw-p 0+ 00:00 0 *$", maps, re.MULTILINE))
    heaps = sum(begin % HEAP_BYTES == 0 for begin in begins)
    threads = len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))
    assert 0 < heaps < threads / 3, (heaps, threads)
    assert server.end() == 0
