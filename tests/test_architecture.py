"""The house rules that a program can check: who imports whom, how large a module is, what the README repeats."""

import subprocess
import sys
from pathlib import Path

import pytest

from talmach.catalog import manifest
from talmach.catalog.table import models_table
from talmach.config import settings_table

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for path in (ROOT / "service" / "talmach").rglob("*.py") if path.relative_to(ROOT).parts[2] != "pb"
)


def test_imports_go_downwards_only() -> None:
    """The import contracts of pyproject.toml hold; `lint-imports` prints which chain breaks one."""
    # In a process of its own: it configures logging for the whole process, and switches off every logger that exists.
    program = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT / "service")))
def test_modules_stay_small(module: Path) -> None:
    """Nobody has to read more than 300 lines to know a module."""
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize(
    ("name", "table"),
    [("settings", settings_table()), ("models", models_table(manifest.load(ROOT / "models")))],
    ids=["settings", "models"],
)
def test_the_readme_holds_the_current_tables(name: str, table: str) -> None:
    """The tables in the README are those of the code and the manifest; `tests/update_readme.py` pastes them in."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.partition(f"<!-- {name}:begin -->")[2].partition(f"<!-- {name}:end -->")[0].strip() == table


def test_the_readme_is_short() -> None:
    """A newcomer reads it whole."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
