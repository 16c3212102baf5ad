"""The tables in tests/data/cases: tab-separated rows; `#` marks comments, `~` known failures."""

from pathlib import Path

import pytest

_DIRECTORY = Path(__file__).parent / "data" / "cases"


def rows(name: str) -> list[list[str]]:
    """Return the columns of every row; a known failure has its mark."""
    lines = (_DIRECTORY / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def parameters(name: str) -> list[object]:
    """Return the rows as parameters of a test; one that is known to fail must fail."""
    return [
        pytest.param(row[0].removeprefix("~"), *row[1:], marks=[pytest.mark.xfail] if row[0].startswith("~") else [])
        for row in rows(name)
    ]
