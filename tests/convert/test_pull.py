"""`talmach models pull`, the real command, against a hub on loopback; what it installs is served."""

import resource
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from talmach.catalog.manifest import load
from tests.convert import checkpoints, hub
from tests.convert.hub import COMMIT, Hub
from tests.convert.machine import Machine
from tests.convert.sentences import GOLDEN

safetensors_torch = pytest.importorskip("safetensors.torch", reason="needs the extra convert")
torch = pytest.importorskip("torch", reason="needs the extra convert")
pytestmark = pytest.mark.filterwarnings("ignore")
_REPOSITORY = "Helsinki-NLP/opus-mt-ru-en"


@pytest.fixture(scope="module", name="checkpoint")
def _checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("hub") / "opus-mt-ru-en"
    directory.mkdir()
    checkpoints.marian(directory, ("ru-en",), multi_target=False)
    (directory / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n", encoding="utf-8")
    (directory / "tf_model.h5").write_bytes(b"the same weights for another library")
    return directory


@pytest.fixture(name="site")
def _site(checkpoint: Path) -> Iterator[Hub]:
    with hub.serve({_REPOSITORY: checkpoint}) as site:
        yield site


@pytest.fixture(name="machine")
def _machine(tmp_path: Path, site: Hub) -> Machine:
    return Machine(tmp_path, site)


def visible(machine: Machine) -> list[str]:
    """Return what lies in the models directory, locks and downloads apart."""
    return sorted(path.name for path in machine.models.iterdir() if not path.name.startswith("."))


def test_a_public_model_is_pulled_and_speaks(machine: Machine, site: Hub) -> None:
    """Fetched over redirects, converted, proven, installed, preferred; pulled again it is left as it is."""
    status, out, err = machine.run("models", "pull", "opus-mt-ru-en")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == f"opus-mt-ru-en: {_REPOSITORY}, CC-BY-4.0"
    (spec,) = load(machine.models / "opus-mt-ru-en").models
    assert spec.source is not None
    assert (spec.version, spec.source.revision, spec.source.repository) == (COMMIT[:12], COMMIT, _REPOSITORY)
    assert {"model.safetensors", "source.spm", "vocab.json"} <= spec.source.files.keys()
    assert "tf_model.h5" not in {*spec.source.files, *(name for name, _ in site.fetched)}
    manifest = (machine.models / "opus-mt-ru-en" / "manifest.toml").read_bytes()
    files = len(site.fetched)
    assert machine.run("models", "pull", "opus-mt-ru-en")[0] == 0
    assert len(site.fetched) == files
    cache = Path(machine.environment["HF_HOME"])
    cache.rename(cache.with_name("elsewhere"))
    assert machine.run("models", "pull", "opus-mt-ru-en")[0] == 0
    assert len(site.fetched) == files
    cache.with_name("elsewhere").rename(cache)
    listed = machine.run("models", "list")[1]
    assert "ru-en: opus-mt-ru-en > talmach-translation\n" in listed
    status, out, err = machine.run("translate", "--from", "ru", "--to", "en", stdin=_file(machine, GOLDEN["ru"]))
    assert (status, out.strip()) == (0, GOLDEN["en"]), err
    assert machine.run("models", "verify")[0] == 0
    (machine.models / "opus-mt-ru-en" / "manifest.toml").write_text("[[model", encoding="utf-8")
    assert machine.run("models", "pull", "opus-mt-ru-en")[0] == 0
    assert (machine.models / "opus-mt-ru-en" / "manifest.toml").read_bytes() == manifest
    assert machine.run("models", "remove", "opus-mt-ru-en")[0] == 0
    assert visible(machine) == []


def test_a_cut_connection_is_one_sentence_and_the_next_pull_goes_on(machine: Machine, site: Hub) -> None:
    """Nothing is installed of half a model."""
    site.cut_after = 300_000
    status, _, err = machine.run("models", "pull", "opus-mt-ru-en")
    assert status == 2
    assert err.startswith(f"talmach: opus-mt-ru-en: {_REPOSITORY} could not be fetched: ")
    assert err.endswith("what has arrived is kept, try again\n")
    assert err.count("\n") == 1
    assert visible(machine) == []
    site.cut_after = None
    assert machine.run("models", "pull", "opus-mt-ru-en")[0] == 0
    assert visible(machine) == ["opus-mt-ru-en"]


def test_a_killed_pull_is_gone_on_with(machine: Machine, site: Hub, checkpoint: Path, tmp_path: Path) -> None:
    """From the first byte that is missing, in another process, and the file is whole in the end."""
    large = tmp_path / "large"
    shutil.copytree(checkpoint, large)
    tensors = safetensors_torch.load_file(large / "model.safetensors")
    tensors["ballast"] = torch.rand(6 << 20)  # of 24 MiB; the client writes ten at a time
    safetensors_torch.save_file(tensors, large / "model.safetensors", metadata={"format": "pt"})
    site.repositories = {_REPOSITORY: large}
    site.stall_after = 22 << 20
    process = machine.start("models", "pull", "opus-mt-ru-en")
    try:
        (part,) = _until(lambda: [each for each in _parts(machine) if each.stat().st_size])
        assert site.stalled.wait(900)
    finally:
        process.kill()
        process.communicate(timeout=900)
    arrived = part.stat().st_size
    assert 0 < arrived <= site.stall_after
    site.stall_after = None
    site.fetched.clear()
    assert machine.run("models", "pull", "opus-mt-ru-en")[0] == 0
    assert [wanted for name, wanted in site.fetched if name == "model.safetensors"] == [f"bytes={arrived}-"]
    assert _parts(machine) == []
    assert machine.run("models", "verify")[0] == 0


def _parts(machine: Machine) -> list[Path]:
    return list(Path(machine.environment["HF_HOME"]).rglob("*.talmach.incomplete"))


def _until(found: Callable[[], list[Path]]) -> list[Path]:
    end = time.monotonic() + 900
    while not (files := found()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return files


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ({"repositories": {}}, f"the hub has no {_REPOSITORY}"),
        ({"private": True}, "HF_TOKEN"),
        ({"lies": True}, "is not what the hub says it is; it was deleted, pull again"),
    ],
    ids=["404", "401", "wrong content"],
)
def test_what_the_hub_refuses_is_one_sentence(
    machine: Machine, site: Hub, behaviour: dict[str, object], said: str
) -> None:
    """It names the model and the cure, and nothing is installed."""
    for name, value in behaviour.items():
        setattr(site, name, value)
    status, _, err = machine.run("models", "pull", "opus-mt-ru-en")
    assert status == 2
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert visible(machine) == []


def test_a_hub_out_of_reach_is_one_sentence(machine: Machine) -> None:
    """With and without the setting that says so; a cache that has the model is enough."""
    machine.environment["HF_ENDPOINT"] = "http://127.0.0.1:1"
    for offline in ("0", "1"):
        machine.environment["HF_HUB_OFFLINE"] = offline
        status, _, err = machine.run("models", "pull", "opus-mt-ru-en")
        assert status == 2
        assert "out of reach" in err
        assert err.count("\n") == 1


def test_two_pulls_at_once_install_one_model(machine: Machine) -> None:
    """The second waits for the first and finds it done."""
    both = [machine.start("models", "pull", "opus-mt-ru-en") for _ in range(2)]
    ended = [process.communicate(timeout=900) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert visible(machine) == ["opus-mt-ru-en"]
    assert machine.run("models", "verify")[0] == 0


def test_a_full_disk_is_one_sentence(machine: Machine) -> None:
    """And leaves no half of a model."""
    status, _, err = machine.run(
        "models",
        "pull",
        "opus-mt-ru-en",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )
    assert status == 2
    assert err.startswith("talmach: opus-mt-ru-en: ")
    assert err.count("\n") == 1
    assert visible(machine) == []


def test_a_checkpoint_of_ones_own(machine: Machine, checkpoint: Path) -> None:
    """A directory is pulled by any name; a converted one is served with the manifest that it has."""
    status, out, err = machine.run(
        "models", "pull", str(checkpoint), "--id", "my-ru-en", "--directions", "ru-en", "--licence", "CC0-1.0"
    )
    assert status == 0, err
    assert out.splitlines()[-1] == "ru-en: my-ru-en > talmach-translation"
    own = ("pull", str(checkpoint), "--id", "other", "--directions", "ru-en")
    assert machine.run("models", "use", "my-ru-en")[0] == 0
    assert machine.run("models", *own)[1].splitlines()[-2:] == [
        "ru-en: my-ru-en > other > talmach-translation",
        "`talmach models use other` puts it first",
    ]
    assert machine.run("models", "remove", "other")[0] == 0
    copied = machine.models.parent / "elsewhere"
    (machine.models / "my-ru-en").rename(copied)
    assert machine.run("models", "pull", str(copied), "--id", "my-ru-en")[0] == 0
    assert visible(machine) == ["my-ru-en", "preferences.toml"]
    assert machine.run("models", "verify")[0] == 0


def test_options_are_checked_before_anything_is_fetched(machine: Machine, site: Hub, checkpoint: Path) -> None:
    """One sentence each."""
    for arguments, said in (
        (("nllb-200-distilled-600m",), "--accept-licence"),
        (("gpt",), "neither a directory nor a public model"),
        ((str(checkpoint),), "--id"),
        ((str(checkpoint), "--id", "A B"), "--id"),
        ((str(checkpoint), "--id", "x", "--directions", "ruen"), "--directions"),
        ((str(checkpoint), "--id", "x"), "directions"),
        ((str(checkpoint), "--id", "x", "--directions", "uk-en"), "is not of the languages be, en, ru"),
    ):
        status, _, err = machine.run("models", "pull", *arguments)
        assert status == 2, err
        assert said in err
        assert err.count("\n") == 1
    assert site.fetched == []


def _file(machine: Machine, text: str) -> Any:
    path = machine.models.parent / "text"
    path.write_text(text, encoding="utf-8")
    return path.open(encoding="utf-8")
