"""All Prometheus objects of the service, in one place; other modules get a `Metrics` and never make their own.

Labels come only from closed sets (methods of the contract, status codes, enumerations, model ids of the manifest):
a label that a caller can choose would let one client fill the server's memory.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
WAIT_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
SENTENCES_BUCKETS = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32)
TOKENS_BUCKETS = (16, 32, 64, 128, 192, 256, 320, 384, 448, 512)
RATIO_BUCKETS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75)


class Metrics:
    """The service's metrics on one registry; a test makes its own, the server shares one."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._add_rpc()
        self._add_queue()
        self._add_batches()
        self._add_results()

    def _add_rpc(self) -> None:
        at = self.registry
        self.rpc_requests = Counter("talmach_rpc_requests", "Finished calls.", ["method", "code"], registry=at)
        self.rpc_latency_s = Histogram(
            "talmach_rpc_latency_seconds", "Whole call.", ["method"], buckets=LATENCY_BUCKETS_S, registry=at
        )
        self.rpc_in_flight = Gauge("talmach_rpc_in_flight", "Calls being served now.", registry=at)
        self.refused = Counter("talmach_refused", "Calls refused before any work, by reason.", ["reason"], registry=at)

    def _add_queue(self) -> None:
        at = self.registry
        self.queue_sentences = Gauge("talmach_queue_sentences", "Sentences waiting for a worker.", registry=at)
        self.queue_tokens = Gauge("talmach_queue_tokens", "Source tokens waiting for a worker.", registry=at)
        self.queue_wait_s = Histogram(
            "talmach_queue_wait_seconds", "Wait of one sentence.", buckets=WAIT_BUCKETS_S, registry=at
        )
        self.dropped_sentences = Counter(
            "talmach_dropped_sentences",
            "Queued sentences nobody waits for or can translate (cancelled, expired, stuck).",
            ["reason"],
            registry=at,
        )

    def _add_batches(self) -> None:
        at = self.registry
        self.batch_sentences = Histogram(
            "talmach_batch_sentences", "Sentences in one batch.", buckets=SENTENCES_BUCKETS, registry=at
        )
        self.batch_tokens = Histogram(
            "talmach_batch_tokens", "Padded source tokens in one batch.", buckets=TOKENS_BUCKETS, registry=at
        )
        self.batch_padding_ratio = Histogram(
            "talmach_batch_padding_ratio", "Share of padding in one batch.", buckets=RATIO_BUCKETS, registry=at
        )
        self.engine_s = Histogram("talmach_engine_seconds", "One batch.", buckets=LATENCY_BUCKETS_S, registry=at)

        self.stuck_workers = Gauge(
            "talmach_stuck_workers", "Threads in work that does not end, now.", ["model"], registry=at
        )

    def _add_results(self) -> None:
        at = self.registry
        self.source_tokens = Counter("talmach_source_tokens", "Source tokens translated.", registry=at)
        self.target_tokens = Counter("talmach_target_tokens", "Target tokens made.", registry=at)
        self.segments = Counter("talmach_segments", "Segments answered, by status.", ["status"], registry=at)
        self.quality_flags = Counter("talmach_quality_flags", "Flags raised on segments.", ["flag"], registry=at)
        self.model_loaded = Gauge("talmach_model_loaded", "1 when loaded and proven, else 0.", ["model"], registry=at)
