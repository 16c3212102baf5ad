"""The manifest as the README shows it."""

from talmach.catalog.manifest import Manifest, ModelSpec, Score


def models_table(manifest: Manifest) -> str:
    """Return the models as a Markdown table, with the chrF2 or retrieval accuracy of each direction."""
    rows = ["| model | what it is | licence | scores |", "|---|---|---|---|"]
    for spec in manifest.models:
        scores = ", ".join(f"{direction} {_shown(score)}" for direction, score in spec.scores.items())
        rows.append(f"| {_name(spec)} | {spec.architecture} | {spec.licence} | {scores or 'not measured'} |")
    return "\n".join(rows)


def _name(spec: ModelSpec) -> str:
    name = f"[{spec.id}](models/{spec.card})" if spec.card else spec.id
    return f"{name} {spec.version}{' (draft)' if spec.draft else ''}"


def _shown(score: Score) -> str:
    if score.retrieval_accuracy is not None:
        return f"{100 * score.retrieval_accuracy:.1f} %"
    return f"{score.chrf:.1f}" if score.chrf is not None else "?"
