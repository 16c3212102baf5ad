"""What the dashboard and the alerts in deploy/ ask Prometheus for is what a server exposes: names, labels, suffixes."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.update_tables import families

DEPLOY = Path(__file__).parents[1] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "talmach.json").read_text(encoding="utf-8"))
# Prometheus adds these itself: to every series of ours, and one series for every target.
TARGET_LABELS = {"instance", "job"}
SERIES = {name: {*family.labels, *TARGET_LABELS} for family in families() for name in family.series} | {
    "up": TARGET_LABELS
}
FUNCTIONS = {
    "absent",
    "avg",
    "changes",
    "count",
    "histogram_quantile",
    "increase",
    "max",
    "min",
    "rate",
    "scalar",
    "sum",
    "time",
}


@dataclass(frozen=True)
class Query:
    """One PromQL expression of our files, and where it stands; `shown` = the labels that its legend or text names."""

    where: str
    text: str
    shown: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.where

    @property
    def grouping(self) -> set[str]:
        """The labels in `by (...)`."""
        lists = re.findall(r"\bby\s*\(([^)]*)\)", self.text)
        return {label.strip() for each in lists for label in each.split(",")}

    @property
    def selectors(self) -> list[tuple[str, set[str]]]:
        """Each name of a series with the labels that it is matched by."""
        text = re.sub(r"\b(by|on|group_left)\s*\([^)]*\)|\[[^\]]*\]", " ", self.text)
        found = []
        for name, call, matchers in re.findall(r"([a-zA-Z_:][\w:]*)(\s*\()?(?:\{([^}]*)\})?", text):
            if call:
                assert name in FUNCTIONS, f"{name} is no function that this test knows"
            else:
                found.append((name, set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"', matchers))))
        return found


def _of_dashboard() -> Iterator[Query]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            shown = frozenset(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            yield Query(f"{panel['title']} {target['refId']}", target["expr"], shown)


def _of_alerts() -> Iterator[Query]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))
    for rule in [rule for group in rules["groups"] for rule in group["rules"]]:
        shown = frozenset(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        yield Query(rule["alert"], rule["expr"], shown)


QUERIES = [*_of_dashboard(), *_of_alerts()]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_names_what_is_exposed(query: Query) -> None:
    """A renamed metric or label means an empty panel, or an alert that never fires."""
    selectors = query.selectors
    assert selectors
    for name, matched in selectors:
        assert name in SERIES
        assert matched <= SERIES[name]
        assert ("le" in query.grouping) == name.endswith("_bucket")
    # Of a ratio, what is grouped by is on the left.
    assert query.grouping - {"le"} <= SERIES[selectors[0][0]]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_what_is_shown_is_there(query: Query) -> None:
    """A legend or a message names no label that the query has summed away."""
    first = query.selectors[0][0]
    is_summed = re.search(r"\b(sum|min|max|count|avg)\b", query.text)
    assert query.shown <= (query.grouping if is_summed else SERIES[first])


def test_every_metric_is_on_the_dashboard() -> None:
    """What is worth counting is worth a look."""
    asked = {name for query in _of_dashboard() for name, _ in query.selectors}
    unseen = [family.name for family in families() if family.name.startswith("talmach_") and not family.series & asked]
    assert unseen == []


def test_the_dashboard_can_be_imported() -> None:
    """Ids are unique, every panel follows the chosen data source, and no two panels lie on each other."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["datasource"]["uid"] for panel in panels if panel["type"] != "row"} == {"${datasource}"}
    assert {each["name"] for each in DASHBOARD["templating"]["list"]} == {"datasource", "instance"}
    cells = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('sum by (le) (rate(a_bucket{x=~"y.*",z="1"}[5m]))', [("a_bucket", {"x", "z"})]),
        ("a_total / on (b) group_left () c", [("a_total", set()), ("c", set())]),
    ],
)
def test_the_queries_are_read_as_they_are_meant(text: str, names: list[tuple[str, set[str]]]) -> None:
    """The small reader above finds the names and the labels."""
    assert Query("", text).selectors == names
