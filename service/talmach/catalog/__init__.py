"""The models: what there is (`manifest`), whether it is intact (`verify`), and which one goes first (`catalogue`)."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def default_models_dir() -> Path:
    """Return the directory of the models that come with talmach: inside an installed package, else of the checkout."""
    packaged = _PACKAGE / "models"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "models"
