"""What a worker does with a batch, and how fast it has been of late."""

from collections.abc import Sequence

from talmach.batching.lane import Entry
from talmach.engine.base import DecodeOptions, Hypothesis, TranslationEngine
from talmach.errors import EngineFailure, EngineTimeout
from talmach.metrics import Metrics

# Starting point of the estimate; the first batches outweigh it.
_ASSUMED_TOKENS_PER_S = 2_000.0
_ASSUMED_S = 0.02
_MEMORY = 0.9  # the weight of earlier batches beside the newest one


class Throughput:
    """The source tokens per second of one worker; full batches count for more than small ones."""

    def __init__(self) -> None:
        self._tokens, self._s = _ASSUMED_TOKENS_PER_S * _ASSUMED_S, _ASSUMED_S

    @property
    def tokens_per_s(self) -> float:
        """The estimate."""
        return self._tokens / self._s

    def add(self, tokens: int, seconds: float) -> None:
        """Enter a batch."""
        self._tokens = _MEMORY * self._tokens + tokens
        self._s = _MEMORY * self._s + seconds


def observe(batch: Sequence[Entry], taken_at: float, metrics: Metrics) -> None:
    """Count in the metrics what a worker has taken."""
    padded = len(batch) * max(entry.size for entry in batch)
    metrics.batch_sentences.observe(len(batch))
    metrics.batch_tokens.observe(padded)
    metrics.batch_padding_ratio.observe(1 - sum(entry.size for entry in batch) / max(padded, 1))
    for entry in batch:
        metrics.queue_wait_s.observe(taken_at - entry.queued_at)


def count(batch: Sequence[Entry], hypotheses: Sequence[Hypothesis], seconds: float, metrics: Metrics) -> None:
    """Count in the metrics what a worker has done."""
    metrics.engine_s.observe(seconds)
    metrics.source_tokens.inc(sum(entry.size for entry in batch))
    metrics.target_tokens.inc(sum(hypothesis.tokens for hypothesis in hypotheses))


def translate(engine: TranslationEngine, batch: Sequence[Entry], options: DecodeOptions) -> list[Hypothesis]:
    """Run the engine, in a thread; raises EngineFailure, whatever the engine raises."""
    try:
        hypotheses = engine.translate([entry.tokens for entry in batch], options)
        is_complete = [type(each) for each in hypotheses] == [Hypothesis] * len(batch)
    except EngineFailure:
        raise
    # Not only Exception: asyncio waits for ever on a thread that ended with a StopIteration, and a SystemExit would end
    # the server.
    except BaseException as error:
        raise EngineFailure from error
    if not is_complete:
        raise EngineFailure("engine: has not returned one hypothesis for each sentence")
    return hypotheses


def another(failure: EngineFailure) -> EngineFailure:
    """Return the same failure for one more caller: an exception that is raised twice collects both tracebacks."""
    own = EngineTimeout() if isinstance(failure, EngineTimeout) else EngineFailure()
    own.__cause__ = failure.__cause__ or failure
    return own
