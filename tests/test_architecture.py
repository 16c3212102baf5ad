"""The house rules that a program can check: who imports whom, how large modules are, what documents repeat."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.update_tables import tables

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path
    for directory in (ROOT / "service" / "talmach", ROOT / "benchmarks")
    for path in directory.rglob("*.py")
    if "pb" not in path.relative_to(ROOT).parts
)


def test_imports_go_downwards_only() -> None:
    """The import contracts of pyproject.toml hold; `lint-imports` prints which chain breaks one."""
    # In a process of its own: it configures logging for the whole process, and switches off every logger that exists.
    program = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small(module: Path) -> None:
    """Nobody has to read more than 300 lines to know a module."""
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize(("document", "name", "table"), tables(), ids=lambda value: value[:20])
def test_documents_hold_the_current_tables(document: str, name: str, table: str) -> None:
    """The tables in the documents are those of the code and the manifest; `update_tables.py` pastes them in."""
    text = (ROOT / document).read_text(encoding="utf-8")
    assert text.partition(f"<!-- {name}:begin -->")[2].partition(f"<!-- {name}:end -->")[0].strip() == table


def test_the_readme_is_short() -> None:
    """A newcomer reads it whole."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if not line.startswith("<!--")]) <= 150
