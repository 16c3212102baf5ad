"""The translation memory: hypotheses of sentences that the models have seen, asked before the queue.

memory  what the use case talks to: keys, tiers in order, what may be remembered
keys    what an answer belongs to, as a hash
tier    what a tier is
local   the tier in this process: least recently used out first, bounded in bytes
shared  the tier in Redis, for several replicas; its failure never fails a call
"""

from talmach.memory.keys import fingerprint
from talmach.memory.local import LocalTier
from talmach.memory.memory import TranslationMemory
from talmach.memory.tier import Tier

__all__ = ["LocalTier", "Tier", "TranslationMemory", "fingerprint"]
