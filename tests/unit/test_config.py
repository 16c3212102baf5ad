"""Settings: defaults, bounds, and an environment that may not hold anything unknown."""

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from talmach.config import Settings, load_settings
from talmach.errors import InvalidSettings
from tests.update_tables import settings_table


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every TALMACH_* variable away, so that the tests see only their own."""
    for name in list(os.environ):
        if name.startswith("TALMACH_"):
            monkeypatch.delenv(name)


def test_defaults_are_safe() -> None:
    """Without a variable talmach listens on loopback only and accepts an article of 100,000 characters."""
    settings = load_settings()
    assert settings.address == "127.0.0.1:50051"
    assert settings.metrics_address == ""
    assert settings.models_dir is None
    assert settings.max_text_chars >= 100_000
    # Four bytes for each character, and room for the rest of the message.
    assert settings.max_message_bytes > 4 * settings.max_text_chars


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable sets its setting; an empty one is as good as none."""
    monkeypatch.setenv("TALMACH_ADDRESS", "[::1]:6000")
    monkeypatch.setenv("TALMACH_WORKERS", "3")
    monkeypatch.setenv("TALMACH_REFLECTION", "false")
    monkeypatch.setenv("TALMACH_MODELS_DIR", "elsewhere")
    monkeypatch.setenv("TALMACH_CLIENTS_FILE", "")
    settings = load_settings()
    assert (settings.address, settings.workers, settings.reflection) == ("[::1]:6000", 3, False)
    assert (settings.models_dir, settings.clients_file) == (Path("elsewhere"), None)


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command-line option overrides its variable."""
    monkeypatch.setenv("TALMACH_ADDRESS", "0.0.0.0:1")
    assert load_settings(address="localhost:2").address == "localhost:2"


def test_a_misspelled_variable_is_refused_with_the_right_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that was misspelled would be a limit that is not there."""
    monkeypatch.setenv("TALMACH_MAX_TEXT_CHAR", "10")
    with pytest.raises(InvalidSettings, match=r"TALMACH_MAX_TEXT_CHAR: .*did you mean TALMACH_MAX_TEXT_CHARS\?"):
        load_settings()


def test_small_letters_are_no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """They set a setting, too, so what they misspell is refused as well."""
    monkeypatch.setenv("talmach_workers", "3")
    assert load_settings().workers == 3
    monkeypatch.setenv("talmach_max_text_char", "10")
    with pytest.raises(InvalidSettings, match=r"talmach_max_text_char: .*did you mean TALMACH_MAX_TEXT_CHARS\?"):
        load_settings()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_nonsense_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line that names the setting; any text is a path, and what is wrong with that shows when it is read."""
    variable = f"TALMACH_{name.upper()}"
    if Settings.model_fields[name].annotation != Path | None:
        monkeypatch.setenv(variable, "nonsense, nan")
        with pytest.raises(InvalidSettings) as caught:
            load_settings()
        assert re.fullmatch(rf"{variable}: .+", str(caught.value))
    for beyond in [
        getattr(each, kind) + step
        for each in Settings.model_fields[name].metadata
        for kind, step in (("ge", -1), ("le", 1))
        if hasattr(each, kind)
    ]:
        monkeypatch.setenv(variable, str(beyond))
        with pytest.raises(InvalidSettings, match=f"{variable}: "):
            load_settings()


@pytest.mark.parametrize("value", ["example.org", "https://*.example.org", "https://example.org/x", "https://a,,b"])
def test_origins_are_those_of_browsers(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A scheme and a host, with commas between several, or `*`: anything else would never match."""
    monkeypatch.setenv("TALMACH_HTTP_ORIGINS", "https://example.org,http://localhost:8080")
    assert load_settings().http_origins == "https://example.org,http://localhost:8080"
    assert load_settings(http_origins="*").http_origins == "*"
    monkeypatch.setenv("TALMACH_HTTP_ORIGINS", value)
    with pytest.raises(InvalidSettings, match="TALMACH_HTTP_ORIGINS: is not a list such as"):
        load_settings()


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start is enough to learn everything that is wrong, by variable."""
    monkeypatch.setenv("TALMACH_XYZ", "1")
    monkeypatch.setenv("TALMACH_MAX_BATCH_SIZE", "0")
    monkeypatch.setenv("TALMACH_DEVICE", "tpu")
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["TALMACH_XYZ", "TALMACH_DEVICE", "TALMACH_MAX_BATCH_SIZE"]
    assert lines[0] == "TALMACH_XYZ: is not a setting"


def test_kubernetes_service_links_are_not_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a Service called talmach, Kubernetes sets these in every pod."""
    monkeypatch.setenv("TALMACH_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("TALMACH_SERVICE_PORT_GRPC", "50051")
    monkeypatch.setenv("TALMACH_PORT", "tcp://10.0.0.1:50051")
    monkeypatch.setenv("TALMACH_PORT_50051_TCP_ADDR", "10.0.0.1")
    assert load_settings() == Settings()


@pytest.mark.parametrize("address", ["", "50051", ":50051", "host:", "host:port", "host:70000", "host:-1", "host:٣"])
def test_addresses_are_checked(address: str) -> None:
    """An address is HOST:PORT, said before a socket is opened."""
    with pytest.raises(InvalidSettings, match=r"TALMACH_ADDRESS: .*HOST:PORT"):
        load_settings(address=address)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "localhost:1"])
def test_plaintext_stays_on_the_machine(address: str) -> None:
    """Loopback needs no TLS."""
    assert load_settings(address=address).address == address


@pytest.mark.parametrize("address", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "talmach.example:1", "localhost.example:1"])
def test_plaintext_on_the_network_must_be_asked_for(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other address needs TLS, or a word of the operator."""
    with pytest.raises(InvalidSettings) as caught:
        load_settings(address=address)
    line = str(caught.value)
    assert line.startswith(f"TALMACH_ADDRESS: {address} is not a loopback address")
    assert "TALMACH_ALLOW_PLAINTEXT=true" in line
    assert load_settings(address=address, tls_cert_file="cert.pem", tls_key_file="key.pem").address == address
    monkeypatch.setenv("TALMACH_ALLOW_PLAINTEXT", "true")
    assert load_settings(address=address).address == address


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["CERT"], "TALMACH_TLS_KEY_FILE: is needed with TALMACH_TLS_CERT_FILE"),
        (["KEY"], "TALMACH_TLS_CERT_FILE: is needed with TALMACH_TLS_KEY_FILE"),
        (["CLIENT_CA"], "TALMACH_TLS_CLIENT_CA_FILE: needs TALMACH_TLS_CERT_FILE and TALMACH_TLS_KEY_FILE"),
    ],
)
def test_half_of_tls_is_none(given: list[str], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names one file of TLS means to encrypt: what is missing is named, whatever the address."""
    for name in given:
        monkeypatch.setenv(f"TALMACH_TLS_{name}_FILE", "some.pem")
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    assert str(caught.value) == problem


def test_settings_never_change() -> None:
    """What was checked at the start holds until the end."""
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.workers = 2  # type: ignore[misc]


def test_every_setting_is_documented() -> None:
    """The table has a described row for each setting, with its default and its bounds."""
    head, rule, *rows = settings_table().splitlines()
    assert (head, rule) == ("| variable | default | from, to | meaning |", "|---|---|---|---|")
    assert len(rows) == len(Settings.model_fields)
    assert all(Settings.model_fields[name].description for name in Settings.model_fields)
    assert "| `TALMACH_REFLECTION` | `true` |  | serve gRPC reflection, for grpcurl and the like |" in rows
    assert "| `TALMACH_REDIS_TIMEOUT_MS` | `100` | 1, 10000 | milliseconds" in settings_table()
    assert "| `TALMACH_METRICS_ADDRESS` |  |  | `HOST:PORT` of the Prometheus page; empty = no page |" in rows


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://a:99999",
        "http://a:b",
        "127.0.0.1:4317",
        "ftp://collector:4317",
        "http://",
        "http://a b",
        "http://a/v1/traces",
    ],
)
def test_the_collector_is_a_url(endpoint: str) -> None:
    """Of a host and no path, said before the first span is lost."""
    with pytest.raises(InvalidSettings, match=r"TALMACH_OTLP_ENDPOINT: .*URL"):
        load_settings(otlp_endpoint=endpoint)
    assert load_settings(otlp_endpoint="https://collector:4317/").otlp_endpoint == "https://collector:4317/"


@pytest.mark.parametrize(
    "url", ["localhost:6379", "http://localhost/0", "redis://", "redis://user:geheim", "redis://:geheim@host:port/0"]
)
def test_a_wrong_redis_url_is_refused_without_its_password(url: str) -> None:
    """The form is named, and nothing of the value."""
    with pytest.raises(InvalidSettings, match="TALMACH_REDIS_URL: is not redis://") as caught:
        load_settings(redis_url=url)
    assert "geheim" not in str(caught.value)


def test_a_redis_url_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install, before anything is loaded; with the package, the password stays out of sight."""
    url = "redis://:geheim@localhost:6379/0"
    assert "geheim" not in repr(load_settings(redis_url=url))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InvalidSettings, match=r"TALMACH_REDIS_URL: needs .*talmach\[redis\]"):
        load_settings(redis_url=url)
