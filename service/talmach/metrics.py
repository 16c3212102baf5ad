"""All Prometheus objects of the service, in one place; other modules get a `Metrics` and never make their own.

Labels come only from closed sets (methods of the contract, status codes, enumerations, model ids of the manifest):
a label that a caller can choose would let one client fill the server's memory.
"""

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
        self._add_server()
        self._add_rpc()
        self._add_queue()
        self._add_batches()
        self._add_results()
        self._add_memory()

    def _add_server(self) -> None:
        at = self.registry
        self.serving = Gauge(
            "talmach_serving", "1 while calls are served, 0 while the server starts or drains.", registry=at
        )
        self.model_loaded = Gauge(
            "talmach_model_loaded",
            "1 when the model was loaded and proven at the start, 0 when it was not yet or could not be.",
            ["model"],
            registry=at,
        )
        self.model_info = Gauge(
            "talmach_model_info",
            "Always 1; how a loaded model runs here.",
            ["model", "version", "compute_type", "device"],
            registry=at,
        )
        self.model_weights_bytes = Gauge(
            "talmach_model_weights_bytes",
            "Memory that the model's weights take, as an estimate; 0 while they are not loaded.",
            ["model"],
            registry=at,
        )
        self.model_loads = Counter(
            "talmach_model_loads", "Times that the model's weights were loaded after the start.", ["model"], registry=at
        )
        self.log_lines_dropped = Counter(
            "talmach_log_lines_dropped", "Log lines that nobody read in time.", registry=at
        )
        self.files_not_reloaded = Gauge(
            "talmach_files_not_reloaded",
            "1 while a file of the settings (tls, clients) cannot be used as it is now, and what it held before is.",
            ["what"],
            registry=at,
        )
        self.certificate_expires_s = Gauge(
            "talmach_certificate_expires_timestamp_seconds",
            "When the server's certificate in use expires, in Unix time; 0 without TLS.",
            registry=at,
        )
        build = Gauge("talmach_build_info", "Always 1; the version of talmach.", ["version"], registry=at)
        build.labels(version("talmach")).set(1)
        ProcessCollector(registry=at)

    def _add_rpc(self) -> None:
        at = self.registry
        self.rpc_requests = Counter("talmach_rpc_requests", "Finished calls.", ["method", "code"], registry=at)
        self.rpc_latency_s = Histogram(
            "talmach_rpc_latency_seconds",
            "Seconds of a whole call, from its arrival to its last reply.",
            ["method"],
            buckets=LATENCY_BUCKETS_S,
            registry=at,
        )
        self.rpc_in_flight = Gauge("talmach_rpc_in_flight", "Calls being served now.", registry=at)
        self.refused = Counter("talmach_refused", "Calls refused before any work, by reason.", ["reason"], registry=at)

    def _add_queue(self) -> None:
        at = self.registry
        self.queue_sentences = Gauge("talmach_queue_sentences", "Sentences waiting for a worker.", registry=at)
        self.queue_tokens = Gauge("talmach_queue_tokens", "Source tokens waiting for a worker.", registry=at)
        self.queue_wait_s = Histogram(
            "talmach_queue_wait_seconds",
            "Seconds that one sentence waited for a worker.",
            buckets=WAIT_BUCKETS_S,
            registry=at,
        )
        self.dropped_sentences = Counter(
            "talmach_dropped_sentences",
            "Queued sentences that nobody waits for or can translate any more, by reason (cancelled, expired, stuck, "
            "not_loaded).",
            ["reason"],
            registry=at,
        )

    def _add_batches(self) -> None:
        at = self.registry
        self.batch_sentences = Histogram(
            "talmach_batch_sentences", "Sentences in one batch.", buckets=SENTENCES_BUCKETS, registry=at
        )
        self.batch_tokens = Histogram(
            "talmach_batch_tokens", "Source tokens in one batch, padding included.", buckets=TOKENS_BUCKETS, registry=at
        )
        self.batch_padding_ratio = Histogram(
            "talmach_batch_padding_ratio",
            "Share of padding in the source tokens of one batch, 0 to 1.",
            buckets=RATIO_BUCKETS,
            registry=at,
        )
        self.engine_s = Histogram(
            "talmach_engine_seconds",
            "Seconds that the engine took for one batch.",
            buckets=LATENCY_BUCKETS_S,
            registry=at,
        )
        self.engine_failures = Counter(
            "talmach_engine_failures",
            "Batches that the engine failed on; their sentences are tried again.",
            registry=at,
        )

        self.stuck_workers = Gauge(
            "talmach_stuck_workers", "Threads in work that does not end, now.", ["model"], registry=at
        )

    def _add_results(self) -> None:
        at = self.registry
        self.source_tokens = Counter("talmach_source_tokens", "Source tokens translated.", registry=at)
        self.target_tokens = Counter("talmach_target_tokens", "Target tokens made.", registry=at)
        self.segments = Counter("talmach_segments", "Segments answered, by status.", ["status"], registry=at)
        self.quality_flags = Counter(
            "talmach_quality_flags", "Quality flags raised on segments.", ["flag"], registry=at
        )

    def _add_memory(self) -> None:
        at = self.registry
        self.cache_lookups = Counter(
            "talmach_cache_lookups",
            "Parts of sentences looked up in the cache, by tier (local, redis) and result (hit, miss).",
            ["tier", "result"],
            registry=at,
        )
        self.cache_bytes = Gauge("talmach_cache_bytes", "Memory that the local tier takes.", registry=at)
        self.cache_redis_errors = Counter(
            "talmach_cache_redis_errors", "Requests to Redis that failed or were too slow.", registry=at
        )
