"""Connections: as many as the calls may need, and never so many that no file is left for anything else."""

import resource
from collections.abc import Callable

import pytest

from talmach.access.connections import max_connections, raise_file_limit

Limits = Callable[[int, int], None]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Set the soft and the hard limit, of this process in appearance only."""
    now = [0, 0]
    monkeypatch.setattr(resource, "getrlimit", lambda kind: tuple(now))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, given: now.__setitem__(slice(None), given))

    def limit(soft: int, hard: int) -> None:
        now[:] = soft, hard

    return limit


@pytest.mark.parametrize(
    ("files", "connections"), [(resource.RLIM_INFINITY, 400), (100_000, 400), (500, 218), (64, 8), (20, 8)]
)
def test_the_doors_share_the_files(limits: Limits, files: int, connections: int) -> None:
    """Half of what is left for each; few files are no reason not to listen at all."""
    limits(files, files)
    assert max_connections(100) == connections


def test_the_soft_limit_becomes_the_hard_one(limits: Limits) -> None:
    """What the system allows is used without anybody asking for it."""
    limits(1_024, 20_000)
    raise_file_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (20_000, 20_000)


def test_a_limit_that_cannot_be_raised_is_kept(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems refuse their own hard limit; the server starts all the same."""

    def refuse(kind: int, given: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    limits(256, 20_000)
    monkeypatch.setattr(resource, "setrlimit", refuse)
    raise_file_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (256, 20_000)
