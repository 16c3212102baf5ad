"""What a user does, command for command as documented, with every public family from a hub on loopback."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from talmach.catalog import default_models_dir, public
from tests.convert import checkpoints, encoders, hub
from tests.convert.machine import Machine
from tests.convert.sentences import GOLDEN
from tests.e2e.program import Server

pytest.importorskip("sacrebleu", reason="needs the extra evaluate")
pytestmark = pytest.mark.filterwarnings("ignore")
ARTICLES = Path(__file__).parents[1] / "data" / "articles"
TRANSLATORS: dict[str, Callable[[Path, tuple[str, ...]], object]] = {
    "opus-mt-ru-en": lambda directory, directions: checkpoints.marian(directory, directions, multi_target=False),
    "opus-mt-tc-big-en-zle": lambda directory, directions: checkpoints.marian(directory, directions, multi_target=True),
    "m2m100-418m": checkpoints.m2m100,
    "nllb-200-distilled-600m": checkpoints.nllb,
    "madlad400-3b-mt": checkpoints.t5,
}


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_family_is_pulled_and_serves_every_command(tmp_path: Path, name: str) -> None:
    """From `available` to `remove`: translate, summarize, smoke, evaluate, each by --model and by preference."""
    (model,) = public.named(public.load(default_models_dir()), name)
    directory = tmp_path / "checkpoint"
    directory.mkdir()
    TRANSLATORS[name](directory, model.directions)
    with hub.serve({model.repository: directory}) as site:
        machine = Machine(tmp_path, site)
        assert name in done(machine, "models", "available")
        agreed = [] if model.commercial_use else ["--accept-licence"]
        assert f"installed in {machine.models / name}" in done(machine, "models", "pull", name, *agreed)
    source, _, target = model.directions[0].partition("-")
    listed = done(machine, "models", "list").splitlines()
    assert f"{source}-{target}: {name} > talmach-translation" in listed
    text, references = _file(tmp_path / "text", GOLDEN[source]), _file(tmp_path / "references", GOLDEN[target])
    article = str(ARTICLES / f"01-council.{source}.txt")
    server = Server.start(tmp_path, TALMACH_MODELS_DIR=str(machine.models), TALMACH_DEVICE="cpu")
    try:
        there = ("--from", source, "--to", target, "--address", server.address)
        assert done(machine, "translate", *there, text).strip() == GOLDEN[target]
        named = done(machine, "translate", "--json", "--model", "talmach-translation", *there, text)
        assert json.loads(named)["model_ids"] == ["talmach-translation"]
        assert f"{name} goes before talmach-translation for {source}-{target}" in machine.run("smoke", *there)[1]
        assert f"{name} was named by --model" in machine.run("smoke", *there, "--model", name)[1]
        assert f'"{name}"' in machine.run("summarize", "--json", "--model", name, *there, article)[1]
        scores = done(machine, "evaluate", *there, "--model", name, "--source", text, "--reference", references)
        assert f"models     {name}\n" in scores
        assert "chrF2      100.00  nrefs:1|" in scores
    finally:
        server.kill()
    assert f"{source}-{target}: talmach-translation > {name}" in done(machine, "models", "use", "embedded")
    spoken = done(machine, "translate", "--json", "--from", source, "--to", target, text)
    assert json.loads(spoken)["model_ids"] == ["talmach-translation"]
    assert f"{source}-{target}: {name} > talmach-translation" in done(machine, "models", "use", name)
    assert f"{name}: ok" in done(machine, "models", "verify")
    assert f"{name}: removed" in done(machine, "models", "remove", name)


@pytest.mark.parametrize("name", encoders.KINDS)
def test_an_encoder_is_pulled_and_chooses_the_sentences(tmp_path: Path, name: str) -> None:
    """The summariser runs with the encoder that goes first."""
    (model,) = public.named(public.load(default_models_dir()), name)
    encoders.save(tmp_path / "checkpoint", encoders.KINDS[name])
    with hub.serve({model.repository: tmp_path / "checkpoint" / "saved"}) as site:
        machine = Machine(tmp_path, site)
        assert done(machine, "models", "pull", name).endswith(f"\nencoder: {name} > talmach-encoder\n")
    assert done(machine, "models", "use", "talmach-encoder") == f"encoder: talmach-encoder > {name}\n"
    assert done(machine, "models", "use", name) == f"encoder: {name} > talmach-encoder\n"
    status, out, _ = machine.run("summarize", "--json", str(ARTICLES / "01-council.be.txt"))
    assert status == 0
    assert json.loads(out)["summary"]["encoder_model_id"] == name
    done(machine, "models", "remove", name)


def done(machine: Machine, *arguments: str) -> str:
    """Return what a command that succeeds prints."""
    status, out, err = machine.run(*arguments)
    assert status == 0, err
    return out


def _file(path: Path, text: str) -> str:
    path.write_text(f"{text}\n", encoding="utf-8")
    return str(path)
