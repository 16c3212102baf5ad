"""How a client waits for a server: what is worth waiting for, and what to say when time is up."""

import time

from talmach.client.failures import NotConnected, RpcFailed

SERVING = "SERVING"
NOT_SERVING = "NOT_SERVING"
_POLL_S = 0.1
_PASSING_CODES = ("UNAVAILABLE", "DEADLINE_EXCEEDED")


class Waiting:
    """One wait for a server to say SERVING."""

    def __init__(self, address: str, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._end = time.monotonic() + timeout_s
        self._state = ""

    @property
    def left_s(self) -> float:
        """Seconds left; 0 or less when time is up."""
        return self._end - time.monotonic()

    @property
    def pause_s(self) -> float:
        """Seconds until the server should be asked again."""
        return max(0.0, min(_POLL_S, self.left_s))

    def note(self, outcome: str | RpcFailed) -> None:
        """Note what the server said, or why it did not; raises a failure that waiting does not cure."""
        if isinstance(outcome, str):
            self._state = f"it says {outcome}"
            return
        passes = outcome.may_pass if isinstance(outcome, NotConnected) else outcome.code in _PASSING_CODES
        if not passes:
            raise outcome
        said = outcome.message.removeprefix(f"{self._address}: ")
        if outcome.code != "DEADLINE_EXCEEDED" or not self._state:
            self._state = said
        elif not self._state.endswith(said):
            # The last question may have had no time for an answer: what is known already says more.
            self._state = f"{self._state}, then {said}"

    def over(self) -> RpcFailed:
        """Return what to raise when time is up."""
        waited = f"{self._address} was not serving within {self._timeout_s:g} s"
        return RpcFailed("UNAVAILABLE", f"{waited}: {self._state}" if self._state else waited)
