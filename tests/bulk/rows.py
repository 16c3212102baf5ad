"""Archives for the tests: made-up news in many lengths, and what comes of them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_TOWNS = ("Ольшаны", "Дубровка", "Речица", "Каменка", "Березино")
_THINGS = ("школу", "библиотеку", "больницу", "станцию", "пекарню", "почту", "ратушу")


def news(number: int) -> Row:
    """Return an article that no other number has, of two to six sentences."""
    town, thing = _TOWNS[number % 5], _THINGS[number % 7]
    told = [f"Город открыл новую {thing}, говорит мэр.", f"Работы шли {number + 2} дней.", "Жители довольны."]
    return {
        "id": f"n{number}",
        "headline": f"{town}: открыли {thing} № {number}",
        "lead": None,
        "body": " ".join(told[: number % 4]) or "Вчера шёл дождь.",
        "tags": ["город", thing],
        "rank": number / 2,
    }


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return path


def read_jsonl(output: Path) -> list[Row]:
    """Return the rows of all parts, in the order of their names; fails at what is Python's JSON alone."""
    parts = sorted(output.glob("part-*.jsonl"))
    lines = [line for part in parts for line in part.read_text(encoding="utf-8").split("\n") if line]
    return [json.loads(line, parse_constant=_refuse) for line in lines]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def done(row: Mapping[str, Any]) -> Row:
    """Return the columns that a row gets, as small as they can be."""
    return {
        "translation": {"headline": str(row["id"]), "lead": "", "body": "", "language": "en", "source_language": "ru"},
        "summary": None,
        "flags": ["LENGTH_RATIO"],
        "segments": [],
        "models": ["m 1"],
        "error": None,
    }
