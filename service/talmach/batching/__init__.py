"""Merges the sentences of all callers into batches: the queue between the use cases and one translation engine.

A free worker takes the sentence that is due first and fills the batch with the nearest lengths. It waits for nobody but
callers who have just been answered, and for them a moment: under load the queue is never empty when a worker gets
free, and without load there is nobody to wait for. The first sentence that comes to an idle engine is decoded by
itself, so that it is ready soon.

    lane      the waiting sentences that may share a batch, and how one is picked
    backlog   what waits, in numbers
    returning callers who have just been answered, and whether to wait for them
    work      what a worker does with a batch
    memory    whose weights are loaded, where not all may be at once
    queue     admission, workers, and the futures that callers wait for
"""

from talmach.batching.lane import FAIR_SHARE_S, Decoded
from talmach.batching.memory import ModelMemory, Weights
from talmach.batching.queue import BatchingQueue

__all__ = ["FAIR_SHARE_S", "BatchingQueue", "Decoded", "ModelMemory", "Weights"]
