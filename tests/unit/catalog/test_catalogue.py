"""The user's models beside those that come with talmach: order, preferences, mistakes."""

import shutil
from pathlib import Path

import pytest

from talmach.catalog import default_models_dir, public
from talmach.catalog.catalogue import EMBEDDED, PREFERENCES, open_catalogue, prefer, survey
from talmach.errors import ModelNotFound, ModelUnusable
from tests.own_models import describe as add


def ids(models_dir: Path, direction: str | None = None) -> list[str]:
    """Return the models by preference."""
    return [each.spec.id for each in open_catalogue(models_dir).ordered(direction)]


def test_pulled_models_stand_in_front_of_the_embedded_ones(tmp_path: Path) -> None:
    """Each in a directory of its own; of a direction only those that translate it."""
    add(tmp_path, "second", "ru-en")
    add(tmp_path, "first", "be-en ru-en")
    assert ids(tmp_path) == ["first", "second", "talmach-translation", "talmach-encoder"]
    assert ids(tmp_path, "ru-en") == ["first", "second", "talmach-translation"]
    assert ids(tmp_path, "en-be") == ["talmach-translation"]
    assert open_catalogue(tmp_path).entries[0].root == tmp_path / "first"


def test_without_pulled_models_there_are_the_embedded_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty directory, and in the user's own before it exists."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert ids(tmp_path) == ["talmach-translation", "talmach-encoder"]
    assert [each.spec.id for each in open_catalogue(None).entries] == ["talmach-translation", "talmach-encoder"]


def test_a_directory_with_a_manifest_is_all_there_is(tmp_path: Path) -> None:
    """Nothing is added to what it lists."""
    add(tmp_path, "only", "ru-en")
    assert [each.spec.id for each in open_catalogue(tmp_path / "only").entries] == ["only"]


def test_a_directory_that_is_none_is_an_error(tmp_path: Path) -> None:
    """A misspelled setting does not silently serve something else; what comes with talmach is there all the same."""
    (tmp_path / "file").touch()
    for directory in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(ModelUnusable, match=rf"^{directory}: cannot be read \(No.*\); set TALMACH_MODELS_DIR"):
            open_catalogue(directory)
        assert [each.spec.id for each in survey(directory).entries] == ["talmach-translation", "talmach-encoder"]


def test_preferences_change_the_order(tmp_path: Path) -> None:
    """By id, by set or all embedded ones; of one direction, and then of all."""
    add(tmp_path, "a", "ru-en be-en", "pair")
    add(tmp_path, "b", "ru-en")
    prefer(tmp_path, [EMBEDDED])
    assert ids(tmp_path, "ru-en") == ["talmach-translation", "a", "b"]
    prefer(tmp_path, ["b"], ["ru-en"])
    assert ids(tmp_path, "ru-en") == ["b", "talmach-translation", "a"]
    assert ids(tmp_path, "be-en") == ["talmach-translation", "a"]
    prefer(tmp_path, ["pair"])
    assert ids(tmp_path, "ru-en") == ["a", "talmach-translation", "b"]


def test_an_interrupted_pull_is_no_model(tmp_path: Path) -> None:
    """What is not complete lies in a hidden directory."""
    add(tmp_path, "whole", "ru-en")
    (tmp_path / "whole").rename(tmp_path / ".whole-x")
    assert ids(tmp_path) == ["talmach-translation", "talmach-encoder"]


def test_a_copy_beside_a_model_is_refused(tmp_path: Path) -> None:
    """Which of the two is served, listed and removed must not depend on their names; a hidden copy is none."""
    add(tmp_path, "own", "ru-en")
    shutil.copytree(tmp_path / "own", tmp_path / "own-old")
    with pytest.raises(ModelUnusable) as caught:
        open_catalogue(tmp_path)
    assert str(caught.value) == (
        f"own: is in two directories, {tmp_path}/own and {tmp_path}/own-old; delete one, or begin its name with a dot"
    )
    (tmp_path / "own-old").rename(tmp_path / ".own-old")
    assert ids(tmp_path, "ru-en") == ["own", "talmach-translation"]


def test_a_directory_holds_one_model(tmp_path: Path) -> None:
    """Removing one of two would delete the other."""
    add(tmp_path, "x", "ru-en")
    add(tmp_path, "y", "en-ru")
    with (tmp_path / "x" / "manifest.toml").open("a", encoding="utf-8") as manifest:
        manifest.write((tmp_path / "y" / "manifest.toml").read_text(encoding="utf-8"))
    with pytest.raises(ModelUnusable) as caught:
        open_catalogue(tmp_path)
    problem = "model: lists more than one; each needs a directory of its own"
    assert str(caught.value) == f"{tmp_path}/x/manifest.toml: {problem}"


def test_what_is_wrong_leaves_the_rest_usable_to_those_who_look_after_it(tmp_path: Path) -> None:
    """A server refuses the first mistake; a survey has all, each with its path, and every model that is left."""
    for name in ("right", "wrong", "unseen"):
        add(tmp_path, name, "ru-en")
    shutil.copytree(tmp_path / "right", tmp_path / "twice")
    add(tmp_path, "alone", "ru-en")
    (tmp_path / "wrong" / "manifest.toml").write_text("[[model]\n", encoding="utf-8")
    manifest = tmp_path / "unseen" / "manifest.toml"
    manifest.unlink()
    manifest.symlink_to(manifest)  # which nobody can read, whatever their rights
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone").symlink_to(tmp_path / "an unmounted volume")
    (tmp_path / PREFERENCES).write_text("order = 1", encoding="utf-8")
    catalogue = survey(tmp_path)
    assert [each.spec.id for each in catalogue.ordered()] == ["alone", "talmach-translation", "talmach-encoder"]
    said = [str(each).partition(";")[0].partition(" (")[0] for each in catalogue.problems]
    assert said == [
        f"{PREFERENCES}: order: Input should be a valid tuple",
        f"{tmp_path}/gone/manifest.toml: cannot be read",
        f"{tmp_path}/loop/manifest.toml: cannot be read",
        f"{tmp_path}/unseen/manifest.toml: cannot be read",
        f"{tmp_path}/wrong/manifest.toml: is not TOML: Expected ']]' at the end of an array declaration",
        f"right: is in two directories, {tmp_path}/right and {tmp_path}/twice",
    ]
    with pytest.raises(ModelUnusable, match=rf"^{PREFERENCES}: order: "):
        open_catalogue(tmp_path)


def test_the_lost_files_of_a_volume_are_no_model(tmp_path: Path) -> None:
    """Only root can look into that directory, and a server that cannot must start all the same."""
    (tmp_path / "lost+found").symlink_to(tmp_path / "lost+found")
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    assert ids(tmp_path) == ["talmach-translation", "talmach-encoder"]


@pytest.mark.parametrize("text", ["order = 1", "ordre = []", "order = [", '[directions]\n"ru_en" = []'])
def test_wrong_preferences_say_so(tmp_path: Path, text: str) -> None:
    """With the file and the cure."""
    (tmp_path / PREFERENCES).write_text(text, encoding="utf-8")
    with pytest.raises(ModelUnusable, match=rf"^{PREFERENCES}: .*correct or delete {tmp_path}"):
        open_catalogue(tmp_path)


def test_a_model_of_the_users_own_may_replace_an_embedded_one(tmp_path: Path) -> None:
    """By having its id."""
    add(tmp_path, "talmach-translation", "ru-en")
    assert [(each.spec.id, each.embedded) for each in open_catalogue(tmp_path).entries] == [
        ("talmach-translation", False),
        ("talmach-encoder", True),
    ]


def test_names_are_found_or_the_known_ones_said(tmp_path: Path) -> None:
    """A wrong name learns the right ones."""
    catalogue = open_catalogue(tmp_path)
    assert len(catalogue.named(EMBEDDED)) == 2
    with pytest.raises(ModelNotFound) as caught:
        catalogue.named("gpt")
    assert caught.value.metadata["models"] == "talmach-translation, talmach-encoder, embedded"


def test_the_public_models_are_whole() -> None:
    """The recommended set covers all six directions under a free licence; what forbids commercial use says so."""
    models = public.load(default_models_dir())
    recommended = public.named(models, "opus-mt")
    directions = sorted(direction for model in recommended for direction in model.directions)
    assert directions == ["be-en", "be-ru", "en-be", "en-ru", "ru-be", "ru-en"]
    assert all(model.commercial_use for model in recommended)
    assert [model.commercial_use for model in models if "NC" in model.licence] == [False, False]
    assert all(model.repository in model.url for model in models)
    assert all(score.direction in model.directions for model in models for score in model.scores)
    with pytest.raises(ModelNotFound):
        public.named(models, "opus")
