"""A server that starts, is stuck, drains and ends, or cannot begin."""

import asyncio

import pytest

from talmach.access.gate import State
from talmach.errors import CannotListen
from tests.fakes import until
from tests.http.harness import Served, served

OPTIONS = {"targetLanguageCode": "en", "sourceLanguageCode": "be"}
GOOD = {"texts": ["Сёння ідзе моцны дождж."], "options": OPTIONS}
HANG = {"texts": ["hang on."], "options": {"targetLanguageCode": "be", "sourceLanguageCode": "en"}}


async def test_starting_and_draining() -> None:
    """503 with its reason and Retry-After, for a call and for health; liveness goes on."""
    async with served(serving=False) as site:
        for state in ("starting", "draining"):
            site.running.server.admission.gate.state = State[state.upper()]
            got, health, live = [
                await site.ask(path, content)
                for path, content in (("/v1/translate", GOOD), ("/health", None), ("/health/live", None))
            ]
            assert (got.status, got.reason, got.fields["retry-after"]) == (503, f"SERVER_{state.upper()}", "1")
            assert (health.status, health.json, health.fields["retry-after"]) == (503, {"status": state}, "1")
            assert live.status == 200
            assert (await site.ask("/languages")).status == 503
            assert (await site.ask("/frontend/settings")).json["charLimit"] == -1


async def test_a_stuck_engine_fails_both_checks(site: Served) -> None:
    """So that whoever watches restarts the server."""
    site.server.set_healthy(False)
    got = [await site.ask(path) for path in ("/health", "/health/live")]
    assert [(each.status, each.json) for each in got] == [(503, {"status": "stuck"})] * 2


async def test_what_is_cut_off_at_the_end_is_told() -> None:
    """A call that no time is left for ends with 503 SERVER_DRAINING, not with a torn connection."""
    async with served() as site:
        waiting = asyncio.create_task(site.ask("/v1/translate", HANG))
        await until(lambda: site.running.sample("talmach_rpc_in_flight") == 1)
        await site.server.stop()
        got = await waiting
        assert (got.status, got.reason) == (503, "SERVER_DRAINING")


async def test_a_taken_address_is_named(site: Served) -> None:
    """By the setting that names it."""
    address = f"127.0.0.1:{site.port}"
    with pytest.raises(CannotListen, match=f"TALMACH_HTTP_ADDRESS: {address}"):
        async with served(address=address):
            pass
