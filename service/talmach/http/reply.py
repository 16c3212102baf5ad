"""What an exchange answers: bytes at once, or a stream of events."""

from collections.abc import Sequence
from dataclasses import dataclass

JSON = "application/json"
EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is there as a whole."""

    body: bytes
    media_type: str = JSON
    status: int = 200
    fields: Sequence[tuple[str, str]] = ()
