"""The table of the benchmark of archives, and what watches its processes."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from benchmarks.archive_table import NOT_RUN, read_table, table
from benchmarks.family import Family
from tests.update_tables import ROOT

MACHINE = {"processor": "P", "cores": 2, "int8_instructions": "avx2", "model": "m 1", "model_sha256": "0"}
SPEED: dict[str, Any] = {
    "articles": 1_000,
    "bare_articles": 100,
    "sentences": 17_000,
    "characters": 1_300_000,
    "cores": 2,
    "bare_a_second": {"server": 10.0, "archive": 12.5},
    "bare_cpu_s": {"server": 200.0, "archive": 160.0},
    "seconds": 125.0,
    "cpu_s": 250.0,
    "load_before": 0.1,
}


def test_the_table_counts_by_the_clock_only_where_nobody_else_worked() -> None:
    """Eight articles a second are 80 % of ten; on a busy machine that says nothing, and processor time does."""
    idle = table({"machine": MACHINE, "speed": SPEED})
    busy = table({"machine": MACHINE, "speed": SPEED | {"load_before": 8.0}})
    assert "| `talmach bulk` in per cent of that | 80 % |" in idle
    assert "| a million articles | 35 hours | on the 2 cores of this machine |" in idle
    assert "articles/s" not in busy
    for shown in (idle, busy):
        assert "| a million articles, processor time | 69 hours of a core |" in shown
        assert "| the bare engine's processor time in it | 80 % |" in shown
        assert "| memory | not run yet | `python -m benchmarks.archive memory` |" in shown


def test_a_benchmark_that_was_not_run_says_how() -> None:
    """Instead of a table."""
    assert read_table(ROOT / "no such file") == NOT_RUN


def test_a_family_is_watched_with_its_children() -> None:
    """Processor time and memory of a process that only starts another one are those of the other."""
    child = "held = bytearray(64 << 20); held[::4096] = bytes(len(held[::4096]))\nwhile True: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], start_new_session=True) as process:
        try:
            with Family(process.pid, interval_s=0.05) as family:
                end = time.monotonic() + 60
                while time.monotonic() < end and not (family.cpu_s >= 0.3 and family.samples[-1].largest_mib > 64):
                    time.sleep(0.05)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert family.cpu_s >= 0.3
    assert family.samples[-1].largest_mib == pytest.approx(64 + 10, abs=16)
    assert family.samples[-1].all_mib > family.samples[-1].largest_mib
