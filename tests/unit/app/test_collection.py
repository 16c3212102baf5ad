"""When Python's full collections run while the server serves, and free memory goes back to the kernel."""

import gc
import threading
import weakref
from collections.abc import Iterator
from functools import partial

import pytest

from talmach.app import collection
from talmach.app.collection import tidied_in_quiet_moments
from talmach.engine import malloc
from tests.fakes import until


class _Ring:
    """An object that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look every few milliseconds; leave the collector as it was."""
    monkeypatch.setattr(collection, "_EVERY_S", 0.01)
    before = gc.get_threshold()
    yield
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def _note(looks: list[None], *, is_idle: bool) -> bool:
    looks.append(None)
    return is_idle


def _old_ring() -> weakref.ref[_Ring]:
    ring = _Ring()
    gc.collect(1)  # from here on only a full collection finds it
    return weakref.ref(ring)


async def test_garbage_is_collected_when_little_is_in_memory() -> None:
    """What only a full collection finds goes soon."""
    with tidied_in_quiet_moments(lambda: False):
        ring = _old_ring()
        assert ring() is not None
        await until(lambda: ring() is None)


async def test_nothing_is_collected_while_much_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by Python, however the heap grows, nor by us, until it has waited long enough."""
    monkeypatch.setattr(collection, "_FEW_BLOCKS", 50_000)
    looks: list[None] = []
    with tidied_in_quiet_moments(partial(_note, looks, is_idle=False)):
        ring = _old_ring()
        full = gc.get_stats()[2]["collections"]
        held = [[number] for number in range(200_000)]
        await until(lambda: len(looks) > 3)
        assert gc.get_stats()[2]["collections"] == full
        assert ring() is not None
        monkeypatch.setattr(collection, "_LONGEST_WAIT_S", 0.01)
        await until(lambda: ring() is None)
    del held


@pytest.mark.parametrize("is_idle", [True, False])
async def test_free_memory_goes_back_when_nothing_is_at_work(is_idle: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept between batches is of no use to an idle server."""
    trimmed = threading.Event()
    looks: list[None] = []
    monkeypatch.setattr(malloc, "trim", trimmed.set)
    with tidied_in_quiet_moments(partial(_note, looks, is_idle=is_idle)):
        await until(lambda: trimmed.is_set() if is_idle else len(looks) > 3)
    assert trimmed.is_set() is is_idle
