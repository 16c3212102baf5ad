"""What waits in a queue, in numbers: how much, and how much of it is due by a time."""

from collections import Counter
from collections.abc import Sequence

from talmach.batching.lane import Entry
from talmach.metrics import Metrics

_STEP_S = 0.1


class Backlog:
    """Sentences and source tokens that no worker has taken yet."""

    def __init__(self, metrics: Metrics) -> None:
        self.sentences = self.tokens = 0
        self._due: Counter[int] = Counter()  # tokens by the step in which they are due
        self._metrics = metrics

    def add(self, entries: Sequence[Entry]) -> None:
        """Count entries that wait from now on."""
        self._count(entries, 1)

    def remove(self, entries: Sequence[Entry]) -> None:
        """Count entries that do not wait any more."""
        self._count(entries, -1)

    def due(self, since: float, until: float) -> int:
        """Return about how many tokens are due within a time; the steps in it are looked at, not the entries."""
        return sum(self._due[step] for step in range(_step(since), _step(until) + 1))

    def _count(self, entries: Sequence[Entry], sign: int) -> None:
        sentences, tokens = sign * len(entries), 0
        for entry in entries:
            tokens += sign * entry.size
            step = _step(entry.due)
            self._due[step] += sign * entry.size
            if not self._due[step]:
                del self._due[step]
        self.sentences += sentences
        self.tokens += tokens
        self._metrics.queue_sentences.inc(sentences)
        self._metrics.queue_tokens.inc(tokens)


def _step(due: float) -> int:
    return int(due / _STEP_S)
