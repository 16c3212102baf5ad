"""The thresholds of glibc's allocator."""

import platform

import pytest

from talmach.engine import malloc


def test_thresholds_are_raised_where_there_is_a_glibc() -> None:
    """It says whether it could."""
    assert malloc.tune() is (platform.libc_ver()[0] == "glibc")


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an error."""
    monkeypatch.setattr("sys.platform", "darwin")
    assert malloc.tune() is False
