"""The formats that a text may be written in."""

from enum import Enum


class TextFormat(Enum):
    """How a text is written; the names are those of the contract."""

    TEXT = "text"
    HTML = "html"
    MARKDOWN = "markdown"
