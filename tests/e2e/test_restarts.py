"""Servers that go away, for good or to come again: whoever waits, or has another one, loses no call."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest

from talmach.client import AsyncClient, BatchTranslateRequest, RpcFailed
from tests.e2e import callers
from tests.e2e.callers import ask, ask_once, ask_through
from tests.e2e.program import TIMEOUT_S, Server, free_address
from tests.fakes import until

Start = Callable[..., Server]


async def test_a_killed_server_is_not_missed(naughty: Start) -> None:
    """Killed under load, and a start on the same address: no call of a `AsyncClient` fails or is mixed up."""
    address = free_address()
    options = {"address": address, "NAUGHTY_BATCH_S": "0.05", "TALMACH_MAX_BATCH_SIZE": "4"}
    server = naughty(**options)
    # Callers wait some seconds for a start; on a busy machine the imports alone may take longer.
    again = naughty(**options, until=(), NAUGHTY_AFTER=str(server.process.pid))
    again.wait_until(lambda: "imported" in again.log.read_text(encoding="utf-8"))

    is_over = asyncio.Event()

    async def caller(number: int) -> None:
        async with AsyncClient(address) as client:
            while not is_over.is_set():
                outcome = await ask(client, number)
                assert (outcome.code, outcome.is_own) == ("OK", True)
                number += 1

    calls = asyncio.gather(*(caller(10_000 * number) for number in range(10)))
    await asyncio.to_thread(server.wait_until, lambda: server.metric("talmach_rpc_requests_total") > 50)
    server.kill()
    await asyncio.to_thread(again.wait_until, lambda: again.health() == "SERVING")
    await asyncio.to_thread(again.wait_until, lambda: again.metric("talmach_rpc_requests_total") > 50)
    is_over.set()
    await calls


async def test_a_terminated_server_under_load_loses_nothing(naughty: Start, tmp_path: Path) -> None:
    """All that was accepted is answered, what comes later is refused, and the exit status is 0."""
    gate, one_by_one = tmp_path / "gate", {"TALMACH_WORKERS": "1", "TALMACH_MAX_BATCH_SIZE": "2"}
    server = naughty(**one_by_one, NAUGHTY_GATE=str(gate), TALMACH_DRAIN_TIMEOUT_S="100")
    async with AsyncClient(server.address) as client:
        calls = [asyncio.create_task(ask(client, number, "ідзе" if number else "hang")) for number in range(60)]
        await asyncio.to_thread(server.wait_until, lambda: server.calls() >= 60)
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(server.wait_until, lambda: server.health() == "NOT_SERVING")
        refused = await ask_once(server.address)
        gate.touch()
        outcomes = await asyncio.gather(*calls)
    assert (refused.code, refused.reason) == ("UNAVAILABLE", "SERVER_DRAINING")
    assert {(outcome.code, outcome.is_own) for outcome in outcomes} == {("OK", True)}
    assert server.process.wait(TIMEOUT_S) == 0


async def one_and_no_end() -> AsyncIterator[BatchTranslateRequest]:
    """Yield an item, and then nothing any more."""
    yield BatchTranslateRequest(id="1", text=callers.question(1), options=callers.TO_ENGLISH)
    await asyncio.Event().wait()


async def test_an_idle_stream_does_not_outlast_the_drain(naughty: Start) -> None:
    """Its caller, who sends nothing and waits, is told that the server drains; nothing is cut off."""
    server = naughty(TALMACH_DRAIN_TIMEOUT_S="600", TALMACH_STREAM_IDLE_S="600")
    async with AsyncClient(server.address) as client:
        answers = client.batch_translate(one_and_no_end())
        assert (await anext(answers)).text.complete
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(RpcFailed) as caught:
            async with asyncio.timeout(TIMEOUT_S):
                await anext(answers)
    assert (caught.value.code, caught.value.reason) == ("UNAVAILABLE", "SERVER_DRAINING")
    assert server.process.wait(TIMEOUT_S) == 0


async def test_a_connection_that_ages_out_loses_no_call(naughty: Start) -> None:
    """Our client connects anew, calls in flight end well; what outlasts the grace too is cut off."""
    server = naughty(
        TALMACH_MAX_CONNECTION_AGE_S="0.5", TALMACH_MAX_CONNECTION_AGE_GRACE_S="6", NAUGHTY_BATCH_S="0.005"
    )
    outcomes: list[str] = []

    async with AsyncClient(server.address) as client:
        limits = (await client.info()).limits
        assert (limits.max_connection_age_ms, limits.max_connection_age_grace_ms) == (500, 6_000)
        ageing = asyncio.create_task(age_out(client, times=3))

        async def go_on(number: int) -> None:
            while not ageing.done() or len(outcomes) < 50:
                outcome = await ask(client, number)
                await asyncio.sleep(0.01)
                outcomes.append(outcome.code if outcome.is_own else "mixed up")

        long = asyncio.create_task(ask(client, 100, "doze"))  # two seconds
        async with asyncio.timeout(TIMEOUT_S):
            await asyncio.gather(ageing, *map(go_on, range(8)))
        assert (await long).code == "OK"
        answers = client.batch_translate(one_and_no_end())
        assert (await anext(answers)).text.complete
        with pytest.raises(RpcFailed) as caught:
            async with asyncio.timeout(TIMEOUT_S):
                await anext(answers)
    assert set(outcomes) == {"OK"}
    assert (caught.value.code, caught.value.reason) == ("UNAVAILABLE", "")


async def age_out(client: AsyncClient, times: int) -> None:
    """Return when the client has lost its connection so many times."""
    channel, lost = client._channel, 0
    while lost < times:
        state = channel.get_state()
        await channel.wait_for_state_change(state)
        # What it is now may have passed by unseen: callers connect anew at once.
        lost += state is grpc.ChannelConnectivity.READY


async def test_two_servers_share_the_calls_and_one_may_be_killed(naughty: Start, tmp_path: Path) -> None:
    """Half of the calls each, give or take a tenth; kill -9 of one in the middle loses none."""
    gate = tmp_path / "gate"
    options = {"TALMACH_WORKERS": "1", "NAUGHTY_GATE": str(gate)}
    servers = naughty(**options), naughty(**options)

    def calls() -> list[float]:
        return [server.metric("talmach_rpc_requests_total") for server in servers]

    async with AsyncClient(f"ipv4:{','.join(server.address for server in servers)}") as client:
        while not all(calls()):
            await ask(client, 0)
        before = calls()
        outcomes = [await ask(client, number) for number in range(100)]
        shares = [after - earlier for after, earlier in zip(calls(), before, strict=True)]
        assert all(40 <= share <= 60 for share in shares), shares
        going = asyncio.gather(*(ask(client, number, "hang" if number < 4 else "ідзе") for number in range(50)))
        await asyncio.to_thread(servers[0].wait_until, lambda: servers[0].metric("talmach_rpc_in_flight") > 0)
        servers[0].kill()
        gate.touch()
        outcomes += [*await going, *[await ask(client, number) for number in range(20)]]
    assert {(outcome.code, outcome.is_own) for outcome in outcomes} == {("OK", True)}


async def test_a_restart_is_felt_by_nobody_who_has_another_server(naughty: Start, tmp_path: Path) -> None:
    """SIGTERM under load: our client loses no call, and who has no other server is told, never just cancelled."""
    gate, options = tmp_path / "gate", {"NAUGHTY_BATCH_S": "0.002", "TALMACH_WORKERS": "2"}
    going, staying = naughty(**options, NAUGHTY_GATE=str(gate), TALMACH_DRAIN_TIMEOUT_S="100"), naughty(**options)
    outcomes: Counter[tuple[str, str, str]] = Counter()
    is_over = asyncio.Event()

    async def hammer(number: int) -> None:
        # No client waits for another server as badly as this one.
        bare = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(going.address, options=bare) as channel:
            while not is_over.is_set():
                outcome = await ask_through(channel, number)
                outcomes["bare", outcome.code, outcome.reason] += 1
                await asyncio.sleep(0.005)

    async def go_on(client: AsyncClient, number: int) -> None:
        while not is_over.is_set():
            outcome = await ask(client, number)
            outcomes["ours", outcome.code if outcome.is_own else "mixed up", outcome.reason] += 1
            await asyncio.sleep(0.005)

    async with AsyncClient(f"ipv4:{going.address},{staying.address}") as client, AsyncClient(going.address) as lone:
        held = asyncio.create_task(ask(lone, 0, "hang", timeout_s=TIMEOUT_S))  # the server waits for it
        calls = asyncio.gather(*map(hammer, range(20)), *(go_on(client, number) for number in range(10)))
        await until(lambda: outcomes["bare", "OK", ""] > 20 and outcomes["ours", "OK", ""] > 20)
        going.process.send_signal(signal.SIGTERM)
        await until(lambda: outcomes["bare", "UNAVAILABLE", "SERVER_DRAINING"] > 10)
        gate.touch()
        assert (await held).code == "OK"
        assert await asyncio.to_thread(going.process.wait, TIMEOUT_S) == 0
        is_over.set()
        await calls
    assert {of[1:] for of in outcomes if of[0] == "ours"} == {("OK", "")}, outcomes
    assert {of[1:] for of in outcomes if of[0] == "bare"} <= {
        ("OK", ""),
        ("UNAVAILABLE", "SERVER_DRAINING"),
        ("UNAVAILABLE", ""),
    }, outcomes
