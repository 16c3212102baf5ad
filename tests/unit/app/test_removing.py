"""Installed models are removed, whatever an earlier command left behind."""

from pathlib import Path

from talmach.app.pulling import remove


def test_a_model_is_removed_after_a_command_that_was_killed(tmp_path: Path) -> None:
    """It had renamed the directory of a model of this name, and deleted half of it."""
    model, left = tmp_path / "opus", tmp_path / ".opus.gone"
    for directory in (model, left):
        directory.mkdir()
        (directory / "model.bin").write_bytes(b"weights")
    remove([model])
    assert list(tmp_path.iterdir()) == []
