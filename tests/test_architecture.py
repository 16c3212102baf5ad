"""The house rules that a program can check: who imports whom, how large a module is, what the README repeats."""

from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from talmach.config import settings_table

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for path in (ROOT / "service" / "talmach").rglob("*.py") if path.relative_to(ROOT).parts[2] != "pb"
)


def test_imports_go_downwards_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import contracts of pyproject.toml hold; `lint-imports` prints which chain breaks one."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True, no_logo=True) == 0


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT / "service")))
def test_modules_stay_small(module: Path) -> None:
    """Nobody has to read more than 300 lines to know a module."""
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 300


def test_the_readme_holds_the_current_settings() -> None:
    """The table in the README is `settings_table()`; paste its output between the markers when this fails."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("<!-- settings:begin -->")[2].partition("<!-- settings:end -->")[0]
    assert table.strip() == settings_table()
