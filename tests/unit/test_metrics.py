"""Metrics: names that dashboards rely on, on a registry of their own."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from talmach.metrics import Metrics

NAMES = {
    "talmach_log_lines_dropped",
    "talmach_build_info",
    "talmach_batch_padding_ratio",
    "talmach_batch_sentences",
    "talmach_batch_tokens",
    "talmach_cache_bytes",
    "talmach_cache_lookups",
    "talmach_cache_redis_errors",
    "talmach_certificate_expires_timestamp_seconds",
    "talmach_connections",
    "talmach_dropped_sentences",
    "talmach_engine_seconds",
    "talmach_engine_failures",
    "talmach_files_not_reloaded",
    "talmach_max_connections",
    "talmach_model_info",
    "talmach_model_loaded",
    "talmach_model_loads",
    "talmach_model_weights_bytes",
    "talmach_quality_flags",
    "talmach_queue_sentences",
    "talmach_queue_tokens",
    "talmach_queue_wait_seconds",
    "talmach_refused",
    "talmach_rpc_in_flight",
    "talmach_rpc_latency_seconds",
    "talmach_rpc_requests",
    "talmach_segments",
    "talmach_serving",
    "talmach_source_tokens",
    "talmach_stuck_workers",
    "talmach_target_tokens",
}


def test_names_are_stable() -> None:
    """A renamed metric is an empty panel on somebody's dashboard."""
    metrics = Metrics()
    assert {family.name for family in metrics.registry.collect() if family.name.startswith("talmach_")} == NAMES


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="prometheus_client reads /proc")
def test_the_process_is_exposed_too() -> None:
    """Memory, processor time and open files: an operator needs no exporter beside the server."""
    registry = Metrics().registry
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"):
        assert registry.get_sample_value(name) is not None


def test_values_are_exposed() -> None:
    """What is counted appears on the page, with its labels."""
    metrics = Metrics()
    metrics.rpc_requests.labels("TranslateText", "OK").inc()
    metrics.dropped_sentences.labels("cancelled").inc(3)
    metrics.model_loaded.labels("talmach-nmt").set(1)
    metrics.batch_sentences.observe(32)
    page = generate_latest(metrics.registry).decode()
    assert 'talmach_rpc_requests_total{code="OK",method="TranslateText"} 1.0' in page
    assert 'talmach_dropped_sentences_total{reason="cancelled"} 3.0' in page
    assert 'talmach_model_loaded{model="talmach-nmt"} 1.0' in page
    assert 'talmach_batch_sentences_bucket{le="28.0"} 0.0' in page
    assert 'talmach_batch_sentences_bucket{le="32.0"} 1.0' in page


def test_two_servers_in_one_process_do_not_share_numbers() -> None:
    """Each Metrics has its own registry unless it is given one."""
    first, second = Metrics(), Metrics()
    first.source_tokens.inc(5)
    assert second.registry.get_sample_value("talmach_source_tokens_total") == 0
    shared = CollectorRegistry()
    assert Metrics(shared).registry is shared
