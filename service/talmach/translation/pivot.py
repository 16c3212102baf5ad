"""Directions that no model translates, by way of a third language that two models share."""

from collections.abc import Iterable, Mapping

from talmach.batching import BatchingQueue
from talmach.cache import HypothesisCache
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.threads import Turns
from talmach.translation.alignment import Attention, Looks
from talmach.translation.hypotheses import Hypotheses, Key
from talmach.translation.plan import parts


def routes(directions: Iterable[Direction]) -> dict[Direction, str]:
    """Return the language in between for every pair that two directions join and none has; the first by its code."""
    direct = frozenset(directions)
    found: dict[Direction, str] = {}
    for first in sorted(direct):
        for second in sorted(direct):
            joined = Direction(first.source, second.target)
            if first.target == second.source and joined not in direct and joined.source != joined.target:
                found.setdefault(joined, first.target)
    return found


class PivotedHypotheses(Hypotheses):
    """Hypotheses whose directions may have two halves: the checks see the source and the final translation."""

    def __init__(
        self,
        queues: Mapping[Direction, BatchingQueue],
        pivots: Mapping[Direction, str],
        *,
        beam_size: int | None,
        deadline: float | None,
        cache: HypothesisCache | None = None,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(queues, beam_size=beam_size, deadline=deadline, cache=cache, turns=turns)
        self._pivots = pivots

    def pivot(self, direction: Direction) -> str | None:
        """See `Hypotheses.pivot`."""
        return self._pivots.get(direction)

    def fits(self, key: Key) -> bool:
        """See `Hypotheses.fits`; the second half is cut when its text is known."""
        return super().fits(self._first(key))

    def decoding(self, direction: Direction) -> DecodeOptions:
        """See `Hypotheses.decoding`; for two halves, of the second."""
        pivot = self.pivot(direction)
        return super().decoding(direction if pivot is None else Direction(pivot, direction.target))

    async def submit(self, keys: Iterable[Key]) -> None:
        """See `Hypotheses.submit`; what comes of first halves is queued later, like second tries."""
        await super().submit(map(self._first, keys))

    async def get(self, keys: Iterable[Key], options: DecodeOptions) -> dict[Key, Hypothesis]:
        """See `Hypotheses.get`."""
        keys = list(keys)
        direct = [key for key in keys if self.pivot(key[0]) is None]
        found = await super().get(direct, options) if direct or not keys else {}
        for key in keys:
            if (pivot := self.pivot(key[0])) is not None:
                found[key] = await self._through(key, pivot, options)
        return found

    async def _through(self, key: Key, pivot: str, options: DecodeOptions) -> Hypothesis:
        direction, _ = key
        half = self._first(key)
        first = (await super().get([half], self._of_half(half, direction, options)))[half]
        if not first.text.strip():
            return first
        # What fits the first model's window may be too long for the second one's when it comes out.
        other = Direction(pivot, direction.target)
        cut = parts(first.text, (), lambda part: Hypotheses.fits(self, (other, part)), keep_tokens=False)
        seconds = await super().get([(other, part.text) for part in cut if part.translate], options)
        text = "".join(seconds[other, part.text].text if part.translate else part.text for part in cut)
        if not all(any(map(str.isalnum, second.text)) for second in seconds.values()):
            text = ""  # and not without one of its parts
        whole = sum(second.tokens for second in seconds.values())
        tokens = first.tokens + whole
        score = sum(each.score * each.tokens for each in (first, *seconds.values())) / max(tokens, 1)
        truncated = any(each.truncated for each in (first, *seconds.values()))
        return Hypothesis(text, score, whole, truncated=truncated)

    async def looks(self, key: Key, target: str, options: DecodeOptions) -> Looks:
        """See `Hypotheses.looks`; of two halves, of both together."""
        direction, _ = key
        pivot = self.pivot(direction)
        if pivot is None:
            return await super().looks(key, target, options)
        half = self._first(key)
        between = (await super().get([half], self._of_half(half, direction, options)))[half].text
        first = await super().looks(half, between, options)
        second = await super().looks((Direction(pivot, direction.target), between), target, options)
        return Looks(_joined(first.forward, second.forward), _joined(second.backward, first.backward))

    def _of_half(self, half: Key, direction: Direction, options: DecodeOptions) -> DecodeOptions:
        """As the first half was queued, and a second try as that asks; what it forbids is of the other language."""
        is_first_try = options == self.decoding(direction)
        return super().decoding(half[0]) if is_first_try else options._replace(forbidden_letters="")

    def _first(self, key: Key) -> Key:
        direction, text = key
        pivot = self.pivot(direction)
        return key if pivot is None else (Direction(direction.source, pivot), text)


def _joined(first: Attention | None, second: Attention | None) -> Attention | None:
    return None if first is None or second is None else second.through(first)
