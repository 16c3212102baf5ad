"""What a failed call says: the server's own words, or why no server was reached."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status

from talmach.client.address import Target


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with one field of a request."""

    field: str
    reason: str
    description: str


class RpcFailed(Exception):
    """A call ended with a status other than OK."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        retry_after_s: float | None = None,
    ) -> None:
        """`code` is the name of gRPC's status code.

        `reason` is one of the contract's; MESSAGE_TOO_LARGE when the request itself was refused for its size, before
        the server looked into it; empty when gRPC failed otherwise.
        """
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after_s = retry_after_s  # None = the server did not say

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel whole, between processes too: Python would call the constructor with the one sentence in `args`."""
        return _made_anew, (type(self), *self.args), vars(self)

    @classmethod
    def of(cls, error: grpc.RpcError) -> "RpcFailed":
        """Read the rich status of a failed call."""
        call = cast(grpc.Call, error)
        code, message = call.code().name, call.details() or "no message"
        rich = rpc_status.from_call(call)
        if rich is None and (sizes := _TOO_LARGE.search(message)):
            return RpcFailed(
                code,
                f"request: has {sizes[1]} bytes (limit {sizes[2]})",
                reason="MESSAGE_TOO_LARGE",
                metadata={"actual": sizes[1], "limit": sizes[2]},
            )
        info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
        for detail in rich.details if rich else ():
            for part in (info, bad, retry):
                detail.Unpack(part)
        return RpcFailed(
            code,
            message,
            reason=info.reason,
            metadata=info.metadata,
            violations=[Violation(each.field, each.reason, each.description) for each in bad.field_violations],
            retry_after_s=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
        )


def _made_anew(kind: type[RpcFailed], *args: object) -> RpcFailed:
    return kind.__new__(kind, *args)


class Cause(Enum):
    """Why there is no connection, in words."""

    REFUSED = "the connection is refused: nobody listens there"
    UNKNOWN_NAME = "no such host is known"
    UNREACHABLE = "the network does not lead there"
    NO_ANSWER = "there is no answer"
    NO_SOCKET = "there is no such socket"
    NOT_GRPC = "what listens there does not speak gRPC"
    PLAINTEXT_SERVER = "the server does not speak TLS"
    OTHER_NAME = "the server's certificate is for another name"
    EXPIRED = "the server's certificate has expired"
    UNTRUSTED = "the server's certificate is not signed by an authority that is trusted"
    CLOSED = "the server closed the connection; it may want TLS, or is full"
    CLOSED_TLS = "the server closed the connection; it may want a client's certificate, or is full"
    PROXY = "the proxy does not let it through"
    NOT_SERVING = "the server says that it does not serve: it starts, drains or is stuck"
    OTHER = "there is no connection"


class NotConnected(RpcFailed):
    """The call reached no server; `cause` says why."""

    def __init__(self, address: str, cause: Cause, *, proxy: str = "") -> None:
        """`proxy` is what the connection was to go through; empty = none."""
        way = f" (through the proxy {proxy})" if proxy else ""
        super().__init__("UNAVAILABLE", f"{address}: {cause.value}{way}")
        self.cause = cause

    @property
    def may_pass(self) -> bool:
        """Say whether waiting may help: a starting or restarting server looks like this."""
        return self.cause in _PASSING


_PASSING = frozenset(
    {
        Cause.REFUSED,
        Cause.UNREACHABLE,
        Cause.NO_ANSWER,
        Cause.NO_SOCKET,
        Cause.CLOSED,
        Cause.CLOSED_TLS,
        Cause.NOT_SERVING,
        Cause.OTHER,
    }
)
_TOO_LARGE = re.compile(r"message larger than max \((\d+) vs\. (\d+)\)")
_NO_CONNECTION = re.compile(
    r"failed to connect to all addresses|connections to all backends failing|errors resolving|empty address list"
)
# Phrases of gRPC's core for a connection that failed, from the specific to the general.
_WORDS = {
    "HTTP proxy returned": Cause.PROXY,
    "backend unhealthy": Cause.NOT_SERVING,
    "Connection refused": Cause.REFUSED,
    "errors resolving": Cause.UNKNOWN_NAME,
    "Hostname Verification": Cause.OTHER_NAME,
    "certificate has expired": Cause.EXPIRED,
    "CERTIFICATE_VERIFY_FAILED": Cause.UNTRUSTED,
    "WRONG_VERSION_NUMBER": Cause.PLAINTEXT_SERVER,
    "Expected SETTINGS": Cause.NOT_GRPC,
    "No such file": Cause.NO_SOCKET,
    "unreachable": Cause.UNREACHABLE,
    "No route": Cause.UNREACHABLE,
    "timed out": Cause.NO_ANSWER,
    "timeout": Cause.NO_ANSWER,
}
_CLOSINGS = ("Socket closed", "Connection reset", "Broken pipe", "Endpoint closing")


@contextmanager
def failures(target: Target, *, has_tls: bool) -> Iterator[None]:
    """Turn gRPC's errors into ours."""
    try:
        yield
    except grpc.RpcError as error:
        raise read(error, target, has_tls=has_tls) from error


def read(error: grpc.RpcError, target: Target, *, has_tls: bool) -> RpcFailed:
    """Return our error for a failed call to a target."""
    failure = RpcFailed.of(error)
    if failure.code == "DEADLINE_EXCEEDED" and not failure.reason:  # gRPC's own: no server said so
        return RpcFailed(failure.code, f"{target.address}: no answer in the time given")
    if failure.code != "UNAVAILABLE" or failure.reason or not _NO_CONNECTION.search(failure.message):
        return failure
    closed = Cause.CLOSED_TLS if has_tls else Cause.CLOSED
    words = _WORDS | dict.fromkeys(_CLOSINGS, closed)
    cause = next((cause for word, cause in words.items() if word in failure.message), Cause.OTHER)
    return NotConnected(target.address, cause, proxy="" if cause is Cause.NOT_SERVING else target.proxy)
