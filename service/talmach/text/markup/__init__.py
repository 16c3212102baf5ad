"""Texts that are written in a format: which of their characters are words to read, and how the rest is kept.

format  the formats that a text may be written in
"""

from talmach.text.markup.format import TextFormat

__all__ = ["TextFormat"]
