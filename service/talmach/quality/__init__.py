"""Checks on a pair of sentences, source and translation, that need no model and no reference."""

from talmach.quality.checks import LOW_CONFIDENCE_SCORE, check
from talmach.quality.flags import GRAVE, Flag
from talmach.quality.names import Mentions, Name, names_in
from talmach.quality.notation import localize_numbers
from talmach.quality.scripts import foreign_letters
from talmach.quality.signs import sign_spans

__all__ = [
    "GRAVE",
    "LOW_CONFIDENCE_SCORE",
    "Flag",
    "Mentions",
    "Name",
    "check",
    "foreign_letters",
    "localize_numbers",
    "names_in",
    "sign_spans",
]
