"""Models of a user's own for tests: the embedded translation model once more, under another name."""

import shutil
from collections.abc import Collection
from pathlib import Path

import tomli_w

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import FILENAME, load


def copy_embedded(models_dir: Path, model_id: str, directions: Collection[str]) -> Path:
    """Install it for some of its directions; return its directory."""
    spec = load(default_models_dir()).model("talmach-translation")
    values = spec.model_dump(mode="json", exclude_defaults=True, exclude={"card", "scores", "low_confidence"})
    values |= {"id": model_id, "path": ".", "directions": list(directions)}
    values["golden"] = [golden for golden in values["golden"] if golden["direction"] in directions]
    directory = models_dir / model_id
    shutil.copytree(default_models_dir() / spec.path, directory)
    (directory / FILENAME).write_text(tomli_w.dumps({"model": [values]}), encoding="utf-8")
    return directory
