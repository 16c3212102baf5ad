"""Every expected failure, as a fact; each door has its own codes, and its own names for the fields.

    TalmachError
    +-- InvalidRequest                                          the caller asks for what cannot be done
    |   +-- LanguageUndetermined     LANGUAGE_UNDETERMINED      no evidence for one language
    |   +-- UnsupportedLanguagePair  UNSUPPORTED_LANGUAGE_PAIR  no model translates this way
    |   +-- BeyondQuota              TEXT_TOO_LONG              more at once than the client may send in a minute
    |   +-- UntranslatableTexts      as the first of them       which of several texts, and why
    |   +-- InvalidFields            as the first of them       of `contract.violations`: which fields, and why
    |       +-- HttpRefusal          as its violation           of `http.refusals`: with a status of its own
    +-- ModelNotFound                MODEL_NOT_FOUND            no model of that name is in the catalog
    +-- StartFailure                 START_FAILURE              the server cannot start as it is set up
    |   +-- InvalidSettings          INVALID_SETTINGS           variables that are unknown or wrong
    |   +-- UnusableFile             UNUSABLE_FILE              a file that a setting names
    |   +-- CannotListen             CANNOT_LISTEN              an address that is taken, or not one of this machine
    |   +-- ModelUnusable            MODEL_UNUSABLE             a model failed its checksum or its self-test
    +-- Overloaded                                              come back in `retry_after_s`
    |   +-- QueueFull                QUEUE_FULL                 the server has more queued than it can do in time
    |   +-- ModelNotLoaded           MODEL_NOT_LOADED           other models, which are at work, have the memory
    |   +-- QuotaExceeded            QUOTA_EXCEEDED             this client has used up its share
    +-- Unavailable                                             a little later, or on another replica, it may succeed
    |   +-- ServerStarting           SERVER_STARTING            the models are not loaded and proven yet
    |   +-- ServerDraining           SERVER_DRAINING            the server is finishing what it has accepted
    |   +-- EngineStuck              ENGINE_STUCK               no worker comes back; the server must be restarted
    +-- DeadlineExceeded             DEADLINE_EXCEEDED          too little time left to start the work
    +-- StreamIdle                   STREAM_IDLE                the caller neither sends nor takes anything
    +-- Unauthenticated              UNAUTHENTICATED            no token
    +-- PermissionDenied             PERMISSION_DENIED          a token that nobody was given
    +-- UnusableInput                UNUSABLE_INPUT             of `bulk.job`: no archive, or another job's
    +-- ClusterFailure               CLUSTER_FAILURE            of `bulk.job`: no Ray, or too little of it
    +-- ReplyTooLarge                REPLY_TOO_LARGE            the answer does not fit into one message
    +-- EngineFailure                ENGINE_FAILURE             the engine failed on the whole call
        +-- EngineTimeout            ENGINE_TIMEOUT             the engine took too long and was given up

Messages have the form `what: what is wrong (limit)`. Neither messages nor metadata ever hold a user's text: they are
logged and sent over the wire as they are.
"""

from collections.abc import Iterable, Mapping


class TalmachError(Exception):
    """Base of the tree: a machine-readable `reason` (UPPER_SNAKE), string `metadata` and a message for people."""

    reason: str = "INTERNAL"
    message: str = ""  # of those that always say the same

    def __init__(self, message: str = "", metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message or self.message)
        self.metadata: dict[str, str] = dict(metadata or {})


class InvalidRequest(TalmachError):
    """What the caller asks for cannot be done, now or later."""

    reason = "INVALID_REQUEST"


class LanguageUndetermined(InvalidRequest):
    """There is no evidence for one language; `candidates` maps language to confidence, best first."""

    reason = "LANGUAGE_UNDETERMINED"

    def __init__(self, candidates: Mapping[str, float]) -> None:
        ranked = ", ".join(f"{language}:{confidence:.2f}" for language, confidence in candidates.items())
        message = "the language of the text cannot be determined: name the source language"
        super().__init__(message, {"candidates": ranked})


class UnsupportedLanguagePair(InvalidRequest):
    """No model translates this way, or source = target; `pairs` are those that work."""

    reason = "UNSUPPORTED_LANGUAGE_PAIR"

    def __init__(self, source: str, target: str, pairs: Iterable[str]) -> None:
        known = ", ".join(pairs)
        metadata = {"source": source, "target": target, "pairs": known}
        super().__init__(f"no model translates {source}-{target} ({known})", metadata)


class BeyondQuota(InvalidRequest):
    """The request is larger than what its client may send in a whole minute, in characters: no wait helps."""

    reason = "TEXT_TOO_LONG"

    def __init__(self, *, actual: int, limit: int) -> None:
        message = f"has {actual} characters, more than this client may send in a whole minute (limit {limit})"
        super().__init__(message, {"limit": str(limit), "actual": str(actual)})


class UntranslatableTexts(InvalidRequest):
    """Texts of one call that cannot be translated: `problems` by their numbers, at least one; the reason is the first
    one's.
    """

    reason = "UNTRANSLATABLE_TEXTS"

    def __init__(self, problems: Mapping[int, InvalidRequest]) -> None:
        first = next(iter(problems.values()))
        super().__init__("; ".join(f"text {number}: {each}" for number, each in problems.items()), first.metadata)
        self.problems = dict(problems)
        self.reason = first.reason


class ModelNotFound(TalmachError):
    """No model of that name is in the catalog."""

    reason = "MODEL_NOT_FOUND"

    def __init__(self, known: Iterable[str]) -> None:
        models = ", ".join(known)
        super().__init__(f"model: is not the name of a model (models: {models})", {"models": models})


class StartFailure(TalmachError):
    """The server cannot start as it is set up; trying again does not help until something is changed."""

    reason = "START_FAILURE"


class InvalidSettings(StartFailure):
    """Variables of the environment that are unknown or wrong, one line for each."""

    reason = "INVALID_SETTINGS"


class UnusableFile(StartFailure):
    """A file that a setting names cannot be used; names the setting and the file, never its content."""

    reason = "UNUSABLE_FILE"


class CannotListen(StartFailure):
    """The server cannot listen on the address, which the message names."""

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
        super().__init__(f"queue: is full; try again in {retry_after_s:g} s", retry_after_s=retry_after_s)


class ModelNotLoaded(Overloaded):
    """The model is not in memory, and those that are there were at work all the time: no room was made for it."""

    reason = "MODEL_NOT_LOADED"

    def __init__(self, model: str, *, retry_after_s: float) -> None:
        message = f"{model}: is not in memory, and other models are at work; try again in {retry_after_s:g} s"
        super().__init__(message, retry_after_s=retry_after_s, metadata={"model": model})


class QuotaExceeded(Overloaded):
    """This client has used up its share; `quota` names the limit that was reached."""

    reason = "QUOTA_EXCEEDED"

    def __init__(self, retry_after_s: float, quota: str) -> None:
        message = f"{quota}: is used up; try again in {retry_after_s:g} s"
        super().__init__(message, retry_after_s=retry_after_s, metadata={"quota": quota})


class Unavailable(TalmachError):
    """The same call may succeed a little later or on another replica."""

    reason = "UNAVAILABLE"


class ServerStarting(Unavailable):
    """The models are not loaded and proven yet."""

    reason = "SERVER_STARTING"
    message = "server: is starting"


class ServerDraining(Unavailable):
    """The server is finishing what it has accepted and takes nothing new."""

    reason = "SERVER_DRAINING"
    message = "server: is draining"


class EngineStuck(Unavailable):
    """Every worker of the engine is stuck in a batch that does not end; another replica can do the work."""

    reason = "ENGINE_STUCK"
    message = "engine: is stuck"


class DeadlineExceeded(TalmachError):
    """Too little time was left to start the work, or it passed while the work was queued."""

    reason = "DEADLINE_EXCEEDED"
    message = "deadline: passed before the work could be done"


class StreamIdle(TalmachError):
    """The caller of a stream has neither sent nor taken anything for too long; its place is given to others."""

    reason = "STREAM_IDLE"

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"stream: nothing was sent or taken (limit {limit_s:g} s)", {"limit_s": f"{limit_s:g}"})


class Unauthenticated(TalmachError):
    """No token."""

    reason = "UNAUTHENTICATED"


class PermissionDenied(TalmachError):
    """A token that nobody was given."""

    reason = "PERMISSION_DENIED"


class ReplyTooLarge(TalmachError):
    """The work was done, but the answer does not fit into one message; sizes in bytes."""

    reason = "REPLY_TOO_LARGE"

    def __init__(self, *, actual: int, limit: int) -> None:
        metadata = {"limit": str(limit), "actual": str(actual)}
        super().__init__(f"reply: has {actual} bytes (limit {limit}); send less text at once", metadata)


class EngineFailure(TalmachError):
    """The engine failed; the cause is chained and logged by type, and never sent to the caller."""

    reason = "ENGINE_FAILURE"
    message = "engine: failed"


class EngineTimeout(EngineFailure):
    """The engine took longer than it may; it cannot be stopped, and nobody waits for its result."""

    reason = "ENGINE_TIMEOUT"
    message = "engine: took too long"
