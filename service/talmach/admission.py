"""What every call goes through, whatever its door: the record, who calls, a place inside, and how it failed."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import structlog

from talmach import calls
from talmach.access.clients import ClientRegistry
from talmach.access.gate import Gate
from talmach.calls import Call, Tracing
from talmach.contract import status
from talmach.errors import EngineFailure, TalmachError
from talmach.metrics import Metrics

_log: Any = structlog.get_logger("talmach.rpc")


class Admission:
    """Decides which calls are let in; all doors of a server share one, with its places and quotas."""

    def __init__(
        self, gate: Gate, metrics: Metrics, clients: ClientRegistry | None = None, tracing: Tracing | None = None
    ) -> None:
        """`clients` None = every caller is let in; `tracing` None = no traces."""
        self.gate = gate
        self._metrics = metrics
        self._clients = clients
        self._tracing = tracing

    def begin(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> Call:
        """Start the record of the call that this task serves; `method` is of a closed set."""
        return calls.begin(method, metadata, self._tracing)

    def refuse(self, call: Call, code: str) -> None:
        """End a call that no method serves."""
        call.code = code
        call.finish(self._metrics)

    @property
    def is_for_clients_only(self) -> bool:
        """Whether a caller must be one of those that are known."""
        return self._clients is not None

    @contextmanager
    def admit(
        self, call: Call, authorization: str | bytes | None, *, stream_of: str | None = None, shows_later: bool = False
    ) -> Iterator[Callable[[str], None]]:
        """Let a call in for as long as the block runs, and finish its record.

        Args:
            call: its record.
            authorization: what the caller shows.
            stream_of: for a stream of requests, whose it is unless the caller is a client that is known.
            shows_later: what the caller shows is in the message; the block gives it to the function that it gets.

        Raises:
            TalmachError: why it was refused, or how it failed, whatever was raised; foreign exceptions only after the
                caller has gone.

        """
        self._metrics.rpc_in_flight.inc()
        try:
            with ExitStack() as places:
                if not shows_later:
                    self._identify(call, authorization)
                places.enter_context(self.gate.enter())
                unknown = places.enter_context(ExitStack())
                if shows_later and self.is_for_clients_only:
                    unknown.enter_context(self.gate.stranger())
                if call.account is not None:
                    places.enter_context(call.account.call())
                if stream_of is not None:
                    places.enter_context(self.gate.stream(call.account.name if call.account else stream_of))
                call.is_inside = True
                yield partial(self._show, call, places, unknown)
        except asyncio.CancelledError:
            call.code = "DEADLINE_EXCEEDED" if call.is_late else "CANCELLED"
            raise
        except Exception as error:
            if call.caller_is_gone:
                call.code = "CANCELLED"
                raise
            failure = _known(error, call)
            if not call.is_inside:
                self._metrics.refused.labels(failure.reason).inc()
            if failure is error:
                raise
            raise failure from error
        finally:
            self._metrics.rpc_in_flight.dec()
            call.finish(self._metrics)

    def _show(self, call: Call, places: ExitStack, unknown: ExitStack, authorization: str) -> None:
        call.is_inside = False
        self._identify(call, authorization)
        unknown.close()
        if call.account is not None:
            places.enter_context(call.account.call())
        call.is_inside = True

    def _identify(self, call: Call, authorization: str | bytes | None) -> None:
        if self._clients is not None:
            call.account = self._clients.authenticate(authorization)
            call.client = call.account.name


def _known(error: Exception, call: Call) -> TalmachError:
    """Return what the caller is told of an error, and enter it in the record of the call."""
    known = error if isinstance(error, TalmachError) else EngineFailure()
    if isinstance(known, EngineFailure):
        # By type only, since the text of a foreign exception may hold the text of a user; the place is for debugging.
        _log.error("rpc.failed", method=call.method, error=type(error.__cause__ or error).__name__)
        _log.debug("rpc.traceback", exc_info=error)
    call.code, call.reason = status.code_of(known), known.reason
    return known
