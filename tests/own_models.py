"""Models of a user's own for tests: manifests alone, and the embedded translation model under another name."""

import shutil
from collections.abc import Collection
from pathlib import Path

import tomli_w

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import FILENAME, load

_SHA256 = "0123456789abcdef" * 4


def describe(models_dir: Path, model_id: str, directions: str, set_name: str = "") -> None:
    """Put a manifest where a pulled model has it."""
    directory = models_dir / model_id
    directory.mkdir()
    golden = "\n".join(f'{each} = "Горад адкрыў новую школу."' for each in directions.split())
    names = ("model.bin", "config.json", "vocabulary.json", "sentencepiece.model")
    files = ", ".join(f'"{name}" = "{_SHA256}"' for name in names)
    listed = ", ".join(f'"{each}"' for each in directions.split())
    (directory / FILENAME).write_text(
        f"""
[[model]]
id = "{model_id}"
set = "{set_name}"
version = "1"
kind = "translation"
architecture = "marian 6+6"
path = "."
licence = "CC-BY-4.0"
directions = [{listed}]
files = {{ {files} }}
[model.golden]
{golden}
""",
        encoding="utf-8",
    )


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
