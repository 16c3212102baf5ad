"""Servers that go away, for good or to come again: whoever waits, or has another one, loses no call."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import grpc
import pytest

from talmach.client import AsyncClient, BatchTranslateRequest, RpcFailed
from tests.e2e import callers
from tests.e2e.callers import ask, ask_once, ask_through
from tests.e2e.program import Server, free_address

Start = Callable[..., Server]


async def test_a_killed_server_is_not_missed(naughty: Start) -> None:
    """Killed under load, and a start on the same address: no call of a `AsyncClient` fails or is mixed up."""
    address = free_address()
    options = {"address": address, "NAUGHTY_BATCH_S": "0.05", "TALMACH_MAX_BATCH_SIZE": "4"}
    server = naughty(**options)
    # Callers wait some seconds for a start; on a busy machine the imports alone may take longer.
    again = naughty(**options, until=(), NAUGHTY_AFTER=str(server.process.pid))
    again.wait_until(lambda: "imported" in again.log.read_text(encoding="utf-8"))

    async def caller(first: int) -> None:
        async with AsyncClient(address) as client:
            for number in range(first, first + 15):
                outcome = await ask(client, number)
                assert (outcome.code, outcome.is_own) == ("OK", True)

    calls = asyncio.gather(*(caller(100 * number) for number in range(10)))
    await asyncio.sleep(0.5)
    server.kill()
    assert not calls.done()
    await asyncio.to_thread(again.wait_until, lambda: again.health() == "SERVING")
    await calls
    assert again.metric("talmach_rpc_requests_total") > 50


async def test_a_terminated_server_under_load_loses_nothing(naughty: Start) -> None:
    """All that was accepted is answered, what comes later is refused, and the exit status is 0."""
    server = naughty(TALMACH_WORKERS="1", TALMACH_MAX_BATCH_SIZE="2", NAUGHTY_BATCH_S="0.2")
    async with AsyncClient(server.address) as client:
        calls = [asyncio.create_task(ask(client, number)) for number in range(60)]
        arrived = ("talmach_rpc_requests_total", "talmach_rpc_in_flight")
        await asyncio.to_thread(server.wait_until, lambda: sum(map(server.metric, arrived)) >= 60)
        assert not all(call.done() for call in calls)
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(server.wait_until, lambda: server.health() == "NOT_SERVING")
        refused = await ask_once(server.address)
        outcomes = await asyncio.gather(*calls)
    assert (refused.code, refused.reason) == ("UNAVAILABLE", "SERVER_DRAINING")
    assert {(outcome.code, outcome.is_own) for outcome in outcomes} == {("OK", True)}
    assert server.process.wait(20) == 0


async def one_and_no_end() -> AsyncIterator[BatchTranslateRequest]:
    """Yield an item, and then nothing any more."""
    yield BatchTranslateRequest(id="1", text=callers.question(1), options=callers.TO_ENGLISH)
    await asyncio.Event().wait()


async def test_an_idle_stream_does_not_outlast_the_drain(naughty: Start) -> None:
    """Its caller, who sends nothing and waits, is told that the server drains; nothing is cut off."""
    server = naughty(TALMACH_DRAIN_TIMEOUT_S="60", TALMACH_STREAM_IDLE_S="600")
    async with AsyncClient(server.address) as client:
        answers = client.batch_translate(one_and_no_end())
        assert (await anext(answers)).text.complete
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(RpcFailed) as caught:
            async with asyncio.timeout(60):
                await anext(answers)
    assert (caught.value.code, caught.value.reason) == ("UNAVAILABLE", "SERVER_DRAINING")
    assert server.process.wait(20) == 0
    assert time.monotonic() - began < 20


async def test_a_connection_that_ages_out_loses_no_call(naughty: Start) -> None:
    """Our client connects anew, calls in flight end well; what outlasts the grace too is cut off."""
    server = naughty(
        TALMACH_MAX_CONNECTION_AGE_S="0.5", TALMACH_MAX_CONNECTION_AGE_GRACE_S="4", NAUGHTY_BATCH_S="0.005"
    )
    outcomes: list[str] = []

    async with AsyncClient(server.address) as client:
        limits = (await client.info()).limits
        assert (limits.max_connection_age_ms, limits.max_connection_age_grace_ms) == (500, 4_000)
        ageing = asyncio.create_task(age_out(client, times=3))

        async def go_on(number: int) -> None:
            while not ageing.done():
                outcome = await ask(client, number)
                await asyncio.sleep(0.01)
                outcomes.append(outcome.code if outcome.is_own else "mixed up")

        long = asyncio.create_task(ask(client, 100, "doze"))  # two seconds
        async with asyncio.timeout(60):
            await asyncio.gather(ageing, *map(go_on, range(8)))
        assert (await long).code == "OK"
        answers = client.batch_translate(one_and_no_end())
        assert (await anext(answers)).text.complete
        with pytest.raises(RpcFailed) as caught:
            async with asyncio.timeout(60):
                await anext(answers)
    assert set(outcomes) == {"OK"}
    assert len(outcomes) > 50
    assert (caught.value.code, caught.value.reason) == ("UNAVAILABLE", "")


async def age_out(client: AsyncClient, times: int) -> None:
    """Return when the client has lost its connection so many times."""
    channel, lost = client._channel, 0
    state = channel.get_state()
    while lost < times:
        await channel.wait_for_state_change(state)
        state = channel.get_state()
        lost += state is grpc.ChannelConnectivity.IDLE


async def test_two_servers_share_the_calls_and_one_may_be_killed(naughty: Start) -> None:
    """Half of the calls each, give or take a tenth; kill -9 of one in the middle loses none."""
    servers = naughty(TALMACH_WORKERS="1"), naughty(TALMACH_WORKERS="1")

    def calls() -> list[float]:
        return [server.metric("talmach_rpc_requests_total") for server in servers]

    async with AsyncClient(f"ipv4:{','.join(server.address for server in servers)}") as client:
        while not all(calls()):
            await ask(client, 0)
        before = calls()
        outcomes = [await ask(client, number) for number in range(100)]
        shares = [after - earlier for after, earlier in zip(calls(), before, strict=True)]
        assert all(40 <= share <= 60 for share in shares), shares
        going = asyncio.gather(*(ask(client, number, "doze" if number < 4 else "ідзе") for number in range(50)))
        await asyncio.sleep(0.3)
        servers[0].kill()
        outcomes += [*await going, *[await ask(client, number) for number in range(20)]]
    assert {(outcome.code, outcome.is_own) for outcome in outcomes} == {("OK", True)}


async def test_a_restart_is_felt_by_nobody_who_has_another_server(naughty: Start) -> None:
    """SIGTERM under load: our client loses no call, and who has no other server is told, never just cancelled."""
    options = {"NAUGHTY_BATCH_S": "0.002", "TALMACH_WORKERS": "1"}
    going, staying = naughty(**options), naughty(**options)
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

    async with AsyncClient(f"ipv4:{going.address},{staying.address}") as client:
        calls = asyncio.gather(*map(hammer, range(20)), *(go_on(client, number) for number in range(10)))
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(going.end) == 0
        begun, ended = (
            datetime.fromisoformat(going.logged(event)[0]["timestamp"])
            for event in ("server.draining", "server.stopped")
        )
        assert (ended - begun).total_seconds() > 1.4  # the grace, and half a second for what is on its way
        is_over.set()
        await calls
    assert {of[1:] for of in outcomes if of[0] == "ours"} == {("OK", "")}, outcomes
    assert {of[1:] for of in outcomes if of[0] == "bare"} <= {
        ("OK", ""),
        ("UNAVAILABLE", "SERVER_DRAINING"),
        ("UNAVAILABLE", ""),
    }, outcomes
    assert outcomes["bare", "UNAVAILABLE", "SERVER_DRAINING"] > 10
