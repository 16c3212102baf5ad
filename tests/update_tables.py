"""Pastes the current tables into the documents, and the alerts into Kubernetes: `python tests/update_tables.py`."""

import re
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase
from pydantic.fields import FieldInfo

from talmach.catalog import manifest, public
from talmach.catalog.manifest import Manifest, ModelSpec, Score
from talmach.catalog.public import PublicModel
from talmach.config import PREFIX, Settings
from talmach.metrics import Metrics

ROOT = Path(__file__).parents[1]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
ALERTS_OF_KUBERNETES = ROOT / "deploy" / "kubernetes" / "components" / "monitoring" / "alerts.yaml"
sys.path.insert(0, str(ROOT))  # a script finds what lies beside it, and the benchmark lies beside its folder
from benchmarks import archive_table  # noqa: E402
from benchmarks.table import read_table  # noqa: E402


def tables() -> list[tuple[str, str, str]]:
    """Return document, marker and content of every table."""
    return [
        ("README.md", "models", models_table(manifest.load(ROOT / "models"))),
        ("docs/models.md", "public", public_table(public.load(ROOT / "models"))),
        ("docs/operations.md", "settings", settings_table()),
        ("docs/operations.md", "metrics", metrics_table()),
        ("docs/archives.md", "archive", archive_table.read_table(ROOT / "models" / "results" / "archive.json")),
        ("docs/benchmarks.md", "benchmark", read_table(ROOT / "models" / "results" / "benchmark.json")),
    ]


def main() -> None:
    """Replace what stands between the markers, and the copy of the alerts."""
    ALERTS_OF_KUBERNETES.write_text(prometheus_rule(), encoding="utf-8")
    for document, name, table in tables():
        path = ROOT / document
        pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
        text, escaped = path.read_text(encoding="utf-8"), table.replace("\\", r"\\")
        text = re.sub(pattern, rf"\g<1>\n{escaped}\n\n\g<2>", text, flags=re.DOTALL)
        path.write_text(text, encoding="utf-8")


def prometheus_rule() -> str:
    """Return the alerts as Prometheus Operator takes them."""
    _, _, groups = ALERTS.read_text(encoding="utf-8").partition("groups:\n")
    return f"""\
# A copy of deploy/prometheus/alerts.yaml, made by tests/update_tables.py.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: talmach
  labels:
    app.kubernetes.io/name: talmach
spec:
  groups:
{textwrap.indent(groups, "  ")}"""


def models_table(manifest: Manifest) -> str:
    """Return the models as a Markdown table, with the chrF2 or retrieval accuracy of each direction."""
    rows = ["| model | what it is | licence | scores |", "|---|---|---|---|"]
    for spec in manifest.models:
        scores = ", ".join(f"{direction} {_score(score)}" for direction, score in spec.scores.items())
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


def settings_table() -> str:
    """Return the settings as a Markdown table: variable, default, bounds, meaning."""
    rows = ["| variable | default | from, to | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "") else f"`{_default(field.default)}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {_bounds(field)} | {field.description} |")
    return "\n".join(rows)


@dataclass(frozen=True)
class Family:
    """One metric of ours, or one that prometheus_client exposes of the process."""

    name: str  # on the page, without the suffixes of a histogram
    kind: str
    labels: tuple[str, ...]
    meaning: str
    series: frozenset[str]  # the names that a query can use


def families() -> list[Family]:
    """Return every family on the page of a server, ours first."""
    metrics = Metrics()
    ours = [_ours(each) for each in metrics.registry._collector_to_names if isinstance(each, MetricWrapperBase)]
    of_process = [
        Family(
            family.samples[0].name,
            family.type,
            (),
            family.documentation,
            frozenset(each.name for each in family.samples),
        )
        for family in metrics.registry.collect()
        if family.name.startswith("process_")
    ]
    return [*ours, *of_process]


def metrics_table() -> str:
    """Return our own metrics as a Markdown table."""
    rows = ["| metric | type | labels | meaning |", "|---|---|---|---|"]
    for each in families():
        if each.name.startswith("talmach_"):
            labels = ", ".join(f"`{label}`" for label in each.labels)
            rows.append(f"| `{each.name}` | {each.kind} | {labels} | {each.meaning} |")
    return "\n".join(rows)


def _name(spec: ModelSpec) -> str:
    name = f"[{spec.id}](models/{spec.card})" if spec.card else spec.id
    return f"{name} {spec.version}{' (draft)' if spec.draft else ''}"


def _score(score: Score) -> str:
    if score.retrieval_accuracy is not None:
        return f"{100 * score.retrieval_accuracy:.1f} %"
    return f"{score.chrf:.1f}" if score.chrf is not None else "?"


def _bounds(field: FieldInfo) -> str:
    bounds = {kind: getattr(each, kind) for each in field.metadata for kind in ("ge", "le") if hasattr(each, kind)}
    return f"{bounds['ge']}, {bounds['le']}" if bounds else ""


def _default(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _ours(metric: MetricWrapperBase) -> Family:
    name, labels = metric._name, tuple(metric._labelnames)
    if isinstance(metric, Counter):
        name += "_total"
    series = {f"{name}_{end}" for end in ("bucket", "sum", "count")} if isinstance(metric, Histogram) else {name}
    return Family(name, str(metric._type), labels, metric._documentation, frozenset(series))


if __name__ == "__main__":
    main()
