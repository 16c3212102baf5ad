"""Gives a translation the typography of its source: what `engine.normalization` folded away."""

import re

from talmach.text import casing

_TYPOGRAPHIC = frozenset("«»“”„’ʼ…")
_QUOTES = {"ru": "«»", "be": "«»", "en": "“”"}
# Languages that write an apostrophe inside words.
_APOSTROPHE = {"be": "’", "en": "’"}
_STRAIGHT_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)|(?<=s)'(?=\s)")
_TERMINAL = (".", "!", "?", "…", ":", ";")


def restore(source: str, target: str, target_language: str, *, all_caps: bool) -> str:
    """Return `target` with quotation marks, apostrophes, ellipses, final stop and capitals in the manner of `source`."""
    target = _match_final_stop(source, target)
    if not _TYPOGRAPHIC.isdisjoint(source):
        target = _restore_typography(source, target, target_language)
    return casing.to_all_caps(target) if all_caps else target


def _match_final_stop(source: str, target: str) -> str:
    """A headline has no full stop: the models, which mostly saw sentences, like to add one."""
    closes_sentence = source.rstrip("\"'»”’)] ").endswith(_TERMINAL)
    if target.endswith(".") and not target.endswith("..") and not closes_sentence:
        return target[:-1]
    return target


def _restore_typography(source: str, target: str, language: str) -> str:
    if "…" in source:
        target = target.replace("...", "…")
    if language in _APOSTROPHE:
        target = _STRAIGHT_APOSTROPHE.sub(_APOSTROPHE[language], target)
    opening, closing = _QUOTES[language]
    pieces = target.split('"')
    # An odd mark belongs to a quotation that goes on in another sentence: which side it is on, the spaces tell.
    result = pieces[0]
    for piece in pieces[1:]:
        opens = not result or result[-1].isspace() or result[-1] in "([—-«“"
        result += (opening if opens else closing) + piece
    return result
