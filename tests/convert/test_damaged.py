"""Checkpoints that are damaged: one sentence says which and why, and nothing is installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from talmach.app import pulling
from talmach.errors import ModelUnusable

transformers = pytest.importorskip("transformers", reason="needs the extra convert")
pytestmark = pytest.mark.filterwarnings("ignore")


def marian(directory: Path, name: str, weights: bytes) -> Path:
    """Make a checkpoint whose weights are these bytes."""
    transformers.MarianConfig(vocab_size=100, d_model=16, pad_token_id=0).save_pretrained(directory)
    (directory / name).write_bytes(weights)
    return directory


def refusal(source: Path, models: Path) -> str:
    """Return what is said of a checkpoint that cannot be installed."""
    directions = () if (source / "modules.json").exists() else ("ru-en",)
    with pytest.raises(ModelUnusable) as caught:
        pulling.install(pulling.Wanted("own", source, directions), models)
    assert [path.name for path in models.iterdir() if not path.name.startswith(".")] == []
    return str(caught.value)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("weights", [b"", b"PK\3\4 and no more", b"\x80" * 1_000], ids=["empty", "cut", "other"])
def test_damaged_weights(tmp_path: Path, name: str, weights: bytes) -> None:
    """Whatever the library that reads them raises."""
    source = marian(tmp_path / "checkpoint", name, weights)
    assert refusal(source, tmp_path / "models").startswith("own: checkpoint cannot be converted: ")


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_pointer_in_place_of_the_weights(tmp_path: Path, name: str) -> None:
    """A clone without Git LFS holds some lines of text, and the cure is said."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 300000000\n"
    source = marian(tmp_path / "checkpoint", name, pointer)
    said = f"own: {source / name} is a Git LFS pointer, not the file: git lfs pull"
    assert refusal(source, tmp_path / "models") == said


def test_a_damaged_description(tmp_path: Path) -> None:
    """A `decoder.yml` that is not YAML, and a list where transformers has a table."""
    opus, bert = tmp_path / "opus", tmp_path / "bert"
    for directory in (opus, bert):
        directory.mkdir()
    (opus / "decoder.yml").write_text("models: [", encoding="utf-8")
    assert refusal(opus, tmp_path / "models").startswith("own: opus cannot be converted: ")
    (bert / "config.json").write_text("[]", encoding="utf-8")
    (bert / "modules.json").write_text(json.dumps([{"path": "", "type": "Transformer"}]), encoding="utf-8")
    assert refusal(bert, tmp_path / "models").startswith("own: bert cannot be converted: ")


def test_the_command_ends_with_the_sentence(tmp_path: Path) -> None:
    """And no traceback."""
    source = marian(tmp_path / "checkpoint", "model.safetensors", b"cut")
    arguments = ("models", "pull", str(source), "--id", "own", "--directions", "ru-en")
    done = subprocess.run(
        [sys.executable, "-m", "talmach", *arguments],
        env={"PATH": "", "TALMACH_MODELS_DIR": str(tmp_path / "models")},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("talmach: own: checkpoint cannot be converted: ")
    assert done.stderr.count("\n") == 1
