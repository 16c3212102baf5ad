"""Tidies the memory up in quiet moments: Python's full garbage collections stop every thread."""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from talmach.engine import malloc

_NEVER = 1_000_000_000
_YOUNG = 5_000  # new objects; with Python's 700 those of calls in flight are gone through all the time
_EVERY_S = 10.0
# Of memory beyond what the start left: to go through so many takes about a tenth of a second.
_FEW_BLOCKS = 1_000_000
_LONGEST_WAIT_S = 300.0


@contextmanager
def tidied_in_quiet_moments(is_idle: Callable[[], bool]) -> Iterator[None]:
    """Inside, on a running event loop: collect everything when little is in memory, and at least every five minutes.

    Python would collect whenever the objects have grown by a quarter. Fifty large articles are millions of objects,
    none of them garbage that only a full collection finds: more than half a second without a health check answered.
    What is there at the beginning (modules, models) is never gone through again.

    When nothing is at work, as `is_idle` tells, memory that is kept between batches goes back to the kernel too.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, thresholds[1], _NEVER)
    tidying = asyncio.ensure_future(_tidy_up(sys.getallocatedblocks(), is_idle))
    try:
        yield
    finally:
        tidying.cancel()
        gc.set_threshold(*thresholds)
        gc.unfreeze()


async def _tidy_up(blocks_at_start: int, is_idle: Callable[[], bool]) -> None:
    waited_s = 0.0
    while True:
        await asyncio.sleep(_EVERY_S)
        waited_s += _EVERY_S
        if sys.getallocatedblocks() - blocks_at_start < _FEW_BLOCKS or waited_s >= _LONGEST_WAIT_S:
            gc.collect()
            waited_s = 0.0
        if is_idle():
            await asyncio.to_thread(malloc.trim)
