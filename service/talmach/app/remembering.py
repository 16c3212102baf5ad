"""The translation memory as the settings want it."""

from importlib.metadata import version

from talmach.app.loading import Engines
from talmach.config import Settings
from talmach.engine.ct2 import LIBRARY
from talmach.memory import LocalTier, Tier, TranslationMemory, fingerprint
from talmach.metrics import Metrics


def open_memory(settings: Settings, engines: Engines, metrics: Metrics) -> TranslationMemory | None:
    """Return the memory, None when it is off; a Redis is not connected to before it is asked."""
    tiers: list[Tier] = []
    if settings.cache_mib:
        tiers.append(LocalTier(settings.cache_mib << 20, metrics))
    if settings.redis_url is not None:
        from talmach.memory.shared import SharedTier  # noqa: PLC0415  # needs an extra

        url, timeout_s = settings.redis_url.get_secret_value(), settings.redis_timeout_ms / 1_000
        tiers.append(SharedTier(url, timeout_s=timeout_s, ttl_s=settings.redis_ttl_s, metrics=metrics))
    # How a sentence is prepared for its model, and how a hypothesis is read, is up to the release.
    fingerprints = {
        spec.id: fingerprint(spec.files, LIBRARY, engine.compute_type, version("talmach"))
        for spec, engine in engines.translators
    }
    return TranslationMemory(tiers, fingerprints) if tiers else None
