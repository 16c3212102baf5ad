"""Work that would keep the event loop from all other callers, done in a thread."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")
# Segmentation, detection and planning take some ten milliseconds of processor time for these.
_LARGE_CHARS = 2_000


async def offload(chars: int, work: Callable[..., _Result], *arguments: object) -> _Result:
    """Return `work(*arguments)`; in a thread when the text that it goes through is large.

    A caller that is cancelled does not wait for the thread, and gets none of its result.
    """
    if chars <= _LARGE_CHARS:
        return work(*arguments)
    return await asyncio.to_thread(work, *arguments)
