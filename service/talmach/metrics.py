"""All Prometheus objects of the service, in one place; other modules get a `Metrics` and never make their own.

Labels come only from closed sets (methods of the contract, status codes, enumerations, model ids of the manifest):
a label that a caller can choose would let one client fill the server's memory.
"""

from functools import partial
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
WAIT_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
SENTENCES_BUCKETS = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32)
TOKENS_BUCKETS = (16, 32, 64, 128, 192, 256, 320, 384, 448, 512)
RATIO_BUCKETS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75)


class Metrics:
    """The service's metrics on one registry; a test makes its own, the server shares one."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        gauge, counter = partial(Gauge, registry=self.registry), partial(Counter, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)

        # The server.
        self.serving = gauge(
            "talmach_serving",
            "1 while calls are served, 0 while the server starts or drains, or a model has no worker left.",
        )
        self.model_loaded = gauge(
            "talmach_model_loaded",
            "1 when the model was loaded and proven at the start, 0 when it was not yet or could not be.",
            ["model"],
        )
        self.model_info = gauge(
            "talmach_model_info",
            "Always 1; how a loaded model runs here.",
            ["model", "version", "compute_type", "device"],
        )
        self.model_weights_bytes = gauge(
            "talmach_model_weights_bytes",
            "Memory that the model's weights take, as an estimate; 0 while they are not loaded.",
            ["model"],
        )
        self.model_loads = counter(
            "talmach_model_loads", "Times that the model's weights were loaded after the start.", ["model"]
        )
        self.log_lines_dropped = counter(
            "talmach_log_lines_dropped", "Log lines that nobody read in time, or that could not be written."
        )
        self.files_not_reloaded = gauge(
            "talmach_files_not_reloaded",
            "1 while a file of the settings (tls, clients) cannot be used as it is now, and what it held before is.",
            ["what"],
        )
        self.certificate_expires_s = gauge(
            "talmach_certificate_expires_timestamp_seconds",
            "When the server's certificate in use expires, in Unix time; 0 without TLS.",
        )
        self.connections = gauge("talmach_connections", "Connections that a door (grpc, http) has now.", ["door"])
        self.max_connections = gauge(
            "talmach_max_connections", "Connections that a door takes; any beyond are closed at once.", ["door"]
        )
        build = gauge("talmach_build_info", "Always 1; the version of talmach.", ["version"])
        build.labels(version("talmach")).set(1)
        ProcessCollector(registry=self.registry)

        # Calls.
        self.rpc_requests = counter("talmach_rpc_requests", "Finished calls.", ["method", "code"])
        self.rpc_latency_s = histogram(
            "talmach_rpc_latency_seconds",
            "Seconds of a whole call, from its arrival to its last reply.",
            ["method"],
            buckets=LATENCY_BUCKETS_S,
        )
        self.rpc_in_flight = gauge("talmach_rpc_in_flight", "Calls being served now.")
        self.refused = counter("talmach_refused", "Calls refused before any work, by reason.", ["reason"])

        # The queue.
        self.queue_sentences = gauge("talmach_queue_sentences", "Sentences waiting for a worker.")
        self.queue_tokens = gauge("talmach_queue_tokens", "Source tokens waiting for a worker.")
        self.queue_wait_s = histogram(
            "talmach_queue_wait_seconds", "Seconds that one sentence waited for a worker.", buckets=WAIT_BUCKETS_S
        )
        self.dropped_sentences = counter(
            "talmach_dropped_sentences",
            "Queued sentences that nobody waits for or can translate any more, by reason (cancelled, expired, stuck, "
            "not_loaded).",
            ["reason"],
        )

        # Batches and the engine.
        self.batch_sentences = histogram(
            "talmach_batch_sentences", "Sentences in one batch.", buckets=SENTENCES_BUCKETS
        )
        self.batch_tokens = histogram(
            "talmach_batch_tokens", "Source tokens in one batch, padding included.", buckets=TOKENS_BUCKETS
        )
        self.batch_padding_ratio = histogram(
            "talmach_batch_padding_ratio",
            "Share of padding in the source tokens of one batch, 0 to 1.",
            buckets=RATIO_BUCKETS,
        )
        self.engine_s = histogram(
            "talmach_engine_seconds", "Seconds that the engine took for one batch.", buckets=LATENCY_BUCKETS_S
        )
        self.engine_failures = counter(
            "talmach_engine_failures", "Batches that the engine failed on; their sentences are tried again."
        )
        self.stuck_workers = gauge("talmach_stuck_workers", "Threads in work that does not end, now.", ["model"])

        # Results.
        self.source_tokens = counter("talmach_source_tokens", "Source tokens translated.")
        self.target_tokens = counter("talmach_target_tokens", "Target tokens made.")
        self.segments = counter("talmach_segments", "Segments answered, by status.", ["status"])
        self.quality_flags = counter("talmach_quality_flags", "Quality flags raised on segments.", ["flag"])

        # The cache.
        self.cache_lookups = counter(
            "talmach_cache_lookups",
            "Parts of sentences looked up in the cache, by tier (local, redis) and result (hit, miss).",
            ["tier", "result"],
        )
        self.cache_bytes = gauge("talmach_cache_bytes", "Memory that the local tier takes.")
        self.cache_redis_errors = counter(
            "talmach_cache_redis_errors", "Requests to Redis that failed or were too slow."
        )
