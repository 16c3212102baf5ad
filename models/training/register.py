"""Keeps `models/manifest.toml` up to date: what an exported model is, its files' checksums, what `evaluate` measured.

    python -m models.training.register WEIGHTS --version 2026.11.26 --max-source-tokens 250

WEIGHTS holds what `export` writes, as `translation/`, `encoder/` or both; they replace the embedded models of that
kind.
"""

import argparse
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
from numpy.typing import NDArray
from tomlkit.items import Table

from models.training.network.weights_file import read_weights
from talmach.catalog.manifest import FILENAME, Decoding, ModelSpec, load
from talmach.catalog.verify import sha256_of

MODELS_DIR = Path(__file__).parents[1]
# Below these a model is called a draft: chrF2 on the development set, or the share of sentences retrieved. Into
# Belarusian the bars are lower, as every system's scores are.
_RELEASE_CHRF: dict[str, float] = {"ru-en": 50, "en-ru": 46, "be-en": 43, "en-be": 37, "ru-be": 43, "be-ru": 45}
_RELEASE_RETRIEVAL = {"ru-en": 0.95, "be-en": 0.90, "ru-be": 0.97}


def embed(models_dir: Path, weights: Path, version: str, max_source_tokens: int, decoding: Decoding) -> list[ModelSpec]:
    """Replace the embedded models by those in `weights`, card apart, and return what the manifest now says of them.

    Raises:
        SystemExit: `weights` holds no model.
    """
    replaced = []
    for spec in load(models_dir).models:
        source, target = weights / spec.kind, models_dir / spec.path
        if spec.source is None and source.is_dir():
            for path in target.iterdir():
                if path.suffix != ".md":
                    path.unlink()
            for path in source.iterdir():
                shutil.copyfile(path, target / path.name)
            write_model(models_dir, spec.id, version, max_source_tokens, decoding)
            replaced.append(spec.id)
    if not replaced:
        raise SystemExit(f"{weights}: has neither translation/ nor encoder/")
    manifest = load(models_dir)
    return [manifest.model(model_id) for model_id in replaced]


def write_model(models_dir: Path, model_id: str, version: str, max_source_tokens: int, decoding: Decoding) -> None:
    """Set a model's version, shape and checksums to those of the files in its folder; the card is not one of them."""
    document, model = _open(models_dir, model_id)
    directory = models_dir / str(model["path"])
    model["architecture"] = architecture(read_weights(directory / "model.bin"))
    if model["kind"] == "translation":
        model["max_source_tokens"] = max_source_tokens
        model["decoding"] = {key: value for key, value in decoding if value != getattr(Decoding(), key)}
    files = tomlkit.table()
    for path in sorted(directory.iterdir()):
        if path.suffix != ".md":
            files[path.name] = sha256_of(path)
    model["version"] = version
    model["files"] = files
    if "words" in model and str(model["words"]) not in files:  # counted anew by data.known_words
        model.remove("words")
    (models_dir / FILENAME).write_text(tomlkit.dumps(document), encoding="utf-8")


def architecture(weights: Mapping[str, NDArray[np.float32]]) -> str:
    """Describe a network by the names and sizes of its weights."""
    layers = [len(set(re.findall(rf"\b{stack}/layer_\d+/", " ".join(weights)))) for stack in ("encoder", "decoder")]
    pieces, width = weights["encoder/embeddings_0/weight"].shape
    shape = "+".join(str(count) for count in layers if count)
    kind = "transformer" if layers[1] else "transformer encoder"
    return f"{kind} {shape}, RMSNorm, rotary, SwiGLU, d={width}, {pieces:,} pieces"


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


def write_low_confidence(models_dir: Path, model_id: str, bounds: dict[str, float]) -> None:
    """Replace the scores below which a model's translations are doubtful."""
    document, model = _open(models_dir, model_id)
    model["low_confidence"] = bounds
    (models_dir / FILENAME).write_text(tomlkit.dumps(document), encoding="utf-8")


def write_words(models_dir: Path, model_id: str, name: str) -> None:
    """Name the file of the words that a model has met, with its checksum."""
    document, model = _open(models_dir, model_id)
    model["words"] = name
    model["files"][name] = sha256_of(models_dir / str(model["path"]) / name)  # type: ignore[index]
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `embed` takes."""
    parser.add_argument("weights", type=Path, help="folder with translation/, encoder/ or both, as export writes them")
    parser.add_argument("--version", required=True)
    parser.add_argument(
        "--max-source-tokens", type=int, required=True, help="longest source that the model was trained on"
    )
    parser.add_argument("--beam-size", type=int, default=4, help="hypotheses kept unless a call says otherwise")
    parser.add_argument("--length-penalty", type=float, default=1.0, help="exponent of the length in a beam's scores")


def embed_as_told(arguments: argparse.Namespace) -> list[ModelSpec]:
    """Call `embed` with what `add_arguments` asked for."""
    decoding = Decoding(beam_size=arguments.beam_size, length_penalty=arguments.length_penalty)
    return embed(MODELS_DIR, arguments.weights, arguments.version, arguments.max_source_tokens, decoding)


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    arguments = parser.parse_args()
    embed_as_told(arguments)


if __name__ == "__main__":
    main()
