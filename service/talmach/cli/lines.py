"""One text per line: the lines go to the server in batches, and as many come back in the same order."""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count, repeat
from typing import TypeVar

from talmach.cli import terminal
from talmach.cli.failures import explain, told
from talmach.cli.inputs import batches, split_lines
from talmach.client import LanguageDetection, Limits, RpcFailed, TextTranslation, to_json

_Reply = TypeVar("_Reply")
Ask = Callable[[Sequence[str]], Awaitable[Sequence[_Reply]]]
"""A call for several texts that returns one reply for each, in order."""
Show = Callable[[int, str, _Reply | None], str]
"""What is written for a line, from its number (from 1), the line without its end, and the reply; None = no reply."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the server does not take a line."""

    problem: str


# Small enough for an early first result, and enough at once that no worker waits for the next batch.
_BATCH_TEXTS = 128
_BATCH_CHARS = 16_384
_BATCHES_IN_FLIGHT = 4
_PLACE = re.compile(r"texts\[(\d+)\]")


async def write_lines(text: str, limits: Limits, ask: Ask[_Reply], show: Show[_Reply], what: str) -> int:
    """Write what `show` makes of each line of a text as soon as it and those before it are answered.

    A blank line is not sent. One that the server refuses is named on standard error, and the others go on; returns how
    many those were. `what` names the work.
    """
    lines = split_lines(text)
    done = refused = 0
    with terminal.progress(what, len(lines)) as advance:
        async for replies in in_batches(lines, limits, ask):
            batch = lines[done : done + len(replies)]
            for number, reply in enumerate(replies, start=done + 1):
                if isinstance(reply, Refused):
                    terminal.complain(f"line {number}: {reply.problem}")
                    refused += 1
            answers = [None if isinstance(reply, Refused) else reply for reply in replies]
            terminal.write("".join(map(_shown, count(done + 1), batch, answers, repeat(show))))
            done += len(replies)
            advance(len(replies))
    return refused


def _shown(number: int, line: str, reply: _Reply | None, show: Show[_Reply]) -> str:
    content = line.removesuffix("\n")
    # A line feed of the reply's own would shift every line after it.
    return show(number, content, reply).replace("\n", " ") + line[len(content) :]


def to_json_line(message: TextTranslation | LanguageDetection) -> str:
    """Return a message in protobuf's JSON on one line."""
    return json.dumps(json.loads(to_json(message)), ensure_ascii=False)


async def in_batches(
    lines: Sequence[str], limits: Limits, ask: Ask[_Reply]
) -> AsyncIterator[list[_Reply | Refused | None]]:
    """Yield the replies to consecutive batches of lines, None for a blank line, which is not sent.

    Raises:
        CommandFailed: a call failed, and no line is at fault.

    """
    max_texts = min(_BATCH_TEXTS, limits.max_texts)
    max_chars = min(_BATCH_CHARS, limits.max_request_chars)
    pending: deque[asyncio.Task[list[_Reply | Refused | None]]] = deque()
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


async def _replies(lines: Sequence[str], batch: range, ask: Ask[_Reply]) -> list[_Reply | Refused | None]:
    """Ask for one batch, and once more without the lines that the server refuses."""
    numbers = [number for number in batch if lines[number].strip()]
    answered: dict[int, _Reply | Refused] = {}
    while numbers:
        try:
            replies = await _patiently(ask, [lines[number].removesuffix("\n") for number in numbers])
        except RpcFailed as failure:
            refused = _refused(failure, numbers)
            if not refused:
                raise explain(failure, [f"line {number + 1}" for number in numbers]) from failure
            answered |= refused
            numbers = [number for number in numbers if number not in refused]
        else:
            answered |= zip(numbers, replies, strict=True)
            break
    return [answered.get(number) for number in batch]


def _refused(failure: RpcFailed, numbers: Sequence[int]) -> dict[int, Refused]:
    """Return what is wrong with which lines; nothing when something else is wrong too."""
    refused = {}
    for violation in failure.violations:
        place = _PLACE.fullmatch(violation.field)
        if place is None or int(place[1]) >= len(numbers):
            return {}
        refused[numbers[int(place[1])]] = Refused(told(violation.reason, violation.description))
    return refused


async def _patiently(ask: Ask[_Reply], texts: Sequence[str]) -> Sequence[_Reply]:
    """Ask, and ask again as soon as a busy server allows it."""
    while True:
        try:
            return await ask(texts)
        except RpcFailed as failure:  # the loop is there for the failures
            if failure.retry_after_s is None:
                raise
            await asyncio.sleep(failure.retry_after_s)
