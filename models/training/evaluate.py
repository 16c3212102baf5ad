"""Scores of the manifest's models on the development set, as the service would answer it.

    python -m models.training.evaluate --corpus CORPUS [--model ID] [--beam-size 1 2] [--write]

A translation model is searched as its manifest says; `--beam-size` measures other beams beside it. `--write` puts the
scores into `models/manifest.toml` and the whole report into `models/results/<id>.json`.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import sacrebleu

from models.training import register
from models.training.publish.served import translate_lines
from talmach import quality
from talmach.app.engines import decode_options
from talmach.catalog.manifest import ModelSpec, load
from talmach.engine.base import DecodeOptions, Direction
from talmach.engine.encoder import Ct2Encoder
from talmach.quality import Flag
from talmach.text.article import Field
from talmach.translation.values import Translation

MODELS_DIR = Path(__file__).parents[1]
DIRECTIONS = tuple(map(Direction.parse, ("ru-en", "en-ru", "be-en", "en-be", "ru-be", "be-ru")))
RETRIEVAL_PAIRS = tuple(map(Direction.parse, ("ru-en", "be-en", "ru-be")))
TEST_SET = "flores200-dev"


def read_dev(dev: Path, language: str, sentences: int | None = None) -> list[str]:
    """Return the lines of the development set in one language."""
    return (dev / f"flores-dev.{language}").read_text(encoding="utf-8").splitlines()[:sentences]


def evaluate_translation(
    directory: Path,
    dev: Path,
    direction: Direction,
    *,
    max_source_tokens: int,
    decoding: DecodeOptions,
    compute_type: str = "int8",
) -> dict[str, Any]:
    """Return scores with signatures, processor time, shares of flagged lines and failures of one direction."""
    sources, references = read_dev(dev, direction.source), read_dev(dev, direction.target)
    started_at = time.process_time()
    results = translate_lines(
        directory,
        direction,
        sources,
        max_source_tokens=max_source_tokens,
        decoding=decoding,
        compute_type=compute_type,
    )
    cpu_s = time.process_time() - started_at
    texts = [result.texts[Field.TEXT] for result in results]
    chrf, bleu = sacrebleu.CHRF(), sacrebleu.BLEU()
    search = f"beam{decoding.beam_size}" if decoding.beam_size > 1 else "greedy"
    suffix = f"|test:{TEST_SET}|{compute_type}|{search}|ctranslate2:{ctranslate2.__version__}"
    return {
        "chrf": round(chrf.corpus_score(texts, [references]).score, 2),
        "chrf_signature": str(chrf.get_signature()) + suffix,
        "bleu": round(bleu.corpus_score(texts, [references]).score, 2),
        "bleu_signature": str(bleu.get_signature()) + suffix,
        "flagged_percent": flag_shares(results),
        "cpu_s": round(cpu_s, 1),
        "empty_lines": sum(not text.strip() for text in texts),
    }


def flag_shares(results: Sequence[Translation]) -> dict[str, float]:
    """Return the percentage of lines that carry each flag, and any of them."""
    by_line = [{flag for segment in result.segments for flag in segment.flags} for result in results]
    counts = Counter(flag for flags in by_line for flag in flags)
    shares = {flag.name: round(100 * counts[flag] / len(results), 2) for flag in Flag if counts[flag]}
    grave = sum(not flags.isdisjoint(quality.GRAVE) for flags in by_line)
    return {
        **shares,
        "any grave": round(100 * grave / len(results), 2),
        "any": round(100 * sum(map(bool, by_line)) / len(results), 2),
    }


def evaluate_encoder(directory: Path, dev: Path, pair: Direction) -> float:
    """Return how often the nearest neighbour of a sentence, among all of the other language, is its translation (both
    ways).
    """
    encoder = Ct2Encoder(directory.name, directory, device="cpu", workers=1)
    similarity = encoder.encode(read_dev(dev, pair.source)) @ encoder.encode(read_dev(dev, pair.target)).T
    right = np.arange(len(similarity))
    return float(((similarity.argmax(1) == right).mean() + (similarity.argmax(0) == right).mean()) / 2)


def evaluate_model(
    spec: ModelSpec, dev: Path, float32: Path | None = None, beam_sizes: Sequence[int] = ()
) -> dict[str, Any]:
    """Return the report of one model, printing each line as it is known.

    Args:
        spec: the model, searched as it says.
        dev: folder of the development set.
        float32: a float32 export of a translation model, which is then measured, too.
        beam_sizes: beams to measure beside the model's own.

    """
    if spec.kind == "encoder":
        return {"scores": _retrieval(spec, dev)}
    own = decode_options(spec)
    scores = _translation(spec, MODELS_DIR / spec.path, dev, own)
    if float32 is not None:
        for direction, row in _translation(spec, float32, dev, own, "float32").items():
            scores[direction]["chrf_float32"] = row["chrf"]
    by_beam = {
        size: _translation(spec, MODELS_DIR / spec.path, dev, own._replace(beam_size=size)) for size in beam_sizes
    }
    by_beam |= {own.beam_size: scores} if by_beam else {}
    kept = ("chrf", "bleu", "cpu_s")
    beams = {
        str(size): {direction: {key: row[key] for key in kept} for direction, row in rows.items()}
        for size, rows in sorted(by_beam.items())
    }
    return {"scores": scores, "beams": beams} if beams else {"scores": scores}


def _retrieval(spec: ModelSpec, dev: Path) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for pair in RETRIEVAL_PAIRS:
        accuracy = round(evaluate_encoder(MODELS_DIR / spec.path, dev, pair), 4)
        signature = f"nearest neighbour, mean of both ways|test:{TEST_SET}|ctranslate2:{ctranslate2.__version__}"
        rows[str(pair)] = {"retrieval_accuracy": accuracy, "signature": signature}
        print(f"{spec.id} {pair}: retrieval accuracy {accuracy:.4f}", flush=True)
    return rows


def _translation(
    spec: ModelSpec, directory: Path, dev: Path, decoding: DecodeOptions, compute_type: str = "int8"
) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for direction in spec.directions:
        row = evaluate_translation(
            directory,
            dev,
            Direction.parse(direction),
            max_source_tokens=spec.max_source_tokens,
            decoding=decoding,
            compute_type=compute_type,
        )
        rows[direction] = row
        print(
            f"{spec.id} {direction} {compute_type} beam {decoding.beam_size}: chrF2 {row['chrf']:.2f} "
            f" BLEU {row['bleu']:.2f}  {row['cpu_s']:.0f} s of processor time  {row['flagged_percent']}",
            flush=True,
        )
    return rows


def write_report(spec: ModelSpec, report: dict[str, Any]) -> None:
    """Put the scores into the manifest and the whole report into `models/results`."""
    register.write_scores(MODELS_DIR, spec.id, report["scores"])
    add_to_results(spec, report)


def add_to_results(spec: ModelSpec, report: dict[str, Any]) -> None:
    """Put a part of the report on a model into `models/results`, beside the other parts on the same version."""
    results = results_path(spec.id)
    kept = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    if kept.get("version") != spec.version:
        kept = {"model": spec.id, "version": spec.version}
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps({**kept, **report}, indent=2) + "\n", encoding="utf-8")


def results_path(model_id: str) -> Path:
    """Return where the report on a model is kept."""
    return MODELS_DIR / "results" / f"{model_id}.json"


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with dev/flores-dev.{ru,be,en}")
    parser.add_argument("--model", help="id of one model; default: all")
    parser.add_argument("--float32", type=Path, help="float32 export of the translation model: what does int8 cost?")
    parser.add_argument("--beam-size", type=int, nargs="+", default=[], help="beams to measure beside the model's own")
    parser.add_argument("--write", action="store_true", help="write the scores into the manifest and models/results")
    arguments = parser.parse_args()
    for spec in load(MODELS_DIR).models:
        if arguments.model in (None, spec.id):
            report = evaluate_model(spec, arguments.corpus / "dev", arguments.float32, arguments.beam_size)
            if arguments.write:
                write_report(spec, report)


if __name__ == "__main__":
    main()
