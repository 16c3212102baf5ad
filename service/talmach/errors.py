"""Everything that can go wrong on purpose, free of gRPC; `rpc` maps the tree to status codes.

    TalmachError
    +-- InvalidRequest       the caller's values; carries every violation at once
    +-- ModelNotFound        MODEL_NOT_FOUND       no model of that name is in the catalog
    +-- StartFailure         START_FAILURE         the server cannot start before somebody changes something
    |   +-- InvalidSettings  INVALID_SETTINGS      variables that are unknown or wrong
    |   +-- UnusableFile     UNUSABLE_FILE         a file that a setting names
    |   +-- CannotListen     CANNOT_LISTEN         an address that is taken, or not one of this machine
    |   +-- ModelUnusable    MODEL_UNUSABLE        a model failed its checksum or its self-test
    +-- Overloaded           come back in `retry_after_s`
    |   +-- QueueFull        QUEUE_FULL            the server has more queued than it can do in time
    |   +-- QuotaExceeded    QUOTA_EXCEEDED        this client has used up its share
    +-- Unavailable          the same call may succeed a little later or on another replica
    |   +-- ServerStarting   SERVER_STARTING       the models are not loaded and proven yet
    |   +-- ServerDraining   SERVER_DRAINING       the server is finishing what it has accepted
    |   +-- EngineStuck      ENGINE_STUCK          no worker of the engine comes back; the server must be restarted
    +-- DeadlineExceeded     DEADLINE_EXCEEDED     too little time left to start the work
    +-- Unauthenticated      UNAUTHENTICATED       no token
    +-- PermissionDenied     PERMISSION_DENIED     a token that nobody was given
    +-- ReplyTooLarge        REPLY_TOO_LARGE       the answer does not fit into one message
    +-- EngineFailure        ENGINE_FAILURE        the engine failed on the whole call
        +-- EngineTimeout    ENGINE_TIMEOUT        the engine took too long and was given up

Messages have the form `field: what is wrong (limit)`. Neither messages nor metadata ever hold a user's text: they are
logged and sent over the wire as they are.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


class TalmachError(Exception):
    """Base of the tree: a machine-readable `reason` (UPPER_SNAKE), string `metadata` and a message for people."""

    reason: str = "INTERNAL"

    def __init__(self, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.metadata: dict[str, str] = dict(metadata or {})


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with one field of a request; `field` is its path as the proto names it."""

    field: str
    reason: str
    description: str
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.field}: {self.description}"


def empty_text(field: str) -> Violation:
    """EMPTY_TEXT: nothing but white space where a text is needed."""
    return Violation(field, "EMPTY_TEXT", "is empty")


def text_too_long(field: str, *, actual: int, limit: int) -> Violation:
    """TEXT_TOO_LONG: lengths in Unicode code points."""
    metadata = {"limit": str(limit), "actual": str(actual)}
    return Violation(field, "TEXT_TOO_LONG", f"has {actual} characters (limit {limit})", metadata)


def text_beyond_quota(*, actual: int, limit: int) -> Violation:
    """TEXT_TOO_LONG, of a whole request: no wait helps, since `limit` is what its client may send in a minute."""
    description = f"has {actual} characters, more than this client may send in a whole minute (limit {limit})"
    return Violation("request", "TEXT_TOO_LONG", description, {"limit": str(limit), "actual": str(actual)})


def too_many_texts(field: str, *, actual: int, limit: int) -> Violation:
    """TOO_MANY_TEXTS: more items than one call may carry."""
    metadata = {"limit": str(limit), "actual": str(actual)}
    return Violation(field, "TOO_MANY_TEXTS", f"has {actual} items (limit {limit})", metadata)


def invalid_text(field: str, description: str) -> Violation:
    """INVALID_TEXT: text that no language has, such as a lone surrogate."""
    return Violation(field, "INVALID_TEXT", description)


def invalid_language_code(field: str, code: str, supported: Iterable[str]) -> Violation:
    """INVALID_LANGUAGE_CODE: the code is missing or names none of the `supported` languages."""
    languages = ", ".join(supported)
    description = f"is not the code of a supported language ({languages})" if code else f"is required ({languages})"
    return Violation(field, "INVALID_LANGUAGE_CODE", description, {"supported": languages})


def unsupported_language_pair(field: str, *, source: str, target: str, pairs: Iterable[str]) -> Violation:
    """UNSUPPORTED_LANGUAGE_PAIR: no model translates this way, or source = target; `pairs` are those that work."""
    known = ", ".join(pairs)
    metadata = {"source": source, "target": target, "pairs": known}
    return Violation(field, "UNSUPPORTED_LANGUAGE_PAIR", f"no model translates {source}-{target} ({known})", metadata)


def language_undetermined(field: str, candidates: Mapping[str, float]) -> Violation:
    """LANGUAGE_UNDETERMINED: no evidence for one language; `candidates` maps language to confidence, best first."""
    ranked = ", ".join(f"{language}:{confidence:.2f}" for language, confidence in candidates.items())
    description = "the language of the text cannot be determined: name the source language"
    return Violation(field, "LANGUAGE_UNDETERMINED", description, {"candidates": ranked})


def out_of_range(field: str, description: str, bounds: str) -> Violation:
    """OUT_OF_RANGE: a number outside `bounds`, which are in interval notation such as `(0, 1]`."""
    return Violation(field, "OUT_OF_RANGE", f"{description} ({bounds})", {"range": bounds})


class InvalidRequest(TalmachError):
    """The caller's values are wrong; holds every violation at once, and the reason of the first."""

    reason = "INVALID_REQUEST"

    def __init__(self, violations: Sequence[Violation]) -> None:
        assert violations, "an invalid request has at least one violation"
        super().__init__("; ".join(map(str, violations)), violations[0].metadata)
        self.violations = tuple(violations)
        self.reason = violations[0].reason


class ModelNotFound(TalmachError):
    """No model of that name is in the catalog."""

    reason = "MODEL_NOT_FOUND"

    def __init__(self, known: Iterable[str], *, field: str = "model") -> None:
        models = ", ".join(known)
        super().__init__(f"{field}: is not the name of a model (models: {models})", {"models": models})


class StartFailure(TalmachError):
    """The server cannot start as it is set up; trying again helps nobody before somebody changes something."""

    reason = "START_FAILURE"


class InvalidSettings(StartFailure):
    """Variables of the environment that are unknown or wrong, one line for each."""

    reason = "INVALID_SETTINGS"


class UnusableFile(StartFailure):
    """A file that a setting names cannot be used; names setting and file, never what stands in it."""

    reason = "UNUSABLE_FILE"


class CannotListen(StartFailure):
    """The address cannot be listened on; names it."""

    reason = "CANNOT_LISTEN"


class ModelUnusable(StartFailure):
    """A model failed its checksum or its self-test; `problem` says what is wrong and what cures it."""

    reason = "MODEL_UNUSABLE"

    def __init__(self, model: str, problem: str) -> None:
        super().__init__(f"{model}: {problem}", {"model": model})
        self.model = model


class Overloaded(TalmachError):
    """There is no room now; worth another try in `retry_after_s` seconds."""

    reason = "OVERLOADED"

    def __init__(self, message: str, *, retry_after_s: float, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message, metadata)
        self.retry_after_s = retry_after_s


class QueueFull(Overloaded):
    """The server has more queued than it can do in time."""

    reason = "QUEUE_FULL"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"queue: is full; come again in {retry_after_s:g} s", retry_after_s=retry_after_s)


class QuotaExceeded(Overloaded):
    """This client has used up its share; `quota` names the limit that was reached."""

    reason = "QUOTA_EXCEEDED"

    def __init__(self, retry_after_s: float, quota: str) -> None:
        message = f"{quota}: is used up; come again in {retry_after_s:g} s"
        super().__init__(message, retry_after_s=retry_after_s, metadata={"quota": quota})


class Unavailable(TalmachError):
    """The same call may succeed a little later or on another replica."""

    reason = "UNAVAILABLE"


class ServerStarting(Unavailable):
    """The models are not loaded and proven yet."""

    reason = "SERVER_STARTING"

    def __init__(self) -> None:
        super().__init__("server: is starting")


class ServerDraining(Unavailable):
    """The server is finishing what it has accepted and takes nothing new."""

    reason = "SERVER_DRAINING"

    def __init__(self) -> None:
        super().__init__("server: is draining")


class EngineStuck(Unavailable):
    """Every worker of the engine is stuck in a batch that does not end; another replica can do the work."""

    reason = "ENGINE_STUCK"

    def __init__(self) -> None:
        super().__init__("engine: does not come back")


class DeadlineExceeded(TalmachError):
    """Too little time was left to start the work, or it passed while the work was queued."""

    reason = "DEADLINE_EXCEEDED"

    def __init__(self) -> None:
        super().__init__("deadline: passed before the work could be done")


class Unauthenticated(TalmachError):
    """No token."""

    reason = "UNAUTHENTICATED"

    def __init__(self, message: str = "authorization: no valid bearer token") -> None:
        super().__init__(message)


class PermissionDenied(TalmachError):
    """A token that nobody was given."""

    reason = "PERMISSION_DENIED"

    def __init__(self, message: str = "authorization: this client may not make this call") -> None:
        super().__init__(message)


class ReplyTooLarge(TalmachError):
    """The work was done, but the answer does not fit into one message; sizes in bytes."""

    reason = "REPLY_TOO_LARGE"

    def __init__(self, *, actual: int, limit: int) -> None:
        metadata = {"limit": str(limit), "actual": str(actual)}
        super().__init__(f"reply: has {actual} bytes (limit {limit}); send less text at once", metadata)


class EngineFailure(TalmachError):
    """The engine failed; the cause is chained and logged by type, and never sent to the caller."""

    reason = "ENGINE_FAILURE"

    def __init__(self, message: str = "engine: failed") -> None:
        super().__init__(message)


class EngineTimeout(EngineFailure):
    """The engine took longer than it may; it cannot be stopped, so whatever it still does is for nobody."""

    reason = "ENGINE_TIMEOUT"

    def __init__(self) -> None:
        super().__init__("engine: took too long")
