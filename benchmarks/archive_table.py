"""The Markdown table of `benchmarks.archive`, made of its JSON; also pasted into docs/archives.md."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NOT_RUN = "Not run yet: `python -m benchmarks.archive speed` and `memory`."
_BAR = 90  # per cent
_MILLION = 1_000_000


def table(result: Mapping[str, Any]) -> str:
    """Return what was measured as a Markdown table, under the machine that it was measured on."""
    on = result["machine"]
    lines = ["| | measured | |", "|---|---:|---|"]
    if "speed" in result:
        lines += _speed_lines(result["speed"])
    if "memory" in result:
        lines += _memory_lines(result["memory"])
    machine = f"- {on['processor']}, {on['cores']} cores, int8 by {on['int8_instructions']}"
    model = f"- {on['model']}; `model.bin` sha256 `{on['model_sha256']}`"
    return "\n".join([machine, model, "", *lines])


def read_table(path: Path) -> str:
    """Return the table of a result in a file, or that there is none yet."""
    return table(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else NOT_RUN


def _speed_lines(speed: Mapping[str, Any]) -> Iterator[str]:
    articles, seconds, bare = speed["articles"], speed["seconds"], speed["bare_a_second"]
    rate, hours = articles / seconds, seconds / articles * _MILLION / 3_600
    size = f"{speed['sentences'] / articles:.0f} sentences, {speed['characters'] / articles:,.0f} characters"
    note = f"greedy, {speed['bare_articles']:,} articles of {size}"
    yield _line("bare engine, batches as a server makes them", f"{bare['server']:.2f} articles/s", note)
    yield _line("bare engine, batches as an archive gets them", f"{bare['archive']:.2f} articles/s", "the same")
    note = f"{articles:,} of them in {seconds:,.0f} s, start included; load before {speed['load_before']:.1f}"
    yield _line("`talmach bulk`", f"{rate:.2f} articles/s", note)
    for batches, note in {"server": f"{_BAR} wanted", "archive": "with the same batches"}.items():
        yield _line("of the bare engine", f"{100 * rate / bare[batches]:.0f} %", note)
        share = 100 * speed["bare_cpu_s"][batches] / speed["cpu_s"]
        yield _line("of it by processor time", f"{share:.0f} %", "Ray's own included; the clock of a busy machine lies")
    note = f"{hours * speed['cores']:,.0f} hours of a core; greedy, no summary, nothing repeated"
    yield _line("a million such articles", f"{hours:,.0f} hours", note)


def _memory_lines(memory: Mapping[str, Any]) -> Iterator[str]:
    verdict = "steady" if memory["steady"] else "grows"
    growth = f"{memory['growth_mib']:+.0f} ± {memory['error_mib']:.0f} MiB"
    note = f"{verdict}; after the first third of {memory['seconds']:,.0f} s"
    yield _line(f"growth over {memory['rows']:,} rows", growth, note)
    note = f"all processes, Ray's own included; the largest at the end {memory['actor_mib']:,.0f} MiB"
    yield _line("most memory", f"{memory['most_mib']:,.0f} MiB", note)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
