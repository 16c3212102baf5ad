"""What can be doubtful about a translation."""

from enum import Enum


class Flag(Enum):
    """A reason to doubt one translated sentence; the order is that of the contract."""

    REPETITION = "repetition"
    LENGTH_RATIO = "length_ratio"
    NUMBER_MISMATCH = "number_mismatch"
    PROTECTED_TOKEN_MISMATCH = "protected_token_mismatch"
    UNTRANSLATED = "untranslated"
    WRONG_SCRIPT = "wrong_script"
    TRUNCATED = "truncated"
    LOW_CONFIDENCE = "low_confidence"
    SOURCE_LANGUAGE_MISMATCH = "source_language_mismatch"
    GLOSSARY_NOT_APPLIED = "glossary_not_applied"
    SIGN_MISMATCH = "sign_mismatch"
    MARKUP = "markup"
    SOURCE_LANGUAGE_UNCERTAIN = "source_language_uncertain"
    NAME_MISMATCH = "name_mismatch"
    UNKNOWN_WORD = "unknown_word"


GRAVE: frozenset[Flag] = frozenset(
    {Flag.REPETITION, Flag.LENGTH_RATIO, Flag.WRONG_SCRIPT, Flag.TRUNCATED, Flag.UNTRANSLATED}
)
"""Flags of a translation that is likely to be useless: the sentence is decoded once more with stricter options."""
