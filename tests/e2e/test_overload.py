"""Ten times more than the server can do: some are served well, the others learn at once when to come back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from statistics import median

from talmach.client import AsyncClient
from tests.e2e.callers import Outcome, ask
from tests.e2e.program import Server

LONG = "дождж " * 20  # 25 tokens a sentence
# Four sentences for each batch, and forty in the queue.
SMALL = {
    "TALMACH_WORKERS": "1",
    "TALMACH_MAX_BATCH_SIZE": "4",
    "TALMACH_MAX_QUEUE_TOKENS": "1024",
}


def resident_bytes(server: Server) -> int:
    """Return the memory that the process holds."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return 1_024 * int(status.split("VmRSS:")[1].split()[0])


def of(outcomes: list[Outcome], code: str) -> list[Outcome]:
    """Return the calls that ended with a code."""
    return [outcome for outcome in outcomes if outcome.code == code]


async def test_ten_times_more_than_it_can_do(naughty: Callable[..., Server]) -> None:
    """Refused calls cost next to nothing, accepted ones keep their deadlines, and no answer is another's."""
    server = naughty(**SMALL, NAUGHTY_BATCH_S="0.4")
    async with AsyncClient(server.address) as client:
        await asyncio.gather(*(ask(client, number) for number in range(8)))
        before = resident_bytes(server)
        calls = []
        for number in range(1_000, 1_400):
            calls.append(asyncio.create_task(ask(client, number, LONG, timeout_s=1 if number % 4 == 0 else 30)))
            await asyncio.sleep(0.05 if number % 20 == 0 else 0)
        outcomes = await asyncio.gather(*calls)
    done, refused, late = (of(outcomes, code) for code in ("OK", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"))
    assert len(done) + len(refused) + len(late) == len(outcomes)
    assert len(done) >= 20
    assert len(refused) > len(done)
    assert late
    assert all(outcome.is_own for outcome in done)
    assert all(outcome.retry_after_s and outcome.reason == "QUEUE_FULL" for outcome in refused)
    # On the server's clock, since on a busy machine the callers themselves are slow.
    ms: dict[str, list[float]] = {}
    for line in server.logged("rpc.done"):
        ms.setdefault(line["code"], []).append(line["ms"])
    assert median(ms["RESOURCE_EXHAUSTED"]) < max(50, median(ms["OK"]) / 10)
    assert resident_bytes(server) - before < 100_000_000
    assert server.metric("talmach_queue_tokens") == 0


async def test_who_waits_as_told_is_let_in(naughty: Callable[..., Server]) -> None:
    """Twice what there is room for: nearly all of the refused are accepted when they come back as they were told."""
    server = naughty(**SMALL, NAUGHTY_BATCH_S="0.2")
    async with AsyncClient(server.address) as client:
        await asyncio.gather(*(ask(client, number, LONG) for number in range(30)))

        async def insist(number: int) -> list[Outcome]:
            first = await ask(client, number, LONG)
            if first.retry_after_s is None:
                return [first]
            await asyncio.sleep(first.retry_after_s)
            return [first, await ask(client, number, LONG)]

        tries = await asyncio.gather(*map(insist, range(75)))
    again = [second for _, second in filter(lambda each: len(each) == 2, tries)]
    assert len(again) > 10
    assert len(of(again, "OK")) >= 0.8 * len(again)
    assert all(each[0].code == "OK" for each in tries if len(each) == 1)
