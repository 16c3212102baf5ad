"""Ten times more than the server can do: some are served well, the others learn at once when to come back."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from talmach.client import AsyncClient
from tests.e2e.callers import Outcome, ask, ask_through
from tests.e2e.program import TIMEOUT_S, Server

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
    # On the server's clock, since on a busy machine the callers themselves are slow. What is late may never have come.
    ms: dict[str, list[float]] = {}
    for line in server.logged("rpc.done", at_least=8 + len(done) + len(refused)):
        ms.setdefault(line["code"], []).append(line["ms"])
    assert median(ms["RESOURCE_EXHAUSTED"]) < max(50, median(ms["OK"]) / 10)
    assert resident_bytes(server) - before < 100_000_000
    server.wait_until(lambda: server.metric("talmach_queue_tokens") == 0)


async def test_who_waits_as_told_is_let_in(naughty: Callable[..., Server], tmp_path: Path) -> None:
    """Twice what there is room for: the refused are accepted when they come back as they were told, most at once."""
    gate, is_open = tmp_path / "gate", asyncio.Event()
    server = naughty(**SMALL, NAUGHTY_BATCH_S="0.2", NAUGHTY_GATE=str(gate))
    async with AsyncClient(server.address) as client:
        await asyncio.gather(*(ask(client, number, LONG) for number in range(30)))

        async def insist(number: int) -> list[Outcome]:
            tries = [await ask(client, number, LONG)]
            await is_open.wait()
            while (wait_s := tries[-1].retry_after_s) is not None and len(tries) < 20:
                await asyncio.sleep(wait_s)
                tries.append(await ask(client, number, LONG))
            return tries

        # They meet in the queue, however slow this process is.
        first = asyncio.create_task(ask(client, 0, "hang"))
        await asyncio.to_thread(server.wait_until, lambda: server.calls() == 31)
        calls = [asyncio.create_task(insist(number)) for number in range(75)]
        await asyncio.to_thread(server.wait_until, lambda: server.calls() == 31 + 75)
        gate.touch()
        is_open.set()
        tries = await asyncio.gather(*calls)
        assert (await first).code == "OK"
    again = [len(each) for each in tries if len(each) > 1]
    assert len(again) > 30
    assert {each[-1].code for each in tries} == {"OK"}
    # Twice if nothing comes in between: a machine that stands still for a moment costs some of them a try.
    assert sum(again) <= 4 * len(again)


async def test_every_refusal_of_a_burst_is_ours(naughty: Callable[..., Server]) -> None:
    """1,600 calls come before one is looked at: a reason and a wait for each that is refused, and health answers."""
    server = naughty(TALMACH_MAX_CONCURRENT_CALLS="64", TALMACH_WORKERS="1", NAUGHTY_BATCH_S="1")
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
    channels = [grpc.aio.insecure_channel(server.address, options=options) for _ in range(13)]
    await asyncio.gather(*(channel.channel_ready() for channel in channels))

    async def health(channel: grpc.aio.Channel) -> str:
        try:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            return error.code().name
        return "OK"

    server.process.send_signal(signal.SIGSTOP)
    checks = [asyncio.create_task(health(channel)) for channel in channels for _ in range(24)]
    calls = [asyncio.create_task(ask_through(channel, number)) for channel in channels for number in range(100)]
    await asyncio.sleep(1)
    server.process.send_signal(signal.SIGCONT)
    outcomes, codes = await asyncio.gather(*calls), await asyncio.gather(*checks)
    await asyncio.gather(*(channel.close() for channel in channels))
    assert set(codes) == {"OK"}
    assert {(each.code, each.reason) for each in outcomes} == {("OK", ""), ("RESOURCE_EXHAUSTED", "QUEUE_FULL")}
    assert all(each.retry_after_s for each in of(outcomes, "RESOURCE_EXHAUSTED")), Counter(outcomes)
