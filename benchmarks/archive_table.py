"""The Markdown table of `benchmarks.archive`, made of its JSON; also pasted into docs/archives.md."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NOT_RUN = "Not run yet: `python -m benchmarks.archive speed` and `memory`."
_BATCHES = {
    "server": "batches as a server makes them (90 % wanted)",
    "archive": "batches as an archive gets them",
}
_IDLE_LOAD = 1.0  # beyond, others have what the clock counts
_MILLION = 1_000_000


def table(result: Mapping[str, Any]) -> str:
    """Return what was measured as a Markdown table, under the machine that it was measured on."""
    on = result["machine"]
    lines = ["| | measured | |", "|---|---:|---|"]
    for part, show in {"speed": _speed_lines, "memory": _memory_lines}.items():
        missing = [_line(part, "not run yet", f"`python -m benchmarks.archive {part}`")]
        lines += show(result[part]) if part in result else missing
    machine = f"- {on['processor']}, {on['cores']} cores, int8 by {on['int8_instructions']}"
    model = f"- {on['model']}; `model.bin` sha256 `{on['model_sha256']}`"
    return "\n".join([machine, model, "", *lines])


def read_table(path: Path) -> str:
    """Return the table of a result in a file, or that there is none yet."""
    return table(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else NOT_RUN


def _speed_lines(speed: Mapping[str, Any]) -> Iterator[str]:
    articles, size = speed["articles"], f"{speed['sentences'] / speed['articles']:.0f} sentences"
    if speed["load_before"] > _IDLE_LOAD:
        note = f"load {speed['load_before']:.1f}, so what follows is processor time and no clock"
        yield _line("the machine was busy", "", note)
    else:
        yield from _clock_lines(speed)
    hours = speed["cpu_s"] * _MILLION / 1_000 / 3_600
    note = f"measured on {articles:,} articles of {size}, {speed['characters'] / articles:,.0f} characters; greedy"
    yield _line("a million articles, processor time", f"{hours:,.0f} hours of a core", note)
    for batches, note in _BATCHES.items():
        share = 100 * speed["bare_cpu_s"][batches] / speed["cpu_s"]
        yield _line("the bare engine's processor time in it", f"{share:.0f} %", f"{note}; the rest includes Ray's")


def _clock_lines(speed: Mapping[str, Any]) -> Iterator[str]:
    articles, seconds = speed["articles"], speed["seconds"]
    rate, hours = articles / seconds, seconds / articles * _MILLION / 3_600
    for batches, note in _BATCHES.items():
        bare = speed["bare_a_second"][batches]
        yield _line("bare engine", f"{bare:.2f} articles/s", f"{note}; {speed['bare_articles']:,} articles")
        yield _line("`talmach bulk` in per cent of that", f"{100 * rate / bare:.0f} %", "")
    yield _line(
        "`talmach bulk`", f"{rate:.2f} articles/s", f"{articles:,} articles in {seconds:,.0f} s, start included"
    )
    yield _line("a million articles", f"{hours:,.0f} hours", f"on the {speed['cores']} cores of this machine")


def _memory_lines(memory: Mapping[str, Any]) -> Iterator[str]:
    verdict = "steady" if memory["steady"] else "grows"
    growth = f"{memory['growth_mib']:+.0f} ± {memory['error_mib']:.0f} MiB"
    note = f"{verdict}; after the first third of {memory['seconds']:,.0f} s"
    yield _line(f"growth over {memory['rows']:,} rows", growth, note)
    note = f"all processes, Ray's own included; the largest at the end {memory['actor_mib']:,.0f} MiB"
    yield _line("most memory", f"{memory['most_mib']:,.0f} MiB", note)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
