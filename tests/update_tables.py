"""Pastes the current tables into the documents: `python tests/update_tables.py`."""

import re
import sys
from pathlib import Path

from talmach.catalog import manifest
from talmach.catalog.table import models_table
from talmach.config import settings_table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # a script finds what lies beside it, and the benchmark lies beside its folder
from benchmarks.table import read_table  # noqa: E402


def tables() -> list[tuple[str, str, str]]:
    """Return document, marker and content of every table."""
    return [
        ("README.md", "models", models_table(manifest.load(ROOT / "models"))),
        ("docs/operations.md", "settings", settings_table()),
        ("docs/benchmarks.md", "benchmark", read_table(ROOT / "models" / "results" / "benchmark.json")),
    ]


def main() -> None:
    """Replace what stands between the markers."""
    for document, name, table in tables():
        path = ROOT / document
        pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
        text = path.read_text(encoding="utf-8")
        text = re.sub(pattern, lambda match, table=table: f"{match[1]}\n{table}\n\n{match[2]}", text, flags=re.DOTALL)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
