"""One text per line: the lines go to the server in batches, and come back as many and in the same order."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count, repeat
from typing import TypeVar

from talmach.cli import terminal
from talmach.cli.failures import explain
from talmach.cli.inputs import batches, split_lines
from talmach.client import LanguageDetection, Limits, RpcFailed, TextTranslation, to_json

_Reply = TypeVar("_Reply")
Ask = Callable[[Sequence[str]], Awaitable[Sequence[_Reply]]]
"""A call for several texts that returns one reply for each, in order."""

# Small enough for a first result soon, and enough of them at once that no worker waits for the next batch.
_BATCH_TEXTS = 128
_BATCH_CHARS = 16_384
_BATCHES_IN_FLIGHT = 4


async def write_lines(
    text: str, limits: Limits, ask: Ask[_Reply], show: Callable[[int, str, _Reply | None], str], what: str
) -> None:
    """Write `show(number, line, reply)` for each line of a text as soon as it and those before it are answered.

    `show` gets numbers from 1, lines without their ends, and None for a blank line, which is not sent; `what` names the
    work.
    """
    lines = split_lines(text)
    done = 0
    with terminal.progress(what, len(lines)) as advance:
        async for replies in in_batches(lines, limits, ask):
            batch = lines[done : done + len(replies)]
            terminal.write("".join(map(_shown, count(done + 1), batch, replies, repeat(show))))
            done += len(replies)
            advance(len(replies))


def _shown(number: int, line: str, reply: _Reply | None, show: Callable[[int, str, _Reply | None], str]) -> str:
    content = line.removesuffix("\n")
    # A line feed of the reply's own would shift every line after it.
    return show(number, content, reply).replace("\n", " ") + line[len(content) :]


def to_json_line(message: TextTranslation | LanguageDetection) -> str:
    """Return a message in protobuf's JSON on one line."""
    return json.dumps(json.loads(to_json(message)), ensure_ascii=False)


async def in_batches(lines: Sequence[str], limits: Limits, ask: Ask[_Reply]) -> AsyncIterator[list[_Reply | None]]:
    """Yield the replies to consecutive batches of lines, None for a blank line, which is not sent.

    Raises:
        CommandFailed: a call failed; names the line where one is at fault.

    """
    max_texts = min(_BATCH_TEXTS, limits.max_texts)
    max_chars = min(_BATCH_CHARS, limits.max_request_chars)
    pending: deque[asyncio.Task[list[_Reply | None]]] = deque()
    try:
        for batch in batches(lines, max_texts=max_texts, max_chars=max_chars):
            if len(pending) == _BATCHES_IN_FLIGHT:
                yield await pending.popleft()
            pending.append(asyncio.create_task(_replies(lines, batch, ask)))
        while pending:
            yield await pending.popleft()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def _replies(lines: Sequence[str], batch: range, ask: Ask[_Reply]) -> list[_Reply | None]:
    numbers = [number for number in batch if lines[number].strip()]
    texts = [lines[number].removesuffix("\n") for number in numbers]
    try:
        answered = dict(zip(numbers, await _patiently(ask, texts), strict=True)) if texts else {}
    except RpcFailed as failure:
        raise explain(failure, [f"line {number + 1}" for number in numbers]) from failure
    return [answered.get(number) for number in batch]


async def _patiently(ask: Ask[_Reply], texts: Sequence[str]) -> Sequence[_Reply]:
    """Ask, and ask again whenever a busy server says after which time it may."""
    while True:
        try:
            return await ask(texts)
        except RpcFailed as failure:  # the loop is there for the failures
            if failure.retry_after_s is None:
                raise
            await asyncio.sleep(failure.retry_after_s)
