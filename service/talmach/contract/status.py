"""The error tree -> `google.rpc` codes and details: the only place that knows which is which."""

import itertools
from collections.abc import Sequence

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from talmach import errors
from talmach.contract.violations import Violation, by_field
from talmach.errors import InvalidRequest, ModelNotFound, Overloaded, TalmachError
from talmach.pb.common_pb2 import ItemError

DOMAIN = "talmach"
_CODES: dict[type[TalmachError], str] = {
    errors.InvalidRequest: "INVALID_ARGUMENT",
    errors.ModelNotFound: "NOT_FOUND",
    errors.ModelUnusable: "FAILED_PRECONDITION",
    errors.Overloaded: "RESOURCE_EXHAUSTED",
    errors.Unavailable: "UNAVAILABLE",
    errors.DeadlineExceeded: "DEADLINE_EXCEEDED",
    errors.StreamIdle: "ABORTED",
    errors.Unauthenticated: "UNAUTHENTICATED",
    errors.PermissionDenied: "PERMISSION_DENIED",
    errors.ReplyTooLarge: "RESOURCE_EXHAUSTED",
    errors.EngineFailure: "INTERNAL",
}
# A status travels in the trailing metadata, of which clients accept 8 KiB by default, and it holds every violation
# three times: in HTTP/2's message, in that of the details and in BadRequest, the latter two in base64.
_MAX_VIOLATION_CHARS = 1_200


def code_of(error: TalmachError) -> str:
    """Return the name of an error's code: that of its nearest ancestor in the table."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), "INTERNAL")


def to_status(error: TalmachError) -> Status:
    """Return an error as a rich status: ErrorInfo always, BadRequest with the violations, RetryInfo with the wait."""
    details: list[Message] = [ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)]
    if isinstance(error, InvalidRequest):
        shown = _fitting(by_field(error))
        details.append(BadRequest(field_violations=map(_field_violation, shown)))
    if isinstance(error, Overloaded):
        delay = Duration()
        delay.FromMilliseconds(round(1_000 * error.retry_after_s))
        details.append(RetryInfo(retry_delay=delay))
    return Status(code=_number(error), message=_message(error), details=map(_packed, details))


def to_item_error(error: TalmachError) -> ItemError:
    """Return an error as the result of one item, for a call that goes on."""
    wait = {"retry_after_s": f"{error.retry_after_s:.3f}"} if isinstance(error, Overloaded) else {}
    return ItemError(
        code=_number(error), reason=error.reason, message=_message(error), metadata={**error.metadata, **wait}
    )


def _number(error: TalmachError) -> int:
    number: int = code_pb2.Code.Value(code_of(error))
    return number


def _message(error: TalmachError) -> str:
    if isinstance(error, ModelNotFound):
        return f"options.{error}"
    if not isinstance(error, InvalidRequest):
        return str(error)
    violations = by_field(error)
    shown = _fitting(violations)
    rest = len(violations) - len(shown)
    return "; ".join(map(str, shown)) + (f"; and {rest} more" if rest else "")


def _fitting(violations: Sequence[Violation]) -> Sequence[Violation]:
    """Return as many of the first violations as a status has room for, at least one."""
    lengths = itertools.accumulate(len(str(violation)) for violation in violations)
    return violations[: max(1, sum(length <= _MAX_VIOLATION_CHARS for length in lengths))]


def _field_violation(violation: Violation) -> BadRequest.FieldViolation:
    return BadRequest.FieldViolation(field=violation.field, description=violation.description, reason=violation.reason)


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
