"""Errors -> HTTP: status, header fields, and the body of our own API; what only HTTP can refuse is here too."""

import math
from typing import Any

from google.protobuf import json_format

from talmach.contract import status
from talmach.contract.json_form import dump
from talmach.contract.violations import InvalidFields, Violation
from talmach.errors import Overloaded, PermissionDenied, ReplyTooLarge, TalmachError, Unauthenticated, Unavailable
from talmach.http.reply import Reply

_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 408,  # of a caller who sends or takes nothing
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_NAMES = {404: "NOT_FOUND", 405: "UNIMPLEMENTED", 413: "RESOURCE_EXHAUSTED"}
# A server that starts or drains is back in seconds, or another one is.
_UNAVAILABLE_RETRY_S = 1


class HttpRefusal(InvalidFields):
    """The request is not valid for this door; `http_status` says why."""

    def __init__(self, http_status: int, field: str, reason: str, description: str) -> None:
        super().__init__([Violation(field, reason, description)])
        self.http_status = http_status


def body_too_large(limit: int) -> HttpRefusal:
    """MESSAGE_TOO_LARGE, as a client of gRPC calls it."""
    return HttpRefusal(413, "request", "MESSAGE_TOO_LARGE", f"is too large (limit {limit} bytes)")


def status_of(error: TalmachError) -> int:
    """Return the status that an error has in HTTP."""
    if isinstance(error, HttpRefusal):
        return error.http_status
    if isinstance(error, ReplyTooLarge):
        return 413  # every client retries after 429, and would fail in the same way
    return _STATUSES[status.code_of(error)]


def fields_of(error: TalmachError) -> list[tuple[str, str]]:
    """Return the header fields that go with an error."""
    if isinstance(error, Overloaded):
        return [("retry-after", str(max(1, math.ceil(error.retry_after_s))))]
    if isinstance(error, Unavailable):
        return [("retry-after", str(_UNAVAILABLE_RETRY_S))]
    if isinstance(error, Unauthenticated):
        return [("www-authenticate", "Bearer")]
    if isinstance(error, PermissionDenied):
        return [("www-authenticate", 'Bearer error="invalid_token"')]
    return []


def body_of(error: TalmachError) -> dict[str, Any]:
    """Return the body: `error` with the status in HTTP, its name, the message, and the details of `google.rpc`."""
    rich: dict[str, Any] = json_format.MessageToDict(status.to_status(error))
    number = status_of(error)
    return {
        "error": {
            "code": number,
            "status": _NAMES.get(number) or status.code_of(error),
            "message": rich["message"],
            "details": rich["details"],
        }
    }


def refusal(error: TalmachError) -> Reply:
    """Return an error as our own API answers it."""
    return Reply(dump(body_of(error)), status=status_of(error), fields=fields_of(error))
