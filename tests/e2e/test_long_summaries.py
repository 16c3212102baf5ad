"""The longest articles that may be sent, in as many sentences as they can have: memory and time of their summaries."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from benchmarks.server import cpu_s
from talmach.client import Article, AsyncClient, SummaryOptions
from talmach.summary.shortlist import MOST_READ, READ_FOR_EACH
from tests.e2e.program import Server

AT_ONCE = 10


def longest_article(seed: int) -> Article:
    """Return 99,000 characters of short sentences, none of them twice."""
    sentences = (f"Быў {number} дом {seed}." for number in range(seed * 10_000, (seed + 1) * 10_000))
    body, length = [], 0
    for sentence in sentences:
        length += len(sentence) + 1
        if length > 99_000:
            break
        body.append(sentence)
    return Article(headline=f"Загаловак {seed}", body=" ".join(body))


def peak_bytes(server: Server) -> int:
    """Return the most memory that the process has held so far."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return 1_024 * int(status.split("VmHWM:")[1].split()[0])


async def test_ten_summaries_of_the_longest_articles_at_once(start: Callable[..., Server]) -> None:
    """They take less than 200 MB beside the idle server: memory is linear in the sentences, and few are at work."""
    server = start(TALMACH_ENGINE_TIMEOUT_S="100")
    async with AsyncClient(server.address) as client:
        await client.summarize(Article(body="Горад адкрыў новую школу. Школа стаіць у цэнтры."))
        idle = peak_bytes(server)
        began_s = cpu_s(server.process.pid)
        await client.summarize(longest_article(0))
        alone_s = cpu_s(server.process.pid) - began_s
        long = SummaryOptions(max_sentences=MOST_READ // READ_FOR_EACH)  # the encoder reads as many as it ever does
        replies = await asyncio.gather(*(client.summarize(longest_article(1 + seed), long) for seed in range(AT_ONCE)))
    assert all(len(reply.summary.sentences) == long.max_sentences for reply in replies)
    assert peak_bytes(server) - idle < 200_000_000
    assert alone_s < 20  # of processor time; half a second on a machine of today
