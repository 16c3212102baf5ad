"""Through gRPC: callers in closed loops against the server, and against the same server without batching."""

from benchmarks.clients import Callers, Load
from benchmarks.engines import MAX_BATCH_TOKENS, BareEngine
from benchmarks.process import Participant
from benchmarks.records import percentile
from benchmarks.sections import WORKERS, Shared
from benchmarks.server import WITHOUT_MEMORY, ServerProcess

CALLERS = (1, 8, 64, 256)
_AT = 64  # where the bars stand
_SECONDS = 3.0
_LONE_ITEMS = 24
_BATCHES, _SENTENCES = "talmach_batch_sentences_count", "talmach_batch_sentences_sum"
_NAIVE_NOTE = "max_batch_size 1"  # with one sentence per call, this is a server that translates each call by itself


class Serving:
    """Throughput, latencies and batch fill at several numbers of callers; memory before and under load."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        shared.fixed  # noqa: B018 - sorted out before the servers take memory and time
        self._naive = shared.stack.enter_context(ServerProcess(**WITHOUT_MEMORY, TALMACH_MAX_BATCH_SIZE="1"))
        self._rss_after_load_mib = shared.server().footprint().rss_mib
        for server in (shared.server(), self._naive):  # the first calls of a process are slower
            shared.callers().call(Callers.load, server.address, shared.fixed.items, 8, 1.0)

    def measure(self) -> None:
        """Measure every number of callers on both servers, then a lone caller beside the bare engine."""
        items, add = self._shared.fixed.items, self._shared.records.add
        offline = self._offline()
        for callers in CALLERS:
            batched = self._load(self._shared.server(), callers, "")
            naive = self._load(self._naive, callers, " without batching")
            if callers == _AT:
                ratio = batched.tokens_per_s / naive.tokens_per_s
                add("serving", f"{_AT} callers / without batching", ratio, "x", "throughput, same round")
                share = 100 * batched.tokens_per_s / offline
                add("serving", f"{_AT} callers / offline", share, "%", "of the bare engine, same round, same sentences")
        rss_mib = self._shared.server().footprint().rss_mib
        every = self._shared.callers().call(
            Callers.load, self._shared.server().address, self._shared.fixed.every, _AT, _SECONDS
        )
        twice = len(self._shared.fixed.every) - len(items)
        note = f"with the {twice} of {len(self._shared.fixed.every)} sentences that are decoded a second time (beam 4)"
        add("serving", f"{_AT} callers, all sentences", every.tokens_per_s, "tokens/s", note)
        self._measure_lone()
        add("memory", "server after load", self._rss_after_load_mib, "MiB", "RSS; measured once, before any call")
        add("memory", f"server at {CALLERS[-1]} callers", rss_mib, "MiB", "RSS after the round's heaviest load")

    def _offline(self) -> float:
        _, timed = self._shared.engine(WORKERS[-1]).call(
            BareEngine.translate, self._shared.fixed.items, MAX_BATCH_TOKENS
        )
        return timed.tokens_per_s

    def _load(self, server: ServerProcess, callers: int, what: str) -> Load:
        add, name = self._shared.records.add, f"{callers} caller" + "s" * (callers > 1) + what
        batches, sentences, cpu_s = server.metric(_BATCHES), server.metric(_SENTENCES), server.cpu_s()
        load = self._shared.callers().call(Callers.load, server.address, self._shared.fixed.items, callers, _SECONDS)
        fill = (server.metric(_SENTENCES) - sentences) / max(server.metric(_BATCHES) - batches, 1)
        cores = (server.cpu_s() - cpu_s) / load.lasted_s
        note = f"server {cores:.2f}, callers {load.client_cpu_s / load.lasted_s:.2f} cores"
        add("serving", name, load.tokens_per_s, "tokens/s", f"{note}; {_NAIVE_NOTE}" if what else note)
        for share in (50, 95, 99):
            add("serving", f"{name}, p{share}", percentile(load.latencies_ms, share / 100), "ms")
        add("serving", f"{name}, batch fill", fill, "sentences")
        if callers == _AT and not what:
            add("memory", f"server at {_AT} callers", server.footprint().rss_mib, "MiB", "RSS at the end of the load")
        return load

    def _measure_lone(self) -> None:
        """One sentence at a time, engine and server in turn, so that what disturbs one disturbs the other."""
        engine: Participant[BareEngine] = self._shared.engine(1)
        address, add = self._shared.server().address, self._shared.records.add
        bare, called = 0.0, 0.0
        for item in self._shared.fixed.items[:_LONE_ITEMS]:
            bare += min(engine.call(BareEngine.translate_one_by_one, [item] * 3))
            called += min(self._shared.callers().call(Callers.one_by_one, address, [item] * 3))
        add("serving", "one sentence, bare engine", bare / _LONE_ITEMS, "ms", "the best of three, from text to text")
        add("serving", "one sentence, a lone caller", called / _LONE_ITEMS, "ms", "the best of three, one call")
        over = 100 * (called - bare) / bare
        add(
            "serving", "a lone caller over the bare engine", over, "%", f"{(called - bare) / _LONE_ITEMS:.2f} ms a call"
        )
