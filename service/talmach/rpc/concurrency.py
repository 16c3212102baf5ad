"""Bounded concurrency over a stream, for BatchTranslate."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from talmach.errors import ServerDraining, StreamIdle

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


async def in_completion_order(
    items: AsyncIterator[_Item],
    work: Callable[[_Item], Coroutine[Any, Any, _Result]],
    *,
    limit: int,
    idle_s: float,
    is_over: asyncio.Future[None],
) -> AsyncGenerator[_Result, None]:
    """Yield `work(item)` for each item as they get ready; at most `limit` are begun and not yet taken by the consumer.

    So a consumer that takes nothing stops the reading of items. When the generator is closed, or anything raises,
    whatever runs is cancelled and awaited.

    Raises:
        StreamIdle: no item came for `idle_s`, and nothing was at work.
        ServerDraining: `is_over` is done, and what was at work is finished, but the items have not ended.

    """
    running: set[asyncio.Task[_Result]] = set()
    reading: asyncio.Task[tuple[_Item, ...]] | None = asyncio.create_task(_next(items))
    is_exhausted = False
    try:
        while running or not is_exhausted:
            if is_over.done() and not running:
                raise ServerDraining
            if reading is None and not (is_exhausted or is_over.done()) and len(running) < limit:
                reading = asyncio.create_task(_next(items))
            waited_for: set[asyncio.Future[Any]] = {*running, *filter(None, [reading])}
            if not is_over.done():
                waited_for.add(is_over)
            done, _ = await asyncio.wait(
                waited_for, timeout=None if running else idle_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise StreamIdle(idle_s)
            for task in [task for task in running if task.done()]:
                yield task.result()
                running.discard(task)
            if reading is not None and reading.done():
                read = reading.result()
                for item in read:
                    running.add(asyncio.create_task(work(item)))
                reading, is_exhausted = None, not read
    finally:
        unfinished = [*running, *([reading] if reading else [])]
        for each in unfinished:
            each.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


async def _next(items: AsyncIterator[_Item]) -> tuple[_Item, ...]:
    """Return the next item alone, or nothing at the end."""
    try:
        return (await anext(items),)
    except StopAsyncIteration:
        return ()
