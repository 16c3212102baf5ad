"""`python -m benchmarks.soak`: mixed load for minutes; exit status 1 when the server grows, fails or keeps work.

Memory is judged by a straight line (least squares) through the samples after the warm-up: it grows when the slope times
the time is more than `--allowed-mib` and more than three standard errors. Threads and open files are judged by their
numbers after the load, the queue by its gauges, and the calls by their status codes.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mixed_load import EXPECTED_CODES, MixedLoad
from benchmarks.process import Participant
from benchmarks.server import Footprint, ServerProcess, free_address

_SAMPLES = 240
_LEAST_INTERVAL_S = 0.25
_WARM_UP = 1 / 3  # of the time: by then models, every thread's arenas and the largest batch are in memory
_CERTAIN = 3.0  # standard errors
_STRAY_FDS = 4
_QUIET_S = 1.0
_LINES = 12
_IDLE_GAUGES = ("talmach_rpc_in_flight", "talmach_queue_sentences", "talmach_queue_tokens")


@dataclass(frozen=True, slots=True)
class Sample:
    """The server's footprint at a time since the start of the load."""

    seconds: float
    rss_mib: float
    threads: int
    fds: int


@dataclass(frozen=True, slots=True)
class Slope:
    """How memory changed over the time looked at."""

    mib_per_hour: float
    error_mib_per_hour: float
    growth_mib: float  # slope times the time

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Slope":
        """Fit a straight line through at least three samples."""
        hours = np.array([sample.seconds / 3_600 for sample in samples])
        rss = np.array([sample.rss_mib for sample in samples])
        centred = hours - hours.mean()
        slope = float((centred * rss).sum() / (centred**2).sum())
        residuals = rss - rss.mean() - slope * centred
        error = float(np.sqrt((residuals**2).sum() / (len(samples) - 2) / (centred**2).sum()))
        return cls(slope, error, slope * float(hours[-1] - hours[0]))

    def is_growth(self, allowed_mib: float) -> bool:
        """Whether memory grew for certain, and by more than is allowed."""
        return self.growth_mib > allowed_mib and self.mib_per_hour > _CERTAIN * self.error_mib_per_hour


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen."""

    minutes: float
    samples: list[Sample]
    codes: dict[str, int]
    after: Footprint  # when the load was over

    @property
    def slope(self) -> Slope:
        """The slope of memory after the warm-up."""
        begin = self.samples[-1].seconds * _WARM_UP
        return Slope.of([sample for sample in self.samples if sample.seconds >= begin])

    def show(self, verdict: str) -> None:
        """Print it."""
        print("seconds  RSS MiB  threads  files")
        for sample in self.samples[:: max(len(self.samples) // _LINES, 1)]:
            print(f"{sample.seconds:7.0f}  {sample.rss_mib:7.1f}  {sample.threads:7}  {sample.fds:5}")
        print("calls   ", ", ".join(f"{code} {count}" for code, count in sorted(self.codes.items())))
        slope = self.slope
        print(f"slope    {slope.mib_per_hour:+.1f} ± {slope.error_mib_per_hour:.1f} MiB/h after the warm-up")
        print(f"verdict  {verdict}")

    def to_dict(self, verdict: str) -> dict[str, Any]:
        """Return it as it is written."""
        return {
            "minutes": self.minutes,
            "calls": sum(self.codes.values()),
            "codes": self.codes,
            "slope": asdict(self.slope),
            "verdict": verdict,
            "last": asdict(self.after),
            "samples": [asdict(sample) for sample in self.samples],
        }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--allowed-mib", type=float, default=16.0, help="growth after the warm-up that is noise")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    with ServerProcess(TALMACH_HTTP_ADDRESS=free_address()) as server, Participant(MixedLoad) as callers:
        samples, codes, problems = _soak(server, callers, arguments.minutes * 60, arguments.seed)
        before, after = samples[0], server.footprint()
        if (status := server.stop()) != 0:
            problems.append(f"the server ended with status {status}")
    run = Run(arguments.minutes, samples, codes, after)
    if run.slope.is_growth(arguments.allowed_mib):
        problems.append(f"memory grew by {run.slope.growth_mib:.1f} MiB")
    if after.fds > before.fds + _STRAY_FDS:
        problems.append(f"{after.fds - before.fds} files stayed open")
    verdict = "; ".join(problems) or "steady"
    run.show(verdict)
    if arguments.output:
        arguments.output.write_text(json.dumps(run.to_dict(verdict), indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if problems else 0)


def _soak(
    server: ServerProcess, callers: Participant[MixedLoad], seconds: float, seed: int
) -> tuple[list[Sample], dict[str, int], list[str]]:
    """Load the server and watch it; return the samples, the codes, and what is wrong after the load."""
    samples: list[Sample] = []
    is_over = threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(server, samples, max(seconds / _SAMPLES, _LEAST_INTERVAL_S), is_over)
    )
    watcher.start()
    try:
        codes = callers.call_for(seconds, MixedLoad.run, server.address, server.http_address, seconds, seed)
    finally:
        is_over.set()
        watcher.join()
    time.sleep(_QUIET_S)  # cancelled work leaves the engine after its next step
    problems = [f"{name} is {value:g} when idle" for name in _IDLE_GAUGES if (value := server.metric(name))]
    problems += [f"{count} calls ended with {code}" for code, count in codes.items() if code not in EXPECTED_CODES]
    return samples, codes, problems


def _watch(server: ServerProcess, samples: list[Sample], interval_s: float, is_over: threading.Event) -> None:
    started_at = time.monotonic()
    while server.is_running:
        samples.append(Sample(time.monotonic() - started_at, **asdict(server.footprint())))
        if is_over.wait(interval_s):
            return


if __name__ == "__main__":
    main()
