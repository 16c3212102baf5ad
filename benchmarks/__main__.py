"""`python -m benchmarks`: everything once per round, medians, one table, and JSON beside it."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.articles import ROOT
from benchmarks.latency import Latency
from benchmarks.records import Records
from benchmarks.sections import Section, Shared
from benchmarks.serving import Serving
from benchmarks.table import table
from talmach.catalog import manifest


def _offline(shared: Shared) -> Section:
    from benchmarks.offline import Offline  # noqa: PLC0415 - loads PyTorch: the other sections do without

    return Offline(shared)


def _peers(shared: Shared) -> Section:
    from benchmarks.peers import Peers  # noqa: PLC0415 - the same

    return Peers(shared)


SECTIONS: Mapping[str, Callable[[Shared], Section]] = {
    "offline": _offline,
    "serving": Serving,
    "latency": Latency,
    "peers": _peers,
}
_MODELS = ROOT / "models"
RESULT = _MODELS / "results" / "benchmark.json"
SOAK_RESULT = _MODELS / "results" / "soak.json"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a section to run; may be repeated")
    parser.add_argument("--output", type=Path, default=RESULT, help="JSON file to write")
    arguments = parser.parse_args()
    result = run(arguments.only or list(SECTIONS), arguments.rounds)
    arguments.output.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(table(result))


def run(names: list[str], rounds: int) -> dict[str, Any]:
    """Measure sections in turn, round after round, and return the result as it is written."""
    spec = next(each for each in manifest.load(_MODELS).models if each.kind == "translation")
    facts, started_at = machine.describe(spec, _MODELS), time.monotonic()
    records = Records()
    with ExitStack() as stack:
        shared = Shared(spec, _MODELS, stack, records)
        sections = {}
        for name in names:
            _say(f"loading {name}")
            sections[name] = SECTIONS[name](shared)
        for number in range(1, rounds + 1):
            for name, section in sections.items():
                _say(f"round {number} of {rounds}: {name}")
                section.measure()
        items = shared.fixed.items
        if "serving" in names:
            records.add("memory", "server at the end", shared.server().footprint().rss_mib, "MiB", "idle, calls done")
    _add_soak(records)
    conditions = {
        "rounds": rounds,
        "minutes": round((time.monotonic() - started_at) / 60, 1),
        "sentences": len(items),
        "tokens": sum(item.tokens for item in items),
    }
    rows = [row.to_dict() for row in records.rows()]
    return {"machine": facts, "conditions": conditions, "bars": records.bars(), "rows": rows}


def _add_soak(records: Records) -> None:
    """Add the memory after the last long soak to the table, if there was one."""
    if SOAK_RESULT.exists():
        soak = json.loads(SOAK_RESULT.read_text(encoding="utf-8"))
        last = soak["last"]
        load = f"RSS after {soak['minutes']:g} minutes of mixed load ({soak['calls']} calls), {soak['verdict']}"
        note = f"{load}; at most {last['peak_rss_mib']:.0f} in between"
        records.add("memory", "server after the soak", last["rss_mib"], "MiB", note)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
