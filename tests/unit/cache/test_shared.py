"""The tier in Redis: a real server that works, dies, hangs, or holds garbage."""

import asyncio
import io
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.asyncio import Redis

from talmach.cache import shared
from talmach.cache.hypothesis_cache import key_of
from talmach.cache.shared import SharedTier
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.metrics import Metrics
from tests.unit.cache.conftest import RedisServer

HYPOTHESIS = Hypothesis("Горад «адкрыў» школу.\u2028", -0.123456789012345678, 7, truncated=False)
KEY = key_of("model", DecodeOptions(), Direction("ru", "be"), "Город открыл школу.")
OTHER = key_of("model", DecodeOptions(), Direction("ru", "be"), "Другое предложение.")
SLOW_S = 60.0  # machines that run tests can be slow; a hanging server has a timeout of its own


@pytest.fixture(autouse=True)
def _every_test_is_logged(log: io.StringIO) -> None:
    """Logs are read by some tests, and clutter the output of none."""


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """Return a client of the server."""
    async with Redis.from_url(redis_server.url) as client:
        yield client


def events(log: io.StringIO) -> list[str]:
    """Return the cache's own events, in order."""
    logged = [json.loads(line) for line in log.getvalue().splitlines()]
    return [each["event"] for each in logged if str(each["event"]).startswith("cache.")]


async def eventually(holds: Callable[[], Awaitable[object]]) -> None:
    """Wait until something is true."""
    give_up_at = time.monotonic() + 60
    while not await holds():
        assert time.monotonic() < give_up_at, "what was waited for has not come"
        await asyncio.sleep(0.02)


async def test_replicas_share_what_they_know(redis_server: RedisServer, redis: Redis) -> None:
    """Another tier reads back the same value; Redis holds no sentence of the source, and not for ever."""
    metrics = Metrics()
    first = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=Metrics())
    await first.put_many({KEY: HYPOTHESIS})
    await first.close()
    second = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=metrics)
    assert await second.get_many([KEY, OTHER]) == {KEY: HYPOTHESIS}
    await second.close()
    (name,) = await redis.keys("*")
    assert name == b"talmach:1:" + KEY.hex().encode()
    assert 900 < await redis.ttl(name) <= 1_000
    for result in ("hit", "miss"):
        labels = {"tier": "redis", "result": result}
        assert metrics.registry.get_sample_value("talmach_cache_lookups_total", labels) == 1


async def test_many_at_once(redis_server: RedisServer) -> None:
    """More than one request holds, in both ways."""
    keys = [key_of("m", DecodeOptions(), Direction("ru", "be"), str(number)) for number in range(1_234)]
    tier = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=Metrics())
    await tier.put_many(dict.fromkeys(keys, HYPOTHESIS))
    await tier.close()
    again = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=Metrics())
    assert list(await again.get_many(keys)) == keys
    await again.close()


CHECK = KEY[:8].hex()
GARBAGE = [
    b"",
    b"\xff\xfe\x00",
    b"null",
    b"[" * 100_000,
    b'["x"]',
    json.dumps([OTHER[:8].hex(), "Answer of another question", -0.5, 7]).encode(),
    json.dumps([CHECK, 5, -0.5, 7]).encode(),
    json.dumps([CHECK, "", -0.5, 7]).encode(),
    json.dumps([CHECK, "a lone surrogate \ud800", -0.5, 7]).encode(),
    json.dumps([CHECK, "text", float("nan"), 7]).encode(),
    json.dumps([CHECK, "text", -0.5, 10**30]).encode(),
    json.dumps([CHECK, "text", -0.5, 0]).encode(),
    json.dumps([CHECK, "text", -0.5, "7"]).encode(),
    json.dumps([CHECK, "text", -0.5, True]).encode(),
    json.dumps([CHECK, "text", -0.5, 7, 8]).encode(),
]


async def test_garbage_is_a_miss(redis_server: RedisServer, redis: Redis) -> None:
    """Whatever stands under the key that nobody of us wrote; Redis is not given up for it."""
    tier = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=Metrics())
    for value in GARBAGE:
        await redis.set("talmach:1:" + KEY.hex(), value)
        assert await tier.get_many([KEY]) == {}, value[:60]
    await redis.delete("talmach:1:" + KEY.hex())
    await redis.rpush("talmach:1:" + KEY.hex(), "not a string")
    assert await tier.get_many([KEY]) == {}
    await tier.put_many({KEY: HYPOTHESIS})
    await tier.close()
    again = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=Metrics())
    assert await again.get_many([KEY]) == {KEY: HYPOTHESIS}
    await again.close()


async def test_a_redis_that_dies_is_left_alone_until_it_is_back(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """One warning, no error, no request while it is away; one line when it is back, and it is used again."""
    metrics = Metrics()
    monkeypatch.setattr(shared, "_PAUSE_S", 1_000)
    tier = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=metrics)
    await tier.put_many({KEY: HYPOTHESIS})
    await eventually(lambda: tier.get_many([KEY]))
    redis_server.kill()
    for _ in range(3):
        assert await tier.get_many([KEY]) == {}
        await tier.put_many({OTHER: HYPOTHESIS})
    assert metrics.registry.get_sample_value("talmach_cache_redis_errors_total") == 1
    assert events(log) == ["cache.redis_lost"]
    redis_server.start()
    assert await tier.get_many([KEY]) == {}
    monkeypatch.setattr(tier, "_asleep_until", 0.0)  # the pause is over
    assert await tier.get_many([KEY]) == {}  # the server has forgotten
    await tier.put_many({KEY: HYPOTHESIS})
    await eventually(lambda: tier.get_many([KEY]))
    assert events(log) == ["cache.redis_lost", "cache.redis_back"]
    await tier.close()


async def test_a_redis_that_hangs_costs_one_timeout(log: io.StringIO) -> None:
    """It takes connections and never answers: one call waits a moment, the next ones not at all."""
    metrics = Metrics()
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://user:geheim@127.0.0.1:{server.getsockname()[1]}/0"
        tier = SharedTier(url, timeout_s=1, ttl_s=1_000, metrics=metrics)
        began = time.monotonic()
        for _ in range(50):
            assert await tier.get_many([KEY]) == {}
            await tier.put_many({KEY: HYPOTHESIS})
        assert time.monotonic() - began < 25  # 50 timeouts would be twice that
        await tier.close()
    assert (metrics.registry.get_sample_value("talmach_cache_redis_errors_total") or 0) < 10
    assert events(log)[0] == "cache.redis_lost"
    assert "geheim" not in log.getvalue()


@pytest.mark.parametrize(
    "answer",
    [b"*0\r\n", b"*2\r\n$-1\r\n$-1\r\n", b":1\r\n", b"$-1\r\n", b"+OK\r\n", b"-LOADING\r\n", b"HTTP/1.1 400\r\n\r\n"],
)
async def test_what_is_no_redis_is_a_redis_that_is_lost(answer: bytes, log: io.StringIO) -> None:
    """It answers in its own way, or with too few values or too many; no call fails for that."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            writer.write(answer)
        writer.close()

    metrics = Metrics()
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0?lib_name=&lib_version="
        tier = SharedTier(url, timeout_s=1, ttl_s=1_000, metrics=metrics)
        assert await tier.get_many([KEY]) == {}
        assert metrics.registry.get_sample_value("talmach_cache_redis_errors_total") == 1
        await tier.close()
    assert events(log) == ["cache.redis_lost"]


async def test_a_caller_that_goes_away_takes_nobody_along(redis_server: RedisServer) -> None:
    """A lookup that is cancelled in the middle leaves no answer behind for the next one to take for its own."""
    tier = SharedTier(redis_server.url, timeout_s=SLOW_S, ttl_s=1_000, metrics=Metrics())
    await tier.put_many({KEY: HYPOTHESIS})
    await eventually(lambda: tier.get_many([KEY]))
    for turns in range(12):
        lookup = asyncio.ensure_future(tier.get_many([KEY]))
        for _ in range(turns):
            await asyncio.sleep(0)
        lookup.cancel()
        assert await tier.get_many([OTHER]) == {}
        assert await tier.get_many([KEY]) == {KEY: HYPOTHESIS}
    await tier.close()
