"""The files of deploy/ that Prometheus and Grafana read: checked by Prometheus itself, and asked of a real server.

No Grafana and no prometheus-adapter can be had here: of theirs, the queries are run, and the files looked at.
"""

import itertools
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from talmach.client import Article, Client, TranslationOptions
from talmach.config import Settings
from tests.e2e.program import TIMEOUT_S, Server, free_address

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "talmach.json").read_text(encoding="utf-8"))
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))
(ADAPTED,) = yaml.safe_load((DEPLOY / "prometheus" / "adapter.yaml").read_text(encoding="utf-8"))["rules"]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
PROMETHEUS, PROMTOOL = shutil.which("prometheus") or "", shutil.which("promtool") or ""
needs_prometheus = pytest.mark.skipif(not PROMETHEUS or not PROMTOOL, reason="Prometheus is not here")
# What did not happen, and what is not used, has no series.
UNSEEN = (
    "talmach_refused_total",
    "talmach_dropped_sentences_total",
    "talmach_quality_flags_total",
    "talmach_model_loads_total",
    "talmach_files_not_reloaded",
    "talmach_certificate_expires_timestamp_seconds",
)
TO_ENGLISH = TranslationOptions(source_language_code="be", target_language_code="en")
TARGET = {"namespace": "news", "pod": "talmach-1"}


def dashboard_queries() -> dict[str, str]:
    """Return what the dashboard asks when all instances are chosen."""
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        .replace("$__rate_interval", "10s")
        .replace("$instance", ".*")
        .replace("$__range", "1h")
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
    }


def adapter_query() -> str:
    """Return what prometheus-adapter asks, its template filled in as for one pod."""
    matchers = ",".join(f'{key}="{value}"' for key, value in TARGET.items())
    return str(ADAPTED["metricsQuery"]).replace("<<.GroupBy>>", "pod").replace("<<.LabelMatchers>>", matchers)


class Watcher:
    """A running Prometheus."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series of an instant query; fails when it is not PromQL."""
        url = f"http://{self._address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply:
            return list(json.load(reply)["data"]["result"])

    def has_value(self, query: str) -> bool:
        """Whether a query has a value above 0."""
        return any(float(series["value"][1]) > 0 for series in self.ask(query))

    def wait_until(self, is_reached: Callable[[], bool]) -> None:
        """Wait for a state of what it has seen."""
        self.wait_for_none(lambda: [] if is_reached() else ["the state"])

    def wait_for_none(self, find: Callable[[], list[str]]) -> None:
        """Wait until nothing is found; fails with what is found at last.

        One scrape that a busy machine makes too slow leaves a server that seems to be down, until the next one.
        """
        end, found = time.monotonic() + TIMEOUT_S, ["an answer"]
        while found:
            assert time.monotonic() < end, found
            with suppress(OSError):
                found = find()
            time.sleep(0.2)


@pytest.fixture(scope="module")
def watcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watcher]:
    """Yield a Prometheus that sees a talmach translate."""
    directory = tmp_path_factory.mktemp("watched")
    server = Server.start(directory)
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {"job_name": "talmach", "static_configs": [{"targets": [server.metrics_address], "labels": TARGET}]}
        ],
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = free_address()
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                PROMETHEUS,
                f"--config.file={directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address={address}",
            ],
            stderr=log,
        )
    try:
        found = Watcher(address)
        found.wait_until(lambda: found.has_value('up{job="talmach"}'))
        with Client(server.address) as client:
            numbers = itertools.count()

            def have_been_seen() -> bool:  # scraped between calls: a rate needs two samples of a counter
                client.translate_article(Article(body=f"У школе {next(numbers)} вучняў."), TO_ENGLISH)
                time.sleep(1)
                return found.has_value("rate(talmach_segments_total[10s])")

            found.wait_until(have_been_seen)
        yield found
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)
        server.kill()


@needs_prometheus
@pytest.mark.parametrize(
    "arguments", ["check config compose.yaml", "check rules alerts.yaml", "test rules alerts.test.yaml"]
)
def test_prometheus_takes_the_files(arguments: str) -> None:
    """Checked by its own tool, and every alert fires when it should; Debian knows no Kubernetes, so not scrape.yaml."""
    done = subprocess.run(
        [PROMTOOL, *arguments.split()], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried_and_explained() -> None:
    """It fires in alerts.test.yaml, and docs/operations.md says what to do then; of no other is there a word."""
    alerts = [rule["alert"] for group in RULES["groups"] for rule in group["rules"]]
    tried = re.findall(r'alertname="(\w+)"', (DEPLOY / "prometheus" / "alerts.test.yaml").read_text(encoding="utf-8"))
    rows = re.findall(
        r"^\| `(Talmach\w+)` \|", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(tried) == set(alerts)
    assert rows == alerts


@needs_prometheus
def test_every_panel_and_alert_can_be_asked(watcher: Watcher) -> None:
    """PromQL, all of it; and panels of what the server has just done are not empty, nor does an alert come."""
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    watcher.wait_for_none(lambda: [rule["alert"] for rule in rules if watcher.ask(rule["expr"])])
    queries = dashboard_queries()
    watcher.wait_for_none(
        lambda: [
            name
            for name, query in queries.items()
            if not watcher.ask(query) and not any(event in query for event in UNSEEN)
        ]
    )


@needs_prometheus
def test_the_autoscaler_has_its_number(watcher: Watcher) -> None:
    """One value for the pod, its mean wait: below a second here, and not missing when nobody calls."""
    (series,) = watcher.ask(adapter_query())
    assert series["metric"] == {"pod": TARGET["pod"]}
    assert 0 < float(series["value"][1]) < 1
    # A while later, with a shorter window, nobody has called.
    idle = adapter_query().replace("[2m]", "[4s]")
    watcher.wait_until(lambda: [float(each["value"][1]) for each in watcher.ask(idle)] == [0.0])


def test_the_autoscaler_asks_for_what_the_adapter_gives() -> None:
    """The rule's name is the autoscaler's metric, and its labels are those that the scrape sets."""
    path = DEPLOY / "kubernetes" / "components" / "autoscaling" / "autoscaler.yaml"
    (metric,) = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]["metrics"]
    assert metric["pods"]["metric"]["name"] == ADAPTED["name"]["as"]
    scrape = yaml.safe_load((DEPLOY / "prometheus" / "scrape.yaml").read_text(encoding="utf-8"))
    set_labels = {each.get("target_label") for each in scrape["scrape_configs"][0]["relabel_configs"]}
    assert ADAPTED["resources"]["overrides"].keys() <= set_labels


def test_compose_starts_what_belongs_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prometheus asks the server, Grafana asks Prometheus, files are there, logs have an end, only loopback is open."""
    for name, service in COMPOSE.items():
        assert all(str(port).startswith("127.0.0.1:") for port in service["ports"]), name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name  # or a log fills the disk
        sources = [str(volume).partition(":")[0] for volume in service.get("volumes", ())]
        assert all((DEPLOY / source).exists() for source in sources), name
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "compose.yaml").read_text(encoding="utf-8"))["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["talmach:9464"]}]
    provisioning = DEPLOY / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "talmach.yaml").read_text())["providers"]
    assert f"./grafana/talmach.json:{provider['options']['path']}/talmach.json:ro" in COMPOSE["grafana"]["volumes"]
    for key, value in COMPOSE["talmach"]["environment"].items():
        monkeypatch.setenv(key, str(value))
    read = Settings()
    assert read.workers == COMPOSE["talmach"]["cpus"]
    assert COMPOSE["talmach"]["mem_limit"] == "2g"  # as on Kubernetes, for the same calls
    assert read.max_concurrent_calls * read.max_message_bytes == 256 * 2**20
    assert int(COMPOSE["talmach"]["stop_grace_period"].removesuffix("s")) > read.drain_timeout_s
