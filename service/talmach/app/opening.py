"""What the settings name beside the models: the limits, the second door and the cache."""

from importlib.metadata import version
from typing import Any

from talmach.access.gate import stream_shares
from talmach.admission import Admission
from talmach.app.loading import Engines
from talmach.cache import HypothesisCache, LocalTier, Tier, fingerprint
from talmach.config import Settings
from talmach.contract.info import Limits
from talmach.engine.model import LIBRARY
from talmach.errors import InvalidSettings
from talmach.metrics import Metrics

_PREPARATION = {"max_source_tokens", "tokenizer", "prompt", "lengths"}  # keys of a manifest


def limits(settings: Settings) -> Limits:
    """Return what callers have to keep to."""
    max_streams, max_streams_of_one = stream_shares(settings.max_concurrent_calls)
    return Limits(
        max_text_chars=settings.max_text_chars,
        max_texts=settings.max_texts,
        max_message_bytes=settings.max_message_bytes,
        max_batch_streams=max_streams,
        max_batch_streams_per_caller=max_streams_of_one,
        stream_idle_ms=round(1_000 * settings.stream_idle_s),
        max_connection_age_ms=round(1_000 * settings.max_connection_age_s),
        max_connection_age_grace_ms=round(1_000 * settings.max_connection_age_grace_s),
    )


def open_http(settings: Settings, admission: Admission) -> Any:
    """Return the HTTP server, not started; raises UnusableFile, and InvalidSettings without the extra `http`."""
    try:
        # Here, so that a server without HTTP neither needs nor loads its libraries.
        from talmach.http import tls  # noqa: PLC0415
        from talmach.http.server import HttpServer  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InvalidSettings("TALMACH_HTTP_ADDRESS: needs the extra http (pip install 'talmach[http]')") from error
    cert, key = settings.tls_cert_file, settings.tls_key_file
    return HttpServer(
        settings.http_address,
        admission,
        max_message_bytes=settings.max_message_bytes,
        max_concurrent_calls=settings.max_concurrent_calls,
        stream_idle_s=settings.stream_idle_s,
        origins=tuple(filter(None, settings.http_origins.split(","))),
        tls=tls.context(cert, key, settings.tls_client_ca_file) if cert and key else None,
    )


def open_cache(settings: Settings, engines: Engines, metrics: Metrics) -> HypothesisCache | None:
    """Return the cache, None when it is off; it connects to Redis at the first look-up."""
    tiers: list[Tier] = []
    if settings.cache_mib:
        tiers.append(LocalTier(settings.cache_mib << 20, metrics))
    if settings.redis_url is not None:
        from talmach.cache.shared import SharedTier  # noqa: PLC0415  # needs an extra

        url, timeout_s = settings.redis_url.get_secret_value(), settings.redis_timeout_ms / 1_000
        tiers.append(SharedTier(url, timeout_s=timeout_s, ttl_s=settings.redis_ttl_s, metrics=metrics))
    # How sentences are prepared and hypotheses read depends on the release, and on the manifest.
    fingerprints = {
        spec.id: fingerprint(
            spec.files, LIBRARY, engine.compute_type, version("talmach"), spec.model_dump_json(include=_PREPARATION)
        )
        for spec, engine in engines.translators
    }
    return HypothesisCache(tiers, fingerprints) if tiers else None
