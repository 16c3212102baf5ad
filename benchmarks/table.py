"""The Markdown table of a benchmark, made of its JSON; also pasted into docs/benchmarks.md."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_TITLES = {
    "offline": "Offline",
    "serving": "Through gRPC",
    "latency": "Whole articles, one call at a time",
    "peers": "Peers on the same weights",
    "memory": "Memory",
}
_DECIMALS_FROM = ((100, 0), (10, 1), (0, 2))
# Rows of one number of callers, shown beside its throughput instead of each in a line of its own.
_OF_CALLERS = (", p50", ", p95", ", p99", ", batch fill")
NOT_RUN = "Not run yet: `python -m benchmarks`."


def table(result: Mapping[str, Any]) -> str:
    """Return conditions, bars and all rows."""
    parts = [_conditions(result), _bars(result["bars"])]
    for name in dict.fromkeys(row["section"] for row in result["rows"]):
        rows = {row["name"]: row for row in result["rows"] if row["section"] == name}
        if callers := [row for row in rows.values() if row["name"] + _OF_CALLERS[0] in rows]:
            parts.append(_callers(callers, rows))
        shown = {row["name"] + suffix for row in callers for suffix in ("", *_OF_CALLERS)}
        if others := [row for row in rows.values() if row["name"] not in shown]:
            parts.append(_section(name, others))
    return "\n\n".join(parts)


def read_table(path: Path) -> str:
    """Return the table of a result in a file, or that there is none yet."""
    return table(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else NOT_RUN


def _conditions(result: Mapping[str, Any]) -> str:
    machine, conditions = result["machine"], result["conditions"]
    hardware = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB"
    system = f"{machine['system']}, Python {machine['python']}, load before the run {machine['load_before']}"
    model = f"{machine['model']}: {machine['architecture']}; `model.bin` sha256 `{machine['model_sha256']}`"
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    work = f"{conditions['sentences']} sentences, {conditions['tokens']} target tokens"
    lines = (
        f"{hardware}, int8 by {machine['int8_instructions']}; {system}",
        model,
        f"beam {machine['beam']} unless a row says another; {machine['precision']}",
        versions,
        f"{conditions['rounds']} rounds in {conditions['minutes']} minutes, everything once a round; {work}",
    )
    return "\n".join(f"- {line}" for line in lines)


def _bars(bars: Iterable[Mapping[str, Any]]) -> str:
    lines = ["| bar | wanted | measured | |", "|---|---:|---:|---|"]
    for bar in bars:
        sign = "≥" if bar["at_least"] else "≤"
        verdict = "held" if bar["held"] else f"short by {_number(bar['short_by'])}"
        wanted, measured = f"{sign} {_number(bar['bound'])}", _number(bar["median"])
        lines.append(f"| {bar['section']}: {bar['name']} | {wanted} | {measured} | {verdict} |")
    return "\n".join(lines)


def _callers(callers: Iterable[Mapping[str, Any]], rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return medians of latencies (ms) and batch fill (sentences) beside the throughput (tokens/s)."""
    head = "| callers | tokens/s | min | max | p50 ms | p95 ms | p99 ms | batch fill | |"
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|---:|---|"]
    for row in callers:
        numbers = [row[key] for key in ("median", "min", "max")]
        numbers += [rows[row["name"] + suffix]["median"] for suffix in _OF_CALLERS]
        lines.append(f"| {row['name']} | {' | '.join(map(_number, numbers))} | {row['note']} |")
    return "\n".join(lines)


def _section(name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    lines = [f"| {_TITLES[name]} | median | min | max | unit | |", "|---|---:|---:|---:|---|---|"]
    for row in rows:
        numbers = " | ".join(_number(row[key]) for key in ("median", "min", "max"))
        lines.append(f"| {row['name']} | {numbers} | {row['unit']} | {row['note']} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    decimals = next(decimals for least, decimals in _DECIMALS_FROM if abs(value) >= least)
    return f"{value:,.{decimals}f}"
