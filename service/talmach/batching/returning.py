"""Callers who have just been answered: in a loop, they come again some milliseconds later."""

import asyncio
from collections.abc import Callable

_LONGEST_WAIT = 0.08  # as a share of the time that their batch took


class Returning:
    """How many they are, and whether a free worker had better wait for them.

    A worker that took what was waiting at once would always decode without those that it has just served: of eight
    callers, two workers would get two or three each instead of four, and the larger a batch is, the less each of its
    sentences costs.
    """

    def __init__(self, go_on: Callable[[], None]) -> None:
        """`go_on` is called when the wait is over."""
        self._go_on = go_on
        self._callers = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def are_awaited(self) -> bool:
        """Whether the wait for some of them is going on."""
        return self._timer is not None

    def are_more_than(self, waiting: int) -> bool:
        """Whether some of them are awaited, beside so many sentences that wait."""
        return self._timer is not None and waiting < self._callers

    def add(self, callers: int, batch_s: float) -> None:
        """Wait for the callers of a batch: a little, and not for a lone one, without whom nothing would wait."""
        self._callers += callers
        if self._timer is None and callers > 1:
            self._timer = asyncio.get_running_loop().call_later(_LONGEST_WAIT * batch_s, self._give_up)

    def forget(self) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
        self._callers, self._timer = 0, None

    def _give_up(self) -> None:
        self.forget()
        self._go_on()
