"""Gives a translation the typography of its source: what `engine.normalization` folded away."""

import re
from dataclasses import dataclass

from talmach.engine.normalization import to_official_belarusian
from talmach.text import casing
from talmach.text.characters import CLOSING, TERMINAL

_CURLY_QUOTES = frozenset("«»“”„")
_CURLY_APOSTROPHES = frozenset("’ʼ")
_QUOTES = {"ru": ("«", "»"), "be": ("«", "»"), "en": ("“", "”")}
# Languages that write an apostrophe inside words.
_APOSTROPHE = {"be": "’", "en": "’"}
_TARASKIEVICA = re.compile("[ґҐ]")
_STRAIGHT_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)|(?<=s)'(?=\s)")
_OPENS_BEHIND = "([—-«“"
_ABBREVIATION = re.compile(r"(?:\.\w{1,4}|(?<!\w)\w|\.)\.$")  # "U.S.", «г.», "..."


@dataclass(frozen=True, slots=True)
class Manner:
    """How a sentence is written, and therefore how its translation should be."""

    language: str  # of the translation
    all_caps: bool
    curly_quotes: bool
    curly_apostrophes: bool
    ellipses: bool

    @classmethod
    def of(cls, source: str, language: str, *, all_caps: bool) -> "Manner":
        """Return the manner of `source` for its translation into `language`.

        A sentence with some typographic characters was written with care: its translation also gets those that the
        sentence had no use for, unless it shows that its author writes them straight.
        """
        characters = set(source)
        quotes, apostrophes = bool(characters & _CURLY_QUOTES), bool(characters & _CURLY_APOSTROPHES)
        is_typographic = quotes or apostrophes or "…" in source
        return cls(
            language,
            all_caps,
            curly_quotes=quotes or (is_typographic and '"' not in source),
            curly_apostrophes=apostrophes or (is_typographic and "'" not in source),
            ellipses="…" in source,
        )

    def restore(self, source: str, target: str, before: str) -> str:
        """Return `target`, the translation of the part `source` of the sentence, which follows the text `before`."""
        target = _match_final_stop(source, target)
        if self.language == "be" and not _TARASKIEVICA.search(source):  # a glossary's term may have it
            target = to_official_belarusian(target)
        if self.ellipses:
            target = target.replace("...", "…")
        if self.curly_apostrophes and self.language in _APOSTROPHE:
            target = _STRAIGHT_APOSTROPHE.sub(_APOSTROPHE[self.language], target)
        if self.curly_quotes:
            target = _curl_quotes(target, _QUOTES[self.language], before)
        return casing.to_all_caps(target) if self.all_caps else target


def _match_final_stop(source: str, target: str) -> str:
    """A headline or half a sentence has no full stop: the models, which mostly saw sentences, like to add one."""
    closes_sentence = source.rstrip(CLOSING + " ").endswith(tuple(TERMINAL))
    if target.endswith(".") and not closes_sentence and not _ABBREVIATION.search(target):
        return target[:-1]
    return target


def _curl_quotes(target: str, quotes: tuple[str, str], before: str) -> str:
    opening, closing = quotes
    result, *pieces = target.split('"')
    # An odd mark belongs to a quotation that goes on in another sentence: the spaces tell which side it is on.
    for piece in pieces:
        previous = (before + result)[-1:]
        opens = not previous or previous.isspace() or previous in _OPENS_BEHIND
        result += (opening if opens else closing) + piece
    return result
