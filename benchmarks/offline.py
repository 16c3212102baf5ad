"""The bare engine on the whole set, beside its roof."""

from benchmarks.engines import MAX_BATCH_TOKENS, BareEngine, UseCase
from benchmarks.process import Participant
from benchmarks.roof import Need, Roof
from benchmarks.sections import WORKERS, Shared


class Offline:
    """Throughput without a server."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._need = Need.of(shared.model / "model.bin")
        self._roofs = {workers: shared.stack.enter_context(Participant(Roof, workers)) for workers in WORKERS}
        self._use_case = shared.stack.enter_context(Participant(UseCase, shared.spec, shared.models_dir, WORKERS[-1]))
        items = shared.fixed.items
        self._ops = self._need.ops(
            shared.engine(1).call(BareEngine.source_tokens, items), sum(item.tokens for item in items)
        )

    def measure(self) -> None:
        """Measure roof and engine next to each other, at one and two workers."""
        records, items = self._shared.records, self._shared.fixed.items
        for workers in WORKERS:
            roof = self._roofs[workers].call(Roof.measure)
            _, timed = self._shared.engine(workers).call(BareEngine.translate, items, MAX_BATCH_TOKENS)
            share = 100 * self._ops / timed.seconds / 1e9 / roof.gops
            of, count = f"{workers} worker" + "s" * (workers > 1), len(items)
            note = f"bare engine, int8, greedy, the batches that the server makes, 1 thread a worker, {count} sentences"
            records.add("offline", f"engine, {of}", timed.tokens_per_s, "tokens/s", note)
            records.add("offline", f"int8 roof, {workers} thread" + "s" * (workers > 1), roof.gops, "Gop/s", roof.how)
            records.add("offline", f"share of the int8 roof, {of}", share, "%", "useful products only, no padding")
        _, timed = self._use_case.call(UseCase.translate, items)
        note = "queue, checks and assembly in one process, no gRPC, one sentence a text, 64 in flight"
        records.add("offline", f"use case, {WORKERS[-1]} workers", timed.tokens_per_s, "tokens/s", note)
