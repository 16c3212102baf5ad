"""Values read from files that an operator may replace while the server runs: certificates, the clients file."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog

from talmach.errors import UnusableFile

_Value = TypeVar("_Value")
_Signature = tuple[tuple[int, int, int, int] | None, ...]
_RETRY_S = 1.0
_log: Any = structlog.get_logger("talmach.rpc")


def read(setting: str, path: Path) -> bytes:
    """Return the content of the file that `setting` (its variable) names; raises UnusableFile."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableFile(f"{setting}: {path} cannot be read ({(error.strerror or 'error').lower()})") from error


class Watched(Generic[_Value]):
    """A value that is read again when one of its files has changed; may be asked by several threads."""

    def __init__(self, name: str, paths: Sequence[Path], load: Callable[[], _Value]) -> None:
        """`load` reads the value, and raises UnusableFile, here too; `name` is what the log calls it."""
        self._name = name
        self._paths = paths
        self._load = load
        self._lock = threading.Lock()
        # Before the content: what changes while it is being read is read again.
        self._signature = _signature(paths)
        self._value = self._known = load()
        self._problem = ""  # from the last attempt; empty = there was none
        self._tried_at = 0.0

    def current(self) -> _Value:
        """Return the newest value that could be used."""
        with self._lock:
            self._look()
            return self._value

    def changed(self) -> _Value | None:
        """Return the value if it is another one since the last call, else None; what cannot be used is only logged."""
        with self._lock:
            self._look()
            if self._value is self._known:
                return None
            self._known = self._value
            return self._value

    def is_outdated(self) -> bool:
        """Say whether the files cannot be used as they are now, and the value is of before."""
        with self._lock:
            self._look()
            return bool(self._problem)

    def _look(self) -> None:
        signature, now = _signature(self._paths), time.monotonic()
        # A file that could not be read may be readable now and look as it did.
        is_due = bool(self._problem) and now - self._tried_at >= _RETRY_S
        if signature == self._signature and not is_due:
            return
        is_news = signature != self._signature
        self._signature, self._tried_at = signature, now
        try:
            self._value = self._load()
        except UnusableFile as error:
            if is_news or str(error) != self._problem:
                _log.error("files.not_reloaded", what=self._name, problem=str(error))
            self._problem = str(error)
            return
        self._problem = ""
        _log.info("files.reloaded", what=self._name)


def _signature(paths: Sequence[Path]) -> _Signature:
    return tuple(map(_state, paths))


def _state(path: Path) -> tuple[int, int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    # The inode too: a file moved over another may have its size, and its time. Of a new mode only the change tells.
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
