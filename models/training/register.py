"""Keeps `models/manifest.toml` true: what an exported model is, its files' checksums, and what `evaluate` measured.

python -m models.training.register models/training/experiments/draft.toml MODEL_ID --version 2026.11.23
"""

import argparse
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from models.training import experiment as experiments
from models.training.experiment import Experiment
from talmach.catalog.manifest import FILENAME
from talmach.catalog.verify import sha256_of

MODELS_DIR = Path(__file__).parents[1]
# Below these a model is called a draft: chrF2 on the development set, or the share of sentences retrieved.
_RELEASE_CHRF: dict[str, float] = {"ru-en": 50, "en-ru": 46, "be-en": 43, "en-be": 38, "ru-be": 45, "be-ru": 45}
_RELEASE_RETRIEVAL = {"ru-en": 0.95, "be-en": 0.90, "ru-be": 0.97}


def write_model(models_dir: Path, model_id: str, version: str, experiment: Experiment) -> None:
    """Set version, shape and checksums of a model to those of what lies in its folder; the card is no part of it."""
    document, model = _open(models_dir, model_id)
    network, pieces = experiment.network, f"d={experiment.network.width}, {experiment.data.vocabulary_size:,} pieces"
    if model["kind"] == "translation":
        layers = f"{network.encoder_layers}+{network.decoder_layers}"
        model["architecture"] = f"transformer {layers}, RMSNorm, rotary, SwiGLU, {pieces}"
        model["max_source_tokens"] = experiment.data.max_tokens
    else:
        layers = f"{experiment.encoder.layers} transformer layer" + "s" * (experiment.encoder.layers > 1)
        model["architecture"] = f"weighted bag of subwords below {layers}, {pieces}"
    directory = models_dir / str(model["path"])
    files = tomlkit.table()
    for path in sorted(directory.iterdir()):
        if path.suffix != ".md":
            files[path.name] = sha256_of(path)
    model["version"] = version
    model["files"] = files
    (models_dir / FILENAME).write_text(tomlkit.dumps(document), encoding="utf-8")


def write_scores(models_dir: Path, model_id: str, report: dict[str, dict[str, Any]]) -> None:
    """Replace the scores of a model by those of an evaluation report (direction -> values); says if it is a draft."""
    document, model = _open(models_dir, model_id)
    scores = tomlkit.table()
    for direction, values in report.items():
        row = tomlkit.inline_table()
        row.update({name: values[name] for name in ("chrf", "bleu", "retrieval_accuracy") if name in values})
        row["signature"] = values.get("signature") or values["chrf_signature"]
        scores[direction] = row
    model["scores"] = scores
    is_encoder = model["kind"] == "encoder"
    measure, bars = ("retrieval_accuracy", _RELEASE_RETRIEVAL) if is_encoder else ("chrf", _RELEASE_CHRF)
    model["draft"] = any(values[measure] < bars[direction] for direction, values in report.items())
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
    parser.add_argument("experiment", type=Path)
    parser.add_argument("model_id")
    parser.add_argument("--version", required=True)
    arguments = parser.parse_args()
    experiment = experiments.load(arguments.experiment)
    write_model(MODELS_DIR, arguments.model_id, arguments.version, experiment)


if __name__ == "__main__":
    main()
