"""Verification: an altered, cut or missing file is found before anything reads it."""

import hashlib
import sys
from pathlib import Path

import pytest

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import ModelSpec, load
from talmach.catalog.verify import sha256_of, verify
from talmach.errors import ModelUnusable

CONTENT = bytes(range(256)) * 8_192  # 2 MiB: more than one read


def spec_of(content: bytes, **changes: object) -> ModelSpec:
    """Return a model whose only file must have `content`."""
    files = {"model.bin": hashlib.sha256(content).hexdigest()}
    values = {"id": "m", "version": "1", "kind": "encoder", "architecture": "a", "path": "m", "licence": "l"}
    return ModelSpec.model_validate({**values, "files": files, **changes})


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """Return an intact model file."""
    path = tmp_path / "m" / "model.bin"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


def test_an_intact_model_is_usable(model_file: Path, tmp_path: Path) -> None:
    """Verification returns the directory to load from."""
    assert sha256_of(model_file) == hashlib.sha256(CONTENT).hexdigest()
    assert verify(spec_of(CONTENT), tmp_path) == model_file.parent


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"\0", b"\1" + CONTENT[1:], b""])
def test_a_damaged_file_is_named(model_file: Path, tmp_path: Path, content: bytes) -> None:
    """Cut, longer, altered or empty: the error names the model, the file and the cure."""
    model_file.write_bytes(content)
    with pytest.raises(ModelUnusable, match=r"^m: model.bin is damaged .*; copy the model again, or ") as caught:
        verify(spec_of(CONTENT), tmp_path)
    assert caught.value.model == "m"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A model that is not there is not a traceback."""
    with pytest.raises(ModelUnusable, match=r"^m: model.bin cannot be read \(No such file"):
        verify(spec_of(CONTENT), tmp_path)


def test_the_cure_of_a_pulled_model_is_to_pull_it(tmp_path: Path) -> None:
    """Reinstalling talmach does not bring back what it does not contain; a running server may need only a restart."""
    pulled = spec_of(CONTENT, source={"repository": "somebody/m"})
    with pytest.raises(ModelUnusable, match=r"; talmach models remove m, then pull it again$"):
        verify(pulled, tmp_path)
    with pytest.raises(ModelUnusable, match="; restart the server if it was installed anew; otherwise talmach models "):
        verify(pulled, tmp_path, again=True)


def test_the_cure_of_an_embedded_model_is_to_install_talmach(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of no other."""
    monkeypatch.setattr(sys.modules[verify.__module__], "default_models_dir", lambda: tmp_path)
    model_file.write_bytes(b"")
    with pytest.raises(ModelUnusable, match="; reinstall talmach or, in a checkout, restore the file with git"):
        verify(spec_of(CONTENT), tmp_path)


def test_the_embedded_models_are_intact() -> None:
    """What is committed is what the manifest says."""
    models_dir = default_models_dir()
    for spec in load(models_dir).models:
        assert verify(spec, models_dir).is_dir()
