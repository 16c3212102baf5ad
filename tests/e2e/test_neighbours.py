"""One caller is never felt by another, however much it asks for, as long as it keeps to the published limits."""

import asyncio
import time
from collections.abc import Callable

from talmach.client import Article, AsyncClient, RpcFailed
from tests.e2e.callers import Outcome
from tests.e2e.program import Server

Start = Callable[..., Server]
SUMMARY_CHARS = 400


async def summarize(client: AsyncClient, number: int, timeout_s: float = 60) -> Outcome:
    """Ask for the summary of a small article that nobody else has."""
    body = " ".join(f"Горад {number} адкрыў школу нумар {line}." for line in range(20))
    began = time.monotonic()
    try:
        await client.summarize(Article(body=body[:SUMMARY_CHARS]), timeout_s=timeout_s)
    except RpcFailed as failure:
        return Outcome(failure.code, failure.reason, time.monotonic() - began, failure.retry_after_s)
    return Outcome("OK", "", time.monotonic() - began)


async def test_summaries_that_wait_are_not_stuck(naughty: Start) -> None:
    """Three times the engine's timeout in the queue: all are made; beyond its room they are told when to come back."""
    server = naughty(
        TALMACH_WORKERS="1", TALMACH_ENGINE_TIMEOUT_S="1", TALMACH_MAX_QUEUE_TOKENS="1024", NAUGHTY_ENCODE_S="0.25"
    )
    room = 5 * 1_024 // SUMMARY_CHARS
    async with AsyncClient(server.address) as client:
        outcomes = await asyncio.gather(*(summarize(client, number) for number in range(room)))
        assert {outcome.code for outcome in outcomes} == {"OK"}
        assert max(outcome.elapsed_s for outcome in outcomes) > 2
        calls = [asyncio.create_task(summarize(client, number)) for number in range(3 * room)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        hasty = await summarize(client, 1_000, timeout_s=0.5)
        outcomes = await asyncio.gather(*calls)
    assert (hasty.code, hasty.elapsed_s < 0.4) in (("DEADLINE_EXCEEDED", True), ("RESOURCE_EXHAUSTED", True))
    refused = [outcome for outcome in outcomes if outcome.code != "OK"]
    assert room <= len(outcomes) - len(refused) < 2 * room
    assert all(outcome.reason == "QUEUE_FULL" and outcome.retry_after_s for outcome in refused)
    assert max(outcome.retry_after_s or 0 for outcome in refused) < 10
    assert server.metric("talmach_stuck_workers") == 0
    assert not server.logged("worker.stuck")
