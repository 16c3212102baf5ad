"""Files that an operator replaces while the server runs, and that cannot always be read."""

from pathlib import Path

import pytest

from talmach.access import watched
from talmach.access.watched import Watched
from talmach.errors import UnusableFile


def test_a_load_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file itself stays as it is: it could not be read for some other reason, which is over."""
    path, fails = tmp_path / "file", False

    def load() -> str:
        if fails:
            raise UnusableFile("SETTING: cannot be read")
        return path.read_text(encoding="utf-8")

    path.write_text("old", encoding="utf-8")
    value = Watched("thing", [path], load)
    fails = True
    path.write_text("new", encoding="utf-8")
    assert value.current() == "old"
    fails = False
    assert value.current() == "old"  # not at every call
    monkeypatch.setattr(watched, "_RETRY_S", 0)
    assert value.current() == "new"


def test_a_change_is_given_once_whoever_else_looks(tmp_path: Path) -> None:
    """The metrics may look at any time: the handshake after it gets the new value all the same."""
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    value = Watched("thing", [path], lambda: path.read_text(encoding="utf-8"))
    assert value.changed() is None
    path.write_text("newer", encoding="utf-8")
    assert not value.is_outdated()
    assert value.current() == "newer"
    assert value.changed() == "newer"
    assert value.changed() is None


def test_a_new_mode_is_a_change(tmp_path: Path) -> None:
    """Whoever may read the file now may not have been able to before."""
    path, loads = tmp_path / "file", []
    path.write_text("1", encoding="utf-8")
    value = Watched("thing", [path], lambda: loads.append(1))
    path.chmod(0o600)
    value.current()
    assert len(loads) == 2
