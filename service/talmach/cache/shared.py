"""The tier in Redis, for several replicas: asked with a short timeout, left alone for a while after a failure.

A value is `[check, text, score, tokens]` in JSON, under `talmach:1:` and the key in hexadecimal; 1 is its form.
`check` is the beginning of the key: a value that strayed to another key, or a reply to another question, is no answer.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Annotated, Any, TypeVar

import structlog
from pydantic import Field, FiniteFloat, Strict, TypeAdapter, ValidationError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from talmach.engine.base import Hypothesis
from talmach.metrics import Metrics

_PREFIX = "talmach:1:"
_CHECK_BYTES = 8
_PAUSE_S = 5.0  # after a failure; then one request tries whether it is back
_MAX_CONNECTIONS = 16
_BATCH = 500  # keys in one request
_MAX_PENDING = 10_000  # hypotheses that wait to be written; any beyond that are not shared
_Result = TypeVar("_Result")
_Value = TypeAdapter[tuple[str, str, float, int]](
    tuple[
        Annotated[str, Strict()],
        Annotated[str, Strict(), Field(min_length=1)],
        Annotated[FiniteFloat, Strict()],
        Annotated[int, Strict(), Field(ge=1, le=1_000_000)],
    ]
)
_log: Any = structlog.get_logger("talmach.cache")


class SharedTier:
    """A `Tier` in a Redis that other processes use too."""

    def __init__(self, url: str, *, timeout_s: float, ttl_s: int, metrics: Metrics) -> None:
        """`timeout_s` bounds every request, connecting included; `ttl_s` is how long Redis keeps an answer.

        Raises:
            ValueError: `url` is not one that redis-py takes; the message may hold parts of it.

        """
        self._timeout_s = timeout_s
        self._ttl_s = ttl_s
        self._metrics = metrics
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_MAX_CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            # Once, at once: a connection may be one that Redis has closed long ago.
            retry=Retry(NoBackoff(), 1),
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._is_lost = False
        self._asleep_until = 0.0  # of time.monotonic
        self._pending: dict[bytes, Hypothesis] = {}
        self._writer: asyncio.Task[None] | None = None

    async def get_many(self, keys: Collection[bytes]) -> dict[bytes, Hypothesis]:
        """See `Tier.get_many`."""
        found: dict[bytes, Hypothesis] = {}
        for batch in _batches(keys):
            answers = await self._ask(partial(self._get_all, batch))
            if answers is None:
                break
            self._metrics.cache_lookups.labels("redis", "hit").inc(len(answers))
            self._metrics.cache_lookups.labels("redis", "miss").inc(len(batch) - len(answers))
            found |= answers
        return found

    async def put_many(self, hypotheses: Mapping[bytes, Hypothesis]) -> None:
        """See `Tier.put_many`; they are written behind the caller's back."""
        if time.monotonic() < self._asleep_until:
            return
        self._pending.update(islice(hypotheses.items(), max(0, _MAX_PENDING - len(self._pending))))
        if self._pending and (self._writer is None or self._writer.done()):
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Write what waits to be written, as far as Redis takes it, and close the connections."""
        if self._writer is not None:
            await self._writer
        await self._redis.aclose()

    async def _write(self) -> None:
        while self._pending:
            batch = dict(islice(self._pending.items(), _BATCH))
            for key in batch:
                del self._pending[key]
            if await self._ask(partial(self._set_all, batch)) is None:
                self._pending.clear()

    async def _get_all(self, keys: Sequence[bytes]) -> dict[bytes, Hypothesis]:
        values = await self._redis.mget([_name(key) for key in keys])
        # Strict: so many values as keys, or what answers is no Redis.
        return {key: parsed for key, value in zip(keys, values, strict=True) if (parsed := _parse(key, value))}

    async def _set_all(self, hypotheses: Mapping[bytes, Hypothesis]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key, hypothesis in hypotheses.items():
                pipeline.set(_name(key), _value(key, hypothesis), ex=self._ttl_s)
            return await pipeline.execute()

    async def _ask(self, request: Callable[[], Awaitable[_Result]]) -> _Result | None:
        """Return the answer to a request; None when there is none, or while Redis is left alone."""
        now = time.monotonic()
        if now < self._asleep_until:
            return None
        is_probe = self._is_lost
        if is_probe:  # nobody else waits for it meanwhile
            self._asleep_until = now + _PAUSE_S + self._timeout_s
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await request()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with Redis is no reason to fail a call
            self._lose(error)
            return None
        if is_probe:
            self._is_lost, self._asleep_until = False, 0.0
            _log.info("cache.redis_back")
        return answer

    def _lose(self, error: Exception) -> None:
        self._metrics.cache_redis_errors.inc()
        self._asleep_until = time.monotonic() + _PAUSE_S
        if not self._is_lost:
            self._is_lost = True
            # By type only: the text may hold the address with its password.
            _log.warning("cache.redis_lost", error=type(error).__name__)


def _batches(keys: Collection[bytes]) -> Iterator[Sequence[bytes]]:
    ordered = list(keys)
    return (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))


def _name(key: bytes) -> str:
    return _PREFIX + key.hex()


def _check(key: bytes) -> str:
    return key[:_CHECK_BYTES].hex()


def _value(key: bytes, hypothesis: Hypothesis) -> str:
    value = [_check(key), hypothesis.text, hypothesis.score, hypothesis.tokens]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parse(key: bytes, value: bytes | str | None) -> Hypothesis | None:
    """Read a value; anything that this code did not write under this key is a miss."""
    if value is None:
        return None
    try:
        check, text, score, tokens = _Value.validate_json(value)
    except ValidationError:
        return None
    return Hypothesis(text, score, tokens, truncated=False) if check == _check(key) else None
