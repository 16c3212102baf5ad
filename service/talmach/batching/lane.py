"""The sentences that wait for a worker, and which of them make the next batch.

When a sentence is due: `arrival + position in its request * FAIR_SHARE_S`. A headline that comes after a book overtakes
all of the book but its beginning, and the book still advances, because due times never change.
"""

import asyncio
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from talmach.engine.base import DecodeOptions, Hypothesis

FAIR_SHARE_S = 0.02
_LEAST_STALE = 64


@dataclass(frozen=True, slots=True)
class Decoded:
    """A hypothesis and when things happened to its sentence, in seconds of `time.monotonic`."""

    hypothesis: Hypothesis
    queued_at: float
    taken_at: float
    done_at: float


# Queues one sentence of a request; the number is its place in that.
Add = Callable[[Sequence[str], int], asyncio.Future[Decoded]]


@dataclass(slots=True, eq=False)
class Entry:
    """One waiting sentence."""

    tokens: Sequence[str]
    number: int  # order of arrival
    due: float
    deadline: float | None
    queued_at: float
    future: asyncio.Future[Decoded]
    is_waiting: bool = True

    @property
    def size(self) -> int:
        """Source tokens."""
        return len(self.tokens)

    @property
    def is_first(self) -> bool:
        """Whether it is the first sentence of its request."""
        return self.due == self.queued_at


@dataclass(slots=True)
class Lane:
    """The waiting sentences of one set of decode options, by due time and by length."""

    options: DecodeOptions
    max_batch_size: int
    waiting: int = 0  # sentences
    _by_due: list[tuple[float, int, Entry]] = field(default_factory=list)
    _by_length: dict[int, dict[int, Entry]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Put an entry in."""
        heapq.heappush(self._by_due, (entry.due, entry.number, entry))
        self._by_length.setdefault(entry.size, {})[entry.number] = entry
        self.waiting += 1

    def first(self) -> Entry | None:
        """Return the entry that is due first; it stays in."""
        while self._by_due and not self._by_due[0][2].is_waiting:
            heapq.heappop(self._by_due)
        return self._by_due[0][2] if self._by_due else None

    def entries(self) -> list[Entry]:
        """Return what waits, in no order."""
        return [entry for _, _, entry in self._by_due if entry.is_waiting]

    def take_batch(self, max_tokens: int, max_size: int) -> list[Entry]:
        """Remove and return the entry due first with its nearest neighbours in length, within the padded budget."""
        seed = self.first()
        assert seed is not None, "only a lane in which something waits is asked"
        self.remove(seed)
        batch, longest = [seed], seed.size
        max_size = min(max_size, self.max_batch_size)
        for length in sorted(self._by_length, key=lambda length: (abs(length - seed.size), length)):
            for entry in list(islice(self._by_length[length].values(), max_size - len(batch))):
                if max(longest, length) * (len(batch) + 1) > max_tokens:
                    break
                self.remove(entry)
                batch.append(entry)
                longest = max(longest, length)
        return batch

    def remove(self, entry: Entry) -> None:
        """Take a waiting entry out; its place in the order of due times is cleared later."""
        entry.is_waiting = False
        self.waiting -= 1
        bucket = self._by_length[entry.size]
        del bucket[entry.number]
        if not bucket:
            del self._by_length[entry.size]
        # Entries of callers that come and go while every worker is busy must not pile up behind the first one.
        if len(self._by_due) > 2 * self.waiting + _LEAST_STALE:
            self._by_due = [item for item in self._by_due if item[2].is_waiting]
            heapq.heapify(self._by_due)
