"""Checks on a pair of sentences, source and translation, that need no model and no reference."""

from talmach.quality.checks import check
from talmach.quality.flags import GRAVE, Flag

__all__ = ["GRAVE", "Flag", "check"]
