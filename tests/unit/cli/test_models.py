"""The commands that look after models, among models of which one is wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.own_models import describe
from tests.unit.cli.test_program import run

Talmach = Callable[..., tuple[object, str, str]]


@pytest.fixture(name="models")
def _models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the user's models directory."""
    models = tmp_path / "models"
    models.mkdir()
    monkeypatch.setenv("TALMACH_MODELS_DIR", str(models))
    return models


@pytest.fixture(name="talmach")
def _talmach(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talmach:
    """Run `talmach models ARGUMENTS`: exit status, standard output, standard error."""

    def talmach(*arguments: str) -> tuple[object, str, str]:
        status = run(monkeypatch, "models", *arguments)
        return status, *capsys.readouterr()

    return talmach


@pytest.fixture(name="wrong")
def _wrong(models: Path) -> str:
    """Install a model, and one whose manifest is wrong; return what is said of it."""
    describe(models, "right", "ru-en")
    describe(models, "wrong", "ru-en")
    manifest = models / "wrong" / "manifest.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("licence", "license"), encoding="utf-8")
    return f"{manifest}: model[0].licence: Field required; model[0].license: Extra inputs are not permitted"


def test_a_wrong_manifest_is_told_beside_the_others(talmach: Talmach, wrong: str) -> None:
    """List, prefer and verify; it is not a model that could be preferred."""
    status, out, err = talmach("list")
    assert (status, err) == (0, f"talmach: {wrong}\n")
    assert "ru-en: right > talmach-translation\n" in out
    assert talmach("available")[::2] == (0, "")
    assert talmach("use", "right") == (0, "ru-en: right > talmach-translation\n", f"talmach: {wrong}\n")
    status, _, err = talmach("use", "wrong")
    assert (status, err.splitlines()[0]) == (2, f"talmach: {wrong}")
    assert err.splitlines()[1].startswith("talmach: wrong: is not here (models: right, talmach-translation, ")
    status, out, err = talmach("verify")
    assert (status, err) == (1, "")
    assert out.splitlines()[0] == wrong
    assert "talmach-encoder: ok" in out.splitlines()
    problems = {each["problem"] for each in json.loads(talmach("verify", "--json")[1]) if not each["ok"]}
    assert wrong in problems


def test_what_is_no_usable_model_is_removed_by_its_directory(talmach: Talmach, wrong: str, models: Path) -> None:
    """A wrong manifest, and one of two that have the same id; never anything that is not a model."""
    shutil.copytree(models / "right", models / "right-old")
    (models / "notes").mkdir()
    (models / ".right+x").mkdir()
    assert talmach("remove", "wrong") == (0, "wrong: removed\n", "")
    assert talmach("remove", "right-old") == (0, "right-old: removed\n", "")
    for name in ("notes", ".right+x", "../models", "."):
        assert talmach("remove", name)[0] == 2
    assert sorted(path.name for path in models.iterdir()) == [".right+x", "notes", "right"]
    assert talmach("list")[::2] == (0, "")
    assert talmach("remove", "right") == (0, "right: removed\n", "")


def test_what_comes_with_talmach_is_not_removed(talmach: Talmach, models: Path) -> None:
    """Under none of its names, whether or not there is a directory of models."""
    for _ in range(2):
        for name in ("embedded", "talmach-encoder"):
            status, _, err = talmach("remove", name)
            assert (status, err.partition("; ")[0]) == (2, f"talmach: {name}: comes with talmach and cannot be removed")
        shutil.rmtree(models, ignore_errors=True)


def test_a_models_directory_that_is_not_there_is_empty(talmach: Talmach, models: Path) -> None:
    """Before the first pull; a server would refuse it, and so the list says so."""
    models.rmdir()
    assert talmach("available")[::2] == (0, "")
    status, out, err = talmach("list")
    assert (status, out.splitlines()[0].partition(" ")[0]) == (0, "talmach-translation")
    said = f"talmach: {models}: cannot be read (No such file or directory); set TALMACH_MODELS_DIR to another directory"
    assert err == f"{said}, or leave it empty\n"
    assert talmach("verify")[0] == 1
