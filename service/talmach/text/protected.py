"""Tokens that must come through a translation unchanged."""

from dataclasses import dataclass
from enum import Enum

from talmach.text.span import Span


class ProtectedKind(Enum):
    """What a protected token is."""

    URL = "url"
    EMAIL = "email"
    HANDLE = "handle"
    HASHTAG = "hashtag"


@dataclass(frozen=True, slots=True)
class ProtectedToken:
    """A token that a translation must not touch."""

    span: Span
    kind: ProtectedKind


def find(text: str) -> list[ProtectedToken]:
    """Return the protected tokens of `text`, in order, none overlapping another."""
    return []


def has_words(text: str) -> bool:
    """Whether anything is left to translate."""
    return any(c.isalpha() for c in text)
