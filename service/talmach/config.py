"""Settings: the only reader of the environment.

Every setting is a variable `TALMACH_<NAME>`; an unknown one stops the start with the closest known name, because a
misspelled limit is no limit.
"""

import difflib
import importlib.util
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from talmach.errors import InvalidSettings

PREFIX = "TALMACH_"


# Kubernetes puts these into every pod beside a Service called `talmach`; nobody misspelled them.
_SERVICE_LINK = re.compile(r"TALMACH_(SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_\w+)")
_MAX_PORT = 65_535


def is_host_port(value: str) -> bool:
    """Say whether a value is HOST:PORT, such as a server can listen on."""
    host, _, port = value.rpartition(":")
    is_port = port.isascii() and port.isdigit() and int(port) <= _MAX_PORT
    # A URL has a slash; what is not ASCII is no host that can be listened on.
    return bool(host) and host.isascii() and "/" not in host and is_port


def _host_port(value: str) -> str:
    if not is_host_port(value):
        raise ValueError("is not HOST:PORT, such as 127.0.0.1:50051 or [::1]:50051")
    return value


def _host_port_or_empty(value: str) -> str:
    return _host_port(value) if value else value


def _endpoint_or_empty(value: str) -> str:
    if value and not (re.fullmatch(r"https?://[^\s/]+/?", value) and _has_port_or_none(value)):
        raise ValueError("is not a URL such as http://127.0.0.1:4317")
    return value


def _has_port_or_none(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _redis(value: SecretStr) -> SecretStr:
    # The message must not repeat any of it: it may hold a password.
    try:
        parts = urlsplit(value.get_secret_value())
        is_url = parts.scheme in {"redis", "rediss", "unix"} and bool(parts.hostname or parts.path) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise ValueError("is not redis://[USER:PASSWORD@]HOST:PORT/NUMBER (or rediss://, unix://)")
    if importlib.util.find_spec("redis") is None:
        raise ValueError("needs a package that is not installed: pip install 'talmach[redis]'")
    return value


def _origins(value: str) -> str:
    if value != "*" and not all(re.fullmatch(r"https?://[^\s/*]+", each) for each in value.split(",") if value):
        raise ValueError("is not a list such as https://example.org,https://www.example.org, nor *")
    return value


Address = Annotated[str, AfterValidator(_host_port)]
OptionalAddress = Annotated[str, AfterValidator(_host_port_or_empty)]
OptionalEndpoint = Annotated[str, AfterValidator(_endpoint_or_empty)]
ComputeType = Literal[
    "auto", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16", "float32"
]


class Settings(BaseSettings):
    """What an operator can set; values are checked once, at the start, and never change afterwards."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, case_sensitive=False, frozen=True, extra="forbid"
    )

    address: Address = Field("127.0.0.1:50051", description="`HOST:PORT` that the gRPC server listens on")
    http_address: OptionalAddress = Field(
        "", description="`HOST:PORT` of the HTTP API and the page; empty = none; needs the extra `http`"
    )
    http_origins: Annotated[str, AfterValidator(_origins)] = Field(
        "",
        description="origins of other sites whose pages may call the HTTP API, such as `https://example.org`, with "
        "commas between them; `*` = all; empty = none",
    )
    metrics_address: OptionalAddress = Field("", description="`HOST:PORT` of the Prometheus page; empty = no page")
    otlp_endpoint: OptionalEndpoint = Field(
        "", description="URL of the OTLP/gRPC collector that traces go to; empty = no traces; needs the extra `otel`"
    )
    reflection: bool = Field(default=True, description="serve gRPC reflection, for grpcurl and the like")
    clients_file: Path | None = Field(
        None, description="TOML file of the clients, their tokens and quotas; empty = every caller is let in"
    )
    tls_cert_file: Path | None = Field(
        None, description="PEM file of the server's certificate, and those between it and its root; empty = no TLS"
    )
    tls_key_file: Path | None = Field(None, description="PEM file of the private key of that certificate")
    tls_client_ca_file: Path | None = Field(
        None, description="PEM file of certificates; clients must show one that is signed by one of them"
    )
    allow_plaintext: bool = Field(default=False, description="listen without TLS on addresses other than loopback")

    models_dir: Path | None = Field(
        None,
        description="directory of pulled models, beside which the packaged ones are served, or one with a "
        "`manifest.toml` that lists all; empty = `talmach/models` in the user's data directory",
    )
    models_memory_mib: int = Field(
        0,
        ge=0,
        le=16_777_216,
        description="MiB that the weights of all loaded models may take; others are loaded when needed; 0 = no limit",
    )
    pivot: bool = Field(
        default=True, description="translate pairs that no model has through a third language, by two models"
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="`auto`, `cpu` or `cuda`; `auto` takes a GPU")
    compute_type: ComputeType = Field(
        "auto",
        description="a CTranslate2 compute type; `auto` = `int8` on the CPU, `float16` or what a model says on a GPU",
    )
    workers: int = Field(
        0,
        ge=0,
        le=1_024,
        description="batches of one model at once; 0 = as many as the CPU has cores for, two on a GPU",
    )
    threads_per_worker: int = Field(1, ge=1, le=256, description="CPU threads of one worker")

    max_batch_tokens: int | None = Field(
        None, ge=16, le=65_536, description="padded source tokens in one batch; empty = 512 on the CPU, 8192 on a GPU"
    )
    max_batch_size: int | None = Field(
        None, ge=1, le=1_024, description="sentences in one batch; empty = 32 on the CPU, 256 on a GPU"
    )
    max_queue_tokens: int = Field(
        200_000,
        ge=1_024,
        le=100_000_000,
        description="source tokens that may wait for one model; beyond it calls are refused",
    )

    cache_mib: int = Field(64, ge=0, le=1_048_576, description="MiB of translations kept in memory; 0 = none")
    redis_url: Annotated[SecretStr, AfterValidator(_redis)] | None = Field(
        None, description="`redis://…` of a cache that replicas share; empty = none"
    )
    redis_timeout_ms: int = Field(
        100, ge=1, le=10_000, description="milliseconds that a call waits for Redis before it does without"
    )
    redis_ttl_s: int = Field(604_800, ge=1, le=31_536_000, description="seconds that Redis keeps a translation")

    max_text_chars: int = Field(
        100_000, ge=1, le=10_000_000, description="characters of one article (headline, lead and body together)"
    )
    max_texts: int = Field(1_024, ge=1, le=100_000, description="texts in one call")
    max_message_bytes: int = Field(
        8_388_608, ge=65_536, le=268_435_456, description="bytes of one gRPC message, and of one body by HTTP"
    )
    max_concurrent_calls: int = Field(1_024, ge=1, le=100_000, description="calls served at once; more are refused")
    stream_idle_s: float = Field(
        60.0, ge=1, le=86_400, description="seconds after which a stream ends if its caller sends and takes nothing"
    )
    max_connection_age_s: float = Field(
        0.0,
        ge=0,
        le=86_400,
        description="seconds after which a gRPC connection is closed, a tenth more or less; 0 = never",
    )
    max_connection_age_grace_s: float = Field(
        600.0, ge=1, le=86_400, description="seconds that the calls on a connection that is too old have to finish"
    )
    drain_timeout_s: float = Field(30.0, ge=0, le=3_600, description="seconds that calls have to finish at shutdown")
    engine_timeout_s: float = Field(
        120.0, ge=1, le=3_600, description="seconds after which a batch fails and its worker counts as stuck"
    )
    low_confidence_score: float | None = Field(
        None,
        ge=-100,
        le=0,
        description="mean log-probability per token below which a segment is LOW_CONFIDENCE; empty = as its model says",
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="lowest level that is logged")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="`json`, `console` or `auto` (console on a terminal, else JSON)"
    )


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` (field name = value) win over it.

    Raises:
        InvalidSettings: variables are unknown, malformed or out of bounds; all of them are named.

    """
    problems = _unknown_variables(os.environ)
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the types
    except ValidationError as error:
        problems += [
            f"{_variable(str(each['loc'][0]))}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors(include_url=False)
        ]
        raise InvalidSettings("\n".join(problems)) from error
    problems += _contradictions(settings)
    if problems:
        raise InvalidSettings("\n".join(problems))
    return settings


def _contradictions(settings: Settings) -> list[str]:
    cert, key = (_variable(name) for name in ("tls_cert_file", "tls_key_file"))
    problems = []
    if settings.tls_cert_file and not settings.tls_key_file:
        problems.append(f"{key}: is needed with {cert}")
    if settings.tls_key_file and not settings.tls_cert_file:
        problems.append(f"{cert}: is needed with {key}")
    if settings.tls_client_ca_file and not (settings.tls_cert_file or settings.tls_key_file):
        problems.append(f"{_variable('tls_client_ca_file')}: needs {cert} and {key}")
    is_plaintext = not (settings.tls_cert_file or settings.tls_key_file)
    for name in ("address", "http_address"):
        address = getattr(settings, name)
        if address and is_plaintext and not settings.allow_plaintext and not _is_loopback(address):
            problems.append(
                f"{_variable(name)}: {address} is not a loopback address, and everything would go over "
                f"the network in plaintext; set {cert} and {key}, or {_variable('allow_plaintext')}=true"
            )
    return problems


def _is_loopback(address: str) -> bool:
    """Say whether HOST:PORT can only be reached from the same machine."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = [_variable(field) for field in Settings.model_fields]
    # pydantic reads them in small letters, too.
    names = [name for name in sorted(environment) if name.upper().startswith(PREFIX) and name.upper() not in known]
    return [f"{name}: is not a setting{_suggestion(name)}" for name in names if not _SERVICE_LINK.fullmatch(name)]


def _suggestion(variable: str) -> str:
    field = variable[len(PREFIX) :].lower()
    closest = difflib.get_close_matches(field, Settings.model_fields, n=1)
    return f" (did you mean {_variable(closest[0])}?)" if closest else ""
