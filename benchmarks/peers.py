"""The same weights in other programs, on the same sentences in the same round."""

from benchmarks.argos_peer import ArgosPeer
from benchmarks.articles import Item
from benchmarks.engines import BareEngine
from benchmarks.process import Participant
from benchmarks.pytorch_peer import PyTorchPeer
from benchmarks.sections import WORKERS, Shared

_PYTORCH_ITEMS = 96  # three batches of 32
_ARGOS_ITEMS = 32
_PYTORCH_NOTE = "transformers' generate around our network, cached, greedy, batches of 32, all cores"
_ARGOS_NOTES = {
    "default call": "beam 4, a sentence a call, packaged with our tokenizer; spared its sentence splitter",
    "greedy": "the same with beam 1",
}


class Peers:
    """PyTorch and Argos beside the bare engine."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        spec, enter = shared.spec, shared.stack.enter_context
        self._pytorch = {
            precision: enter(Participant(PyTorchPeer, shared.model, spec.max_source_tokens, precision))
            for precision in ("float32", "int8")
        }
        self._argos = enter(Participant(ArgosPeer, shared.model, spec.directions, spec.max_source_tokens))
        self._sets = {"PyTorch": _spread(shared, _PYTORCH_ITEMS), "Argos": _spread(shared, _ARGOS_ITEMS)}
        # int8 rounding leads some sentences elsewhere, so the peer in float32 is also compared with its equal.
        with Participant(BareEngine, spec, shared.models_dir, WORKERS[-1], "float32") as engine:
            self._float32, _ = engine.call(BareEngine.translate, self._sets["PyTorch"])
        for participant in self._pytorch.values():  # the first batch of a process is slower
            participant.call(PyTorchPeer.translate, self._sets["PyTorch"][:2])
        self._argos.call(ArgosPeer.translate, self._sets["Argos"], greedy=True)  # loads a model for each direction

    def measure(self) -> None:
        """Measure each peer between two runs of the bare engine."""
        items = self._sets["PyTorch"]
        for precision, participant in self._pytorch.items():
            ours = self._engine_rate("PyTorch")
            texts, timed = participant.call(PyTorchPeer.translate, items)
            note = f"{_PYTORCH_NOTE}; {self._equal(items, texts)}"
            if precision == "float32":
                note += f", {_share_equal(texts, self._float32)} to those of CTranslate2 in float32"
            self._add(f"PyTorch {precision}", timed.tokens_per_s, ours, note)
        items = self._sets["Argos"]
        for name, note in _ARGOS_NOTES.items():
            ours = self._engine_rate("Argos")
            texts, timed = self._argos.call(ArgosPeer.translate, items, greedy=name == "greedy")
            self._add(f"Argos, {name}", timed.tokens_per_s, ours, f"{note}; {self._equal(items, texts)}")

    def _engine_rate(self, beside: str) -> float:
        """Return the engine's rate on the sentences of a peer, and record it."""
        items = self._sets[beside]
        texts, timed = self._shared.engine(WORKERS[-1]).call(BareEngine.translate, items)
        note = f"bare engine, int8, greedy, {WORKERS[-1]} workers; {self._equal(items, texts)}"
        self._shared.records.add("peers", f"talmach beside {beside}", timed.tokens_per_s, "tokens/s", note)
        return timed.tokens_per_s

    def _equal(self, items: tuple[Item, ...], texts: list[str]) -> str:
        share = _share_equal(texts, [self._shared.fixed.translations[item] for item in items])
        return f"{share} of {len(items)} translations equal to the engine's"

    def _add(self, name: str, rate: float, ours: float, note: str) -> None:
        self._shared.records.add("peers", name, rate, "tokens/s", note)
        self._shared.records.add("peers", f"talmach / {name}", ours / rate, "x", "same round, same sentences")


def _share_equal(texts: list[str], others: list[str]) -> str:
    same = sum(one == other for one, other in zip(texts, others, strict=True))
    return f"{100 * same / len(texts):.0f} %"


def _spread(shared: Shared, count: int) -> tuple[Item, ...]:
    """Return `count` sentences spread evenly over the set, so that every direction is among them."""
    items = shared.fixed.items
    return tuple(items[index * len(items) // count] for index in range(min(count, len(items))))
