"""The commands that look after models, among models of which one is wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from talmach.cli.wanted import wanted
from tests.own_models import describe
from tests.unit.cli.test_program import run

NOTHING: dict[str, Any] = {
    "model_id": None,
    "directions": "",
    "licence": None,
    "accepts_licence": False,
    "revision": None,
    "quantization": None,
}
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


def test_what_is_preferred_is_told_of_encoders_too(talmach: Talmach, models: Path) -> None:
    """Of what a name stands for; for some directions no encoder is preferred."""
    describe(models, "own", "ru-en")
    assert talmach("use", "talmach-encoder") == (0, "encoder: talmach-encoder\n", "")
    assert talmach("use", "embedded")[1].splitlines()[-2:] == [
        "ru-en: talmach-translation > own",
        "encoder: talmach-encoder",
    ]
    assert talmach("use", "embedded", "--directions", "ru-en")[1] == "ru-en: talmach-translation > own\n"


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


def test_of_a_link_only_the_link_is_removed(talmach: Talmach, models: Path) -> None:
    """What it leads to may be somebody else's; one that leads nowhere goes as well."""
    describe(models.parent, "elsewhere", "ru-en")
    (models / "linked").symlink_to(models.parent / "elsewhere")
    (models / "gone").symlink_to(models.parent / "an unmounted volume")
    assert talmach("remove", "elsewhere") == (0, "elsewhere: removed\n", "")
    assert talmach("remove", "gone") == (0, "gone: removed\n", "")
    assert list(models.iterdir()) == []
    assert (models.parent / "elsewhere" / "manifest.toml").exists()


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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("gpt",), "gpt: is neither a directory nor a public model (opus-mt, "),
        (("opus-mt-ru-en", "--id", "own"), "--id: opus-mt-ru-en is a public model; ./opus-mt-ru-en would name a"),
        (
            ("opus-mt", "--directions", "ru-en", "--licence", "MIT"),
            "--directions, --licence: opus-mt is a public model; ./opus-mt would name a directory\n",
        ),
        (("opus-mt", "--quantization", "int4"), "--quantization: 'int4' is not one of int8, int8_float16, float16, "),
        (("opus-mt", "--directions", "ruen"), "--directions: 'ruen' is not of the form ru-en\n"),
        (("./opus-mt-ru-en",), "--id: your own checkpoint needs a name\n"),
        (("./opus-mt-ru-en", "--id", "A B"), "--id: small Latin letters, digits, dots and hyphens only\n"),
        (("./opus-mt-ru-en", "--id", "embedded"), "--id: embedded is the name of all models that come with talmach\n"),
        (("./opus-mt-ru-en", "--id", "own", "--revision", "1"), "--revision: ./opus-mt-ru-en is a directory, which "),
        (("./opus-mt-ru-en", "--id", "own", "--directions", "ru-ru"), "--directions: 'ru-ru' is not of the form ru-en"),
        (
            ("converted", "--id", "own", "--directions", "ru-en", "--quantization", "int8"),
            "--directions, --quantization: converted holds a converted model, whose manifest says that\n",
        ),
    ],
)
def test_options_that_do_not_go_with_a_name_are_refused(
    talmach: Talmach, models: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    """Before any work, and none is ignored."""
    monkeypatch.chdir(models.parent)
    Path("opus-mt-ru-en").mkdir()
    Path("converted").mkdir()
    Path("converted/model.bin").touch()
    status, out, err = talmach("pull", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"talmach: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["opus-mt-ru-en", "opus-mt-base"])
def test_a_directory_never_stands_in_for_a_public_model(
    models: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Neither one that is called as the model, nor one called as its repository."""
    monkeypatch.chdir(models.parent)
    for directory in ("opus-mt-ru-en", "Helsinki-NLP/opus-mt-ru-en"):
        Path(directory).mkdir(parents=True)
    first, *_ = wanted(name, **NOTHING)
    assert first.source == "Helsinki-NLP/opus-mt-ru-en"
    (own,) = wanted("./opus-mt-ru-en", **{**NOTHING, "model_id": "own", "directions": "ru-en, en-ru,ru-en"})
    assert (own.source, own.directions) == (Path("opus-mt-ru-en"), ("ru-en", "en-ru"))
