"""The cache: hypotheses of sentences that the models have seen, asked before the queue.

hypothesis_cache  what the use case talks to: keys, tiers in order, what may be kept; what a tier is
local             the tier in this process: least recently used out first, bounded in bytes
shared            the tier in Redis, for several replicas; its failure never fails a call
"""

from talmach.cache.hypothesis_cache import HypothesisCache, Tier, fingerprint
from talmach.cache.local import LocalTier

__all__ = ["HypothesisCache", "LocalTier", "Tier", "fingerprint"]
