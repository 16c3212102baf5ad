"""Standard output and standard error: exact text, and what is shown only to a person at a terminal."""

import asyncio
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_PATIENCE_S = 2.0


def give_up_output() -> None:
    """Discard what standard output still holds: Python would fail on it again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def speak_utf8() -> None:
    """Make both streams UTF-8, whatever the locale says, with line feeds as they are."""
    for stream, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors, newline="")


def write(text: str) -> None:
    """Write a text to standard output exactly, and at once: a reader that has gone is noticed here."""
    sys.stdout.write(text)
    sys.stdout.flush()


def console() -> "Console":
    """Return the console of standard output; made when needed, since tests and `speak_utf8` change the stream."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def error_console() -> "Console":
    """Return the console of standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def complain(sentence: str) -> None:
    """Say on standard error what is wrong, if it can be written to."""
    with suppress(OSError):
        sys.stderr.write(f"talmach: {sentence}\n")


@contextmanager
def spinner(what: str) -> Iterator[None]:
    """Show that something is going on, and for how long, on a terminal only; an empty name shows nothing."""
    if not (what and sys.stderr.isatty()):
        yield
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description} …"), TimeElapsedColumn())
    with Progress(*columns, console=error_console(), transient=True) as shown:
        shown.add_task(what, total=None)
        yield


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told of steps done; the bar appears after two seconds, unless the result is on the
    screen.
    """
    if sys.stdout.isatty() or not sys.stderr.isatty():
        yield lambda _steps: None
        return
    # Redirected, standard output would end up on the console of the bar.
    bar = _progress(redirect_stdout=False, redirect_stderr=False)
    task = bar.add_task(what, total=total)
    appearance = asyncio.get_running_loop().call_later(_PATIENCE_S, bar.start)
    try:
        yield lambda steps: bar.advance(task, steps)
    finally:
        appearance.cancel()
        bar.stop()


@contextmanager
def bar(what: str, total: int, done: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told of steps done; the bar appears at once, on a terminal only."""
    with _progress(disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=total, completed=done)
        yield lambda steps: progress.advance(task, steps)


def _progress(**options: Any) -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=error_console(), transient=True, **options)
