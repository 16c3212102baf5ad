"""A participant: a process of its own that loads once and is then asked to measure, round after round.

Each has the libraries to itself: in one process, PyTorch's threads, glibc's settings and CTranslate2's workers would
affect each other's measurements.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from benchmarks.articles import Item

CALL_TIMEOUT_S = 900.0
_T = TypeVar("_T")
_Result = TypeVar("_Result")
_P = ParamSpec("_P")
_loaded: Any = None


@dataclass(slots=True)
class Timed:
    """How long a known amount of work took."""

    tokens: int
    seconds: float = 0.0

    @property
    def tokens_per_s(self) -> float:
        """Target tokens per second."""
        return self.tokens / self.seconds


@contextmanager
def stopwatch(items: Sequence[Item]) -> Iterator[Timed]:
    """Time the translation of `items`."""
    timed = Timed(sum(item.tokens for item in items))
    started_at = time.perf_counter()
    yield timed
    timed.seconds = time.perf_counter() - started_at


class Participant(Generic[_T]):
    """A process that holds what `load` returned there."""

    def __init__(self, load: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """`load` and its arguments are sent to the process, and it begins to load."""
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_load, initargs=(load, args, kwargs)
        )

    def __enter__(self) -> "Participant[_T]":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def call(self, function: Callable[Concatenate[_T, _P], _Result], *args: _P.args, **kwargs: _P.kwargs) -> _Result:
        """Call `function(what was loaded, ...)` there and return what it returns; raises what it raises."""
        return self.call_for(0.0, function, *args, **kwargs)

    def call_for(
        self,
        seconds: float,
        function: Callable[Concatenate[_T, _P], _Result],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _Result:
        """Like `call`, for something that takes `seconds` longer than the usual limit."""
        future = self._pool.submit(_call, function, args, kwargs)
        try:
            result: _Result = future.result(CALL_TIMEOUT_S + seconds)
        except TimeoutError:
            self._kill()
            raise
        return result

    def _kill(self) -> None:
        """End the process: leaving the block would wait for it for ever."""
        for process in list(self._pool._processes.values()):  # noqa: SLF001 - public only since Python 3.14
            process.kill()


def _load(load: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    global _loaded  # noqa: PLW0603 - the process is this object's
    _loaded = load(*args, **kwargs)


def _call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(_loaded, *args, **kwargs)
