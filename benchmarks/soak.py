"""`python -m benchmarks.soak`: mixed load for minutes; exit status 1 when the server grows, fails or keeps work.

The load comes in rounds of a minute. After each of them nothing may be at work any more, and the server's memory is
taken then: under load it says what the texts of that moment are. It grows when the slope of a straight line (least
squares) through what was taken after the warm-up, times the time, is more than `--allowed-mib` and more than three
standard errors. Open files are judged by their number after the load, and the calls by their status codes.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mixed_load import EXPECTED_CODES, MixedLoad
from benchmarks.process import Participant
from benchmarks.server import Footprint, ServerProcess, free_address

_ROUND_S = 60.0
_FEWEST_ROUNDS = 5
_WARM_UP = 1 / 3  # of the time: by then models, every thread's arenas and the largest batch are in memory
_CERTAIN = 3.0  # standard errors
_STRAY_FDS = 4
_QUIET_S = 1.0  # cancelled work leaves the engine after its next step
_PATIENCE_S = 30.0  # with a machine that is busy; what leaks is there for ever
_TIDIED_S = 11.0  # by then the server has given free memory back
_SEEDS = 100  # of one round
_IDLE_GAUGES = ("talmach_rpc_in_flight", "talmach_queue_sentences", "talmach_queue_tokens")


@dataclass(frozen=True, slots=True)
class Sample:
    """The server's footprint after a round, at a time since the start of the load."""

    seconds: float
    rss_mib: float
    peak_rss_mib: float
    threads: int
    fds: int


@dataclass(frozen=True, slots=True)
class Slope:
    """How memory changed over the time looked at."""

    mib_per_hour: float
    error_mib_per_hour: float
    growth_mib: float  # slope times the time

    @classmethod
    def of(cls, samples: Sequence[tuple[float, float]]) -> "Slope":
        """Fit a straight line through at least three samples: seconds and MiB."""
        hours, rss = np.array(samples).T / np.array([[3_600], [1]])
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
        return Slope.of([(sample.seconds, sample.rss_mib) for sample in self.samples if sample.seconds >= begin])

    def show(self, verdict: str) -> None:
        """Print it."""
        print("seconds  RSS MiB  peak MiB  threads  files")
        for each in self.samples:
            print(f"{each.seconds:7.0f}  {each.rss_mib:7.1f}  {each.peak_rss_mib:8.1f}  {each.threads:7}  {each.fds:5}")
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
        before = server.footprint()
        samples, codes, problems = _soak(server, callers, arguments.minutes * 60, arguments.seed)
        after = _files_closed(server, before.fds + _STRAY_FDS)
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
) -> tuple[list[Sample], Counter[str], list[str]]:
    """Load the server and watch it; return the samples, the codes, and what is wrong after the load."""
    samples: list[Sample] = []
    codes: Counter[str] = Counter()
    problems: list[str] = []
    rounds, started_at = max(round(seconds / _ROUND_S), _FEWEST_ROUNDS), time.monotonic()
    run_s = seconds / rounds
    quiet_s = max(_QUIET_S, min(_TIDIED_S, run_s / 4))  # of a short run nobody asks whether it grew
    for number in range(rounds):
        seeds = seed + _SEEDS * number
        codes += callers.call_for(run_s, MixedLoad.run, server.address, server.http_address, run_s, seeds)
        time.sleep(quiet_s)
        problems += [f"{name} is {value:g} after round {number + 1}" for name, value in _left(server).items()]
        samples.append(Sample(time.monotonic() - started_at, **asdict(server.footprint())))
    problems += [f"{count} calls ended with {code}" for code, count in codes.items() if code not in EXPECTED_CODES]
    return samples, codes, problems


def _left(server: ServerProcess) -> dict[str, float]:
    """Return the gauges of what is still at work, by their names."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        left = {name: value for name in _IDLE_GAUGES if (value := server.metric(name))}
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.1)


def _files_closed(server: ServerProcess, most: int) -> Footprint:
    """Return the server's footprint once no more files are open than `most`, or when they stay so."""
    end = time.monotonic() + _PATIENCE_S
    while (found := server.footprint()).fds > most and time.monotonic() < end:
        time.sleep(0.1)
    return found


if __name__ == "__main__":
    main()
