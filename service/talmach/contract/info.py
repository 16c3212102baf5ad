"""What GetServerInfo tells about a server: plain values, put together where the server is built."""

from collections.abc import Callable
from dataclasses import dataclass

from talmach.catalog.manifest import MAX_BEAM_SIZE, ModelSpec
from talmach.engine.base import Direction

MAX_GLOSSARY_ENTRIES = 500
MAX_TERM_CHARS = 200
MAX_BATCH_ITEMS_IN_FLIGHT = 32
MIN_KEEPALIVE_INTERVAL_MS = 10_000
# A reply holds each character of a request up to three times (source, segment, whole text) in UTF-8, two bytes for
# Cyrillic, and spans beside it: with 16 bytes for each, what is accepted can also be answered.
_REPLY_BYTES_PER_CHAR = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server accepts; characters are Unicode code points."""

    max_text_chars: int
    max_texts: int
    max_message_bytes: int
    max_batch_streams: int
    max_batch_streams_per_caller: int
    stream_idle_ms: int
    max_connection_age_ms: int  # 0 = none
    max_connection_age_grace_ms: int
    max_glossary_entries: int = MAX_GLOSSARY_ENTRIES  # do-not-translate phrases included
    max_term_chars: int = MAX_TERM_CHARS
    max_beam_size: int = MAX_BEAM_SIZE
    max_batch_items_in_flight: int = MAX_BATCH_ITEMS_IN_FLIGHT
    min_keepalive_interval_ms: int = MIN_KEEPALIVE_INTERVAL_MS  # of a client's pings

    @property
    def max_request_chars(self) -> int:
        """Characters of all texts of one request together."""
        return max(self.max_text_chars, self.max_message_bytes // _REPLY_BYTES_PER_CHAR)


@dataclass(frozen=True, slots=True)
class LanguagePair:
    """A direction that can be asked for."""

    direction: Direction
    default_model: str  # used when a request names none; with a pivot, the model of the first half
    pivot: str = ""  # language in between; empty = direct


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model of the manifest and how it really runs here."""

    spec: ModelSpec
    compute_type: str  # in effect, not the one asked for
    device: str


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The description of a server; constant while it runs, but for the models that are in memory."""

    version: str
    pairs: tuple[LanguagePair, ...]
    models: tuple[LoadedModel, ...]
    limits: Limits
    in_memory: Callable[[], frozenset[str]]  # ids of the models whose weights are there now
