"""From values by round to the table."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.articles import LONG_SENTENCES, all_items, long_story
from benchmarks.records import BARS, Records, percentile
from benchmarks.table import NOT_RUN, read_table, table

MACHINE = dict.fromkeys(
    ("processor", "cores", "int8_instructions", "memory_gib", "load_before", "system", "python", "model"), "x"
)
CONDITIONS = {"rounds": 3, "minutes": 1.5, "sentences": 10, "tokens": 200}


def result(records: Records) -> dict[str, Any]:
    """Return a result as it is written."""
    machine = {**MACHINE, "architecture": "x", "model_sha256": "x", "versions": {"talmach": "1"}, "beam": 1}
    rows = [row.to_dict() for row in records.rows()]
    return {
        "machine": {**machine, "precision": "int8"},
        "conditions": CONDITIONS,
        "bars": records.bars(),
        "rows": rows,
    }


def test_a_row_has_its_median_and_its_range() -> None:
    """The values of the rounds stay in the order of the rounds."""
    records = Records()
    for value in (30.0, 1_000.0, 20.0):
        records.add("offline", "engine, 2 workers", value, "tokens/s", "why")
    (row,) = records.rows()
    assert row.to_dict()["values"] == [30.0, 1_000.0, 20.0]
    assert "| engine, 2 workers | 30.0 | 20.0 | 1,000 | tokens/s | why |" in table(result(records))


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("64 callers / without batching", 2.0, "| ≥ 2.00 | 2.00 | held |"),
        ("64 callers / without batching", 1.5, "| ≥ 2.00 | 1.50 | short by 0.50 |"),
        ("a lone caller over the bare engine", 4.0, "| ≤ 5.00 | 4.00 | held |"),
        ("a lone caller over the bare engine", 15.0, "| ≤ 5.00 | 15.0 | short by 10.0 |"),
    ],
)
def test_a_bar_is_held_or_short(name: str, value: float, verdict: str) -> None:
    """A bar is judged by the median, from below or from above."""
    records = Records()
    records.add("serving", name, value, "x")
    assert verdict in table(result(records))


def test_callers_have_their_latencies_beside_them() -> None:
    """One line for each number of callers; the rest of the section keeps lines of its own."""
    records = Records()
    records.add("serving", "8 callers", 900.0, "tokens/s", "why")
    for number, suffix in enumerate(("p50", "p95", "p99", "batch fill"), 1):
        records.add("serving", f"8 callers, {suffix}", float(number), "ms")
    records.add("serving", "8 callers, all sentences", 700.0, "tokens/s")
    shown = table(result(records))
    assert "| 8 callers | 900 | 900 | 900 | 1.00 | 2.00 | 3.00 | 4.00 | why |" in shown
    assert "| 8 callers, all sentences | 700 | 700 | 700 | tokens/s |  |" in shown
    assert "p50 |" not in shown


def test_bars_without_a_measurement_are_left_out() -> None:
    """With --only, nothing is claimed of the other sections."""
    records = Records()
    records.add(BARS[0].section, BARS[0].name, 3.0, "x")
    assert len(result(records)["bars"]) == 1


def test_without_a_result_the_document_says_so(tmp_path: Path) -> None:
    """The table is not made up."""
    assert read_table(tmp_path / "missing.json") == NOT_RUN


def test_percentiles_are_values_that_were_measured() -> None:
    """Nearest rank."""
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [51.0, 96.0, 100.0, 100.0]


def test_the_fixed_set_has_every_direction() -> None:
    """Two stories for each direction, every sentence once."""
    items = all_items()
    assert len({(item.source, item.target) for item in items}) == 6
    assert len(set(items)) == len(items) > 150


@pytest.mark.parametrize("language", ["be", "en", "ru"])
def test_the_long_article_is_as_long_as_the_bar_says(language: str) -> None:
    """40 sentences, none twice: a sentence that occurs twice is translated once."""
    sentences = long_story(language).sentences
    assert len(set(sentences)) == len(sentences) == LONG_SENTENCES
