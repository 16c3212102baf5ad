"""Pastes the current tables of settings and models into the README: `python tests/update_readme.py`."""

import re
from pathlib import Path

from talmach.catalog import manifest
from talmach.catalog.table import models_table
from talmach.config import settings_table

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Replace what stands between the markers."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    for name, table in (("settings", settings_table()), ("models", models_table(manifest.load(ROOT / "models")))):
        pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
        text = re.sub(pattern, lambda match, table=table: f"{match[1]}\n{table}\n\n{match[2]}", text, flags=re.DOTALL)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
