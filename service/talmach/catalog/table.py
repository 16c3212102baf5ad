"""The manifest as the README shows it."""

from collections.abc import Iterable

from talmach.catalog.manifest import Manifest, ModelSpec, Score
from talmach.catalog.public import PublicModel


def models_table(manifest: Manifest) -> str:
    """Return the models as a Markdown table, with the chrF2 or retrieval accuracy of each direction."""
    rows = ["| model | what it is | licence | scores |", "|---|---|---|---|"]
    for spec in manifest.models:
        scores = ", ".join(f"{direction} {_shown(score)}" for direction, score in spec.scores.items())
        rows.append(f"| {_name(spec)} | {spec.architecture} | {spec.licence} | {scores or 'not measured'} |")
    return "\n".join(rows)


def public_table(models: Iterable[PublicModel]) -> str:
    """Return the public models as a Markdown table."""
    rows = ["| name | model | does | licence | fetches | scores on its page |", "|---|---|---|---|---|---|"]
    for model in models:
        scores = ", ".join(f"{each.direction} {each.value} {each.metric} ({each.test})" for each in model.scores)
        does = f"translates {', '.join(model.directions)}" if model.directions else "encodes sentences"
        licence = model.licence if model.commercial_use else f"{model.licence}: `--accept-licence`"
        name = f"`{model.set}`" if model.set else f"`{model.id}`"
        size = f"{model.mib:,} MiB" if model.mib else "not looked up"
        rows.append(
            f"| {name} | [{model.repository}]({model.url}) | {does} | {licence} | {size} | {scores or 'none'} |"
        )
    return "\n".join(rows)


def _name(spec: ModelSpec) -> str:
    name = f"[{spec.id}](models/{spec.card})" if spec.card else spec.id
    return f"{name} {spec.version}{' (draft)' if spec.draft else ''}"


def _shown(score: Score) -> str:
    if score.retrieval_accuracy is not None:
        return f"{100 * score.retrieval_accuracy:.1f} %"
    return f"{score.chrf:.1f}" if score.chrf is not None else "?"
