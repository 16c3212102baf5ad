"""What Kustomize makes of deploy/kubernetes: valid to the API's own schemas, and sound by what was measured.

There is no cluster here: nothing of this was applied to one.
"""

import json
import re
import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from talmach.access.connections import max_connections
from talmach.config import Settings
from tests.update_tables import ALERTS, ALERTS_OF_KUBERNETES, prometheus_rule

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
KUSTOMIZATIONS = ["overlays/cpu", "overlays/gpu", "overlays/tls", "models"]
OVERLAYS = KUSTOMIZATIONS[:3]
# The pause in `preStop` needs 1.30.
VERSIONS = ["1.30", "1.37"]
CONNECTION_KIB = 52 + 45  # one by gRPC and one by HTTP; measured with 1,024 of each, docs/operations.md
COPIES = 5  # of a message, at most; measured with many more callers than places, docs/operations.md
CUSTOM = {"PrometheusRule", "ServiceMonitor"}
WORST_HEALTH_S = 0.5  # the bar of benchmarks.attacks
_UNITS = {"m": 0.001, "": 1, "Mi": 2**20, "Gi": 2**30}

KUBECTL = shutil.which("kubectl") or ""
pytestmark = pytest.mark.skipif(not KUBECTL, reason="kubectl is not here")
Object = dict[str, Any]


def render(directory: Path) -> list[Object]:
    """Return the objects that `kubectl apply -k` would send."""
    done = subprocess.run([KUBECTL, "kustomize", str(directory)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@cache
def objects(name: str) -> dict[str, Object]:
    """Return the objects of one of our kustomizations by kind."""
    found = render(KUBERNETES / name)
    assert len({each["kind"] for each in found}) == len(found)
    return {each["kind"]: each for each in found}


def container(pod: Object) -> Object:
    """Return the container of a pod that has one."""
    (only,) = pod["containers"]
    return dict(only)


def pod_of(name: str) -> Object:
    """Return the pod that the deployment of an overlay makes."""
    return dict(objects(name)["Deployment"]["spec"]["template"]["spec"])


def environment(name: str) -> dict[str, str]:
    """Return the settings of the server's container."""
    return {each["name"]: each["value"] for each in container(pod_of(name)).get("env", ())}


def settings(name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return them as the server reads them: an unknown one, or a wrong value, is an error."""
    for key, value in environment(name).items():
        monkeypatch.setenv(key, value)
    return Settings()


def number(quantity: str) -> float:
    """Read a quantity of Kubernetes: "500m", "512Mi", "2"."""
    matched = re.fullmatch(r"(\d+)(\D*)", quantity)
    assert matched
    return int(matched[1]) * _UNITS[matched[2]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_every_object_is_valid(name: str, version: str) -> None:
    """Strictly: a key that the API does not know is an error. Custom resources have no schema there."""
    for kind, each in objects(name).items():
        if kind not in CUSTOM:
            kubernetes_validate.validate(each, version, strict=True)


def test_the_validator_would_notice() -> None:
    """A misspelt key and a wrong type, deep in a deployment."""
    wrong = json.loads(json.dumps(objects("overlays/cpu")["Deployment"]))
    wrong["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["periodSecond"] = 5
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@pytest.mark.parametrize("name", OVERLAYS)
def test_everything_means_the_same_pods(name: str) -> None:
    """Service, budget, policy and spread select the pods by their labels; the job's pods are none of them."""
    found = objects(name)
    template = found["Deployment"]["spec"]["template"]
    selectors = [
        found["Deployment"]["spec"]["selector"]["matchLabels"],
        found["Service"]["spec"]["selector"],
        found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        *(each["labelSelector"]["matchLabels"] for each in template["spec"]["topologySpreadConstraints"]),
    ]
    assert all(each == template["metadata"]["labels"] for each in selectors)
    assert objects("models")["Job"]["spec"]["template"]["metadata"]["labels"] != selectors[0]
    assert found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == found["Deployment"]["metadata"]["name"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_ports_are_those_of_the_container(name: str) -> None:
    """By name, in the Service, the policy and the monitor; by number, those that the image listens on."""
    found = objects(name)
    ports = {each["name"]: each["containerPort"] for each in container(pod_of(name))["ports"]}
    exposed = re.search(r"^EXPOSE (.*)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert exposed
    assert [str(port) for port in ports.values()] == exposed[1].split()
    assert {each["targetPort"] for each in found["Service"]["spec"]["ports"]} == ports.keys()
    rules = found["NetworkPolicy"]["spec"]["ingress"]
    assert {port["port"] for rule in rules for port in rule["ports"]} == ports.keys()
    named = {each["name"] for each in found["Service"]["spec"]["ports"]}
    assert {each["port"] for each in found["ServiceMonitor"]["spec"]["endpoints"]} <= named


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_monitor_finds_the_service(name: str) -> None:
    """A custom resource: the keys that Prometheus Operator needs, and the Service's labels."""
    monitor = objects(name)["ServiceMonitor"]
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert monitor["spec"].keys() == {"selector", "endpoints"}
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    assert wanted <= objects(name)["Service"]["metadata"]["labels"].items()


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_alerts_are_those_of_prometheus(name: str) -> None:
    """The same rules, for Prometheus Operator; `python tests/update_tables.py` copies them."""
    rule = objects(name)["PrometheusRule"]
    assert rule["apiVersion"] == "monitoring.coreos.com/v1"
    assert rule["spec"] == yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    assert ALERTS_OF_KUBERNETES.read_text(encoding="utf-8") == prometheus_rule()


@pytest.mark.parametrize("name", OVERLAYS)
def test_settings_are_known_and_fit_the_resources(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many workers as processors, and no more memory than the limit in the worst case.

    That is what callers may fill, beside what the server had at most in the benchmark, which takes in the soak.
    """
    read, resources = settings(name, monkeypatch), container(pod_of(name))["resources"]
    assert read.workers == number(resources["limits"]["cpu"])
    result = json.loads((ROOT / "models" / "results" / "benchmark.json").read_text(encoding="utf-8"))
    rows = [row for row in result["rows"] if row["section"] == "memory"]
    measured = max(max(row["values"]) for row in rows) * 2**20
    messages = COPIES * read.max_concurrent_calls * read.max_message_bytes
    connections = CONNECTION_KIB * 2**10 * max_connections(read.max_concurrent_calls)
    assert measured < number(resources["requests"]["memory"])
    assert measured + messages + connections < number(resources["limits"]["memory"])


@pytest.mark.parametrize("name", OVERLAYS)
def test_probes_agree_with_what_was_measured(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Health is answered in time under the worst load, and neither a busy nor a draining pod is killed."""
    read, pod = settings(name, monkeypatch), pod_of(name)
    one = container(pod)
    assert (
        min(one[f"{kind}Probe"]["timeoutSeconds"] for kind in ("startup", "readiness", "liveness")) > WORST_HEALTH_S * 2
    )
    pause = one["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > pause + read.drain_timeout_s
    liveness, readiness, startup = one["livenessProbe"], one["readinessProbe"], one["startupProbe"]
    patience_s = liveness["periodSeconds"] * liveness["failureThreshold"]
    assert patience_s > pod["terminationGracePeriodSeconds"]
    assert patience_s > readiness["periodSeconds"] * readiness.get("failureThreshold", 3)
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 600
    probe = ["httpGet"] if read.tls_cert_file else ["grpc"]
    assert all([key for key in ("httpGet", "grpc") if key in each] == probe for each in (liveness, readiness, startup))


@pytest.mark.parametrize("name", [*OVERLAYS, "models"])
def test_every_pod_is_confined(name: str) -> None:
    """Not root, nothing to gain, nothing to write but volumes, no token of the cluster."""
    found = objects(name)
    pod = found["Job" if name == "models" else "Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    context = container(pod)["securityContext"]
    assert context["readOnlyRootFilesystem"]
    assert not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]}
    mounted = {each["name"] for each in container(pod).get("volumeMounts", ())}
    assert mounted == {each["name"] for each in pod.get("volumes", ())}


def test_tls_has_its_files_from_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file lies in a mounted secret; plaintext is off."""
    read = settings("overlays/tls", monkeypatch)
    mounts = {each["mountPath"] for each in container(pod_of("overlays/tls"))["volumeMounts"]}
    for path in (read.tls_cert_file, read.tls_key_file, read.clients_file):
        assert str(Path(str(path)).parent) in mounts
    assert not read.allow_plaintext
    assert {each["secret"]["secretName"] for each in pod_of("overlays/tls")["volumes"]} == {
        "talmach-tls",
        "talmach-clients",
    }


@pytest.mark.parametrize("name", OVERLAYS)
def test_pulled_models_are_served_from_the_volume(name: str, tmp_path: Path) -> None:
    """With the component, on top of any overlay: read-only, where the image looks for models, filled by the job."""
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "resources": [_relative(KUBERNETES / name, tmp_path)],
                "components": [_relative(KUBERNETES / "components" / "models", tmp_path)],
            }
        )
    )
    (deployment,) = [each for each in render(tmp_path) if each["kind"] == "Deployment"]
    kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)
    pod = deployment["spec"]["template"]["spec"]
    (mount,) = [each for each in container(pod)["volumeMounts"] if each["name"] == "models"]
    (volume,) = [each for each in pod["volumes"] if each["name"] == "models"]
    job = objects("models")["Job"]["spec"]["template"]["spec"]
    assert mount == {"name": "models", "mountPath": "/models", "readOnly": True}
    assert "TALMACH_MODELS_DIR=/models" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert volume["persistentVolumeClaim"]["claimName"] == job["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert {"name": "models", "mountPath": "/models"} in container(job)["volumeMounts"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_image_is_of_this_version(name: str) -> None:
    """A release changes pyproject.toml and these together."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    suffix = "-gpu" if name == "overlays/gpu" else ""
    assert container(pod_of(name))["image"] == f"talmach:{version}{suffix}"
    assert container(objects("models")["Job"]["spec"]["template"]["spec"])["image"] == f"talmach:{version}-convert"


def _relative(path: Path, base: Path) -> str:
    """Kustomize takes no absolute path."""
    return "/".join([".."] * (len(base.resolve().parts) - 1)) + str(path.resolve())
