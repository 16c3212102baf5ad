"""Keeps `models/manifest.toml` true: checksums of an exported model's files, and the scores that `evaluate` measured.

python -m models.training.register MODEL_ID --version 2026.11.23
"""

import argparse
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from talmach.catalog.manifest import FILENAME
from talmach.catalog.verify import sha256_of

MODELS_DIR = Path(__file__).parents[1]


def write_checksums(models_dir: Path, model_id: str, version: str) -> None:
    """Set version and checksums of a model to those of the files in its folder; the card is no part of the model."""
    document, model = _open(models_dir, model_id)
    directory = models_dir / str(model["path"])
    files = tomlkit.table()
    for path in sorted(directory.iterdir()):
        if path.suffix != ".md":
            files[path.name] = sha256_of(path)
    model["version"] = version
    model["files"] = files
    (models_dir / FILENAME).write_text(tomlkit.dumps(document), encoding="utf-8")


def write_scores(models_dir: Path, model_id: str, report: dict[str, dict[str, Any]]) -> None:
    """Replace the scores of a model by those of an evaluation report (direction -> values)."""
    document, model = _open(models_dir, model_id)
    scores = tomlkit.table()
    for direction, values in report.items():
        row = tomlkit.inline_table()
        row.update({name: values[name] for name in ("chrf", "bleu", "retrieval_accuracy") if name in values})
        row["signature"] = values.get("signature") or values["chrf_signature"]
        scores[direction] = row
    model["scores"] = scores
    (models_dir / FILENAME).write_text(tomlkit.dumps(document), encoding="utf-8")


def write_sources(models_dir: Path, model_id: str, sources: list[str]) -> None:
    """Replace the list of what a model was trained on."""
    document, model = _open(models_dir, model_id)
    model["sources"] = tomlkit.array().multiline(multiline=True)
    model["sources"].extend(sources)  # type: ignore[union-attr]
    (models_dir / FILENAME).write_text(tomlkit.dumps(document), encoding="utf-8")


def _open(models_dir: Path, model_id: str) -> tuple[tomlkit.TOMLDocument, Table]:
    document = tomlkit.parse((models_dir / FILENAME).read_text(encoding="utf-8"))
    for model in document["model"]:  # type: ignore[union-attr]
        if model["id"] == model_id:  # type: ignore[index]
            return document, model  # type: ignore[return-value]
    raise SystemExit(f"{model_id}: is not in {models_dir / FILENAME}")


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_id")
    parser.add_argument("--version", required=True)
    arguments = parser.parse_args()
    write_checksums(MODELS_DIR, arguments.model_id, arguments.version)


if __name__ == "__main__":
    main()
