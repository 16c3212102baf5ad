"""Gives a translation the typography of its source: what `engine.normalization` folded away, and what models mislay."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from talmach.engine.normalization import to_official_belarusian
from talmach.text import casing
from talmach.text.characters import BEFORE_OPENING, CLOSING, DOUBLE_QUOTE, TERMINAL, words_of
from talmach.text.evidence import FUNCTION_WORDS, LEXICON
from talmach.text.sentences import ends_in_abbreviation

_CURLY_QUOTES = frozenset("«»“”„")
_CURLY_APOSTROPHES = frozenset("’ʼ")
# Around a quotation, and around one inside of that.
_CYRILLIC_QUOTES = (("«", "»"), ("„", "“"))
_QUOTES = {"ru": _CYRILLIC_QUOTES, "be": _CYRILLIC_QUOTES, "en": (("“", "”"), ("‘", "’"))}
# Languages that write an apostrophe inside words.
_APOSTROPHE = {"be": "’", "en": "’"}
_TARASKIEVICA = re.compile("[ґҐ]")
_STRAIGHT_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)|(?<=s)'(?=\s)")
_INNER_QUOTATION = re.compile(r"(?<!\w)'(\w[^'\"]*)'(?!\w)")
_BREAKS = ("—", "–", "-")
_ABBREVIATION = re.compile(r"(?:\.\w{1,4}|(?<!\w)\w|\.)\.$")  # "U.S.", «г.», "..."
_SPEAKER = re.compile(r", [—-] |(?<=[.!?…]) [—-] ")  # behind speech: «Мы тут, — сказаў ён»
_DIALOGUE_DASH = re.compile(r"^[—-] ")
_INCHES = re.compile(r'\d["”]')
_SPACED_HYPHEN = re.compile(r"(?<=[ \u00a0])-(?= )")
_SPACED_DASH = re.compile(r"(?<=[ \u00a0])[—–](?=[ \u00a0])")
_RANGE = re.compile(r"(?<!\d)(\d+)([—–])(\d+)")
_HYPHENATED_RANGE = re.compile(r"(?<![\d-])(\d+)-(\d+)(?![\d-])")
_RANGE_OF_WORDS = re.compile(r"(?<=[^\W\d_])[—–](?=\w)|(?<=\d)[—–](?=[^\W\d_])")  # «январе–феврале», "I–II"
_BLANK_BEFORE_MINUS = re.compile(r"(?:(?<=[(\[])|(?<=(?<!\S)\"))[ \u00a0](?=[—−-]\d)")
_MINUS = re.compile(r"(?<!\w)−(?=\d)")
_FOLDED_MINUS = re.compile(r"(?<!\w)[—-](?=\d)")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_FIRST_LETTERS = re.compile(r"[^\w\s]*([^\W\d_]+)")
_FIRST_WORD = re.compile(r"[^\w\s]*([^\W\d_]+)(?![\w-])")
# What English writes with a capital, although it is in the lists.
_CAPITALISED = {"i", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} | {
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
}  # fmt: skip
_ORDINARY_WORDS = {language: (FUNCTION_WORDS[language] | words) - _CAPITALISED for language, words in LEXICON.items()}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a sentence is written, and therefore how its translation should be."""

    language: str  # of the translation
    all_caps: bool
    curly_quotes: bool
    curly_apostrophes: bool
    ellipses: bool
    quote_count: int  # of double ones
    opens_again: bool
    nested_quotes: bool
    dash: str | None  # what stands for a hyphen between spaces; None = the hyphen

    @classmethod
    def of(cls, source: str, language: str, *, all_caps: bool, resumes: str = "") -> "Manner":
        """Return the manner of `source` for its translation into `language`.

        `resumes` is the mark of a quotation that it goes on with, behind the words of who speaks.

        A sentence with some typographic characters was written with care: its translation also gets those that the
        sentence had no use for, unless it shows that its author writes them straight.
        """
        characters = {*source, *resumes}
        quotes, apostrophes = bool(characters & _CURLY_QUOTES), bool(characters & _CURLY_APOSTROPHES)
        is_typographic = quotes or apostrophes or bool(characters & set("…—–"))
        return cls(
            language,
            all_caps,
            curly_quotes=quotes or (is_typographic and '"' not in characters),
            curly_apostrophes=apostrophes or (is_typographic and "'" not in source),
            ellipses="…" in source,
            opens_again=bool(resumes) and language == "en",  # where it was closed before those words
            quote_count=len(DOUBLE_QUOTE.findall(source)),
            nested_quotes={"«", "„"} <= characters or {"“", "‘"} <= characters,
            dash=_dash(source, language),
        )

    def restore(self, source: str, target: str, before: str) -> str:
        """Return `target`, the translation of the part `source` of the sentence, which follows the text `before`."""
        target = _match_final_stop(source, target, self.language)
        if self.language == "be" and not _TARASKIEVICA.search(source):  # a glossary's term may have it
            target = to_official_belarusian(target)
        if self.ellipses:
            target = target.replace("...", "…")
        count = len(DOUBLE_QUOTE.findall(source))
        if (target.count('"') - count) % 2 and count == self.quote_count and not self.opens_again:
            target = _match_quotes(source, target, before, self.language)
        if self.opens_again and not before and not target.startswith('"'):
            target = f'"{target}'
        target = self._match_dashes(source, target)
        if self.curly_apostrophes and self.language in _APOSTROPHE:
            target = _STRAIGHT_APOSTROPHE.sub(_APOSTROPHE[self.language], target)
        if self.curly_quotes:
            target = self._curl_quotes(target, before)
        target = _match_first_letter(source, target, before, _ORDINARY_WORDS[self.language])
        return casing.to_all_caps(target) if self.all_caps else target

    def _match_dashes(self, source: str, target: str) -> str:
        """Give back the minus, the dash of a range, and the dash that a model wrote as a hyphen between spaces."""
        if not _BLANK_BEFORE_MINUS.search(source):
            target = _BLANK_BEFORE_MINUS.sub("", target)
        # English has the short dash in ranges, and the long one between clauses, also without blanks.
        tight = set(_RANGE_OF_WORDS.findall(source))
        if tight == {"–"} or (tight and self.language == "en"):
            target = _RANGE_OF_WORDS.sub("–", target)
        if _MINUS.search(source):
            target = _FOLDED_MINUS.sub("−", target)
        ranges = {(first, last): dash for first, dash, last in _RANGE.findall(source)}
        if ranges:
            target = _HYPHENATED_RANGE.sub(lambda match: self._range(match, ranges), target)
        return _SPACED_HYPHEN.sub(self.dash, target) if self.dash else target

    def _range(self, match: re.Match[str], ranges: Mapping[tuple[str, str], str]) -> str:
        first, last = match.groups()
        dash = ranges.get((first, last), "-")
        return f"{first}{'–' if self.language == 'en' and dash != '-' else dash}{last}"

    def _curl_quotes(self, target: str, before: str) -> str:
        outer, inner = _QUOTES[self.language]
        if self.nested_quotes:
            target = _INNER_QUOTATION.sub(lambda match: inner[0] + match[1] + inner[1], target)
        result, *pieces = target.split('"')
        depth = 0
        for piece in pieces:
            previous = (before + result)[-1:]
            is_broken_off = previous in _BREAKS and depth > 0 and not piece[:1].isalnum()  # "But I—" he said.
            opens = _opens(previous) and not is_broken_off
            depth += opens
            opening, closing = inner if self.nested_quotes and depth > 1 else outer
            result += (opening if opens else closing) + piece
            depth -= not opens and depth > 0
        return result


def _dash(source: str, language: str) -> str | None:
    """Russian and Belarusian have one dash; English takes that of the source. Who types hyphens for it, keeps them."""
    if _SPACED_HYPHEN.search(source):
        return None
    if language != "en":
        return "—"
    dash = _SPACED_DASH.search(source)
    return dash[0] if dash else None


def _match_final_stop(source: str, target: str, language: str) -> str:
    """A headline or half a sentence has no full stop: the models, which mostly saw sentences, like to add one."""
    closes_sentence = source.rstrip(CLOSING + " ").endswith(tuple(TERMINAL))
    if closes_sentence or not target.endswith(".") or _ABBREVIATION.search(target):
        return target
    return target if ends_in_abbreviation(target, language) else target[:-1]


def _opens(previous: str) -> bool:
    """Whether a straight mark behind a character opens: a lone one belongs to a quotation of several sentences."""
    return not previous or previous.isspace() or previous in BEFORE_OPENING


def _match_quotes(source: str, target: str, before: str, language: str) -> str:
    """Mend a translation that has one mark too few or too many; half a quotation has one in both languages."""
    marks = list(DOUBLE_QUOTE.finditer(source))
    is_half = len(marks) % 2 > 0
    first, last = target.find('"'), target.rfind('"')
    if target[: max(first, 0)][-1:].isdigit() or (is_half and _INCHES.search(source)):
        return target
    begins, ends = _is_quoted_at(source)
    has_first, has_last = _is_quoted_at(target)
    if is_half and target.count('"') > len(marks):
        return _without_surplus(target, first=has_first and not begins, last=has_last and not ends)
    if ends and not has_last and (is_half or _opens(target[:last][-1:])):
        stop = "." if language != "en" and target.endswith(".") and not target.endswith("..") else ""
        return f'{target.removesuffix(stop)}"{stop}'
    is_opened = not is_half and _opens(target[:first][-1:])
    if not before and not has_first and not is_opened and (begins or not marks):
        return f'"{_DIALOGUE_DASH.sub("", target)}'
    speaker = _SPEAKER.search(target)
    if speaker and marks and not ends and not _opens(source[: marks[-1].start()][-1:]) and first < speaker.start():
        return f'{target[: speaker.start()]}"{target[speaker.start() :]}'
    return target if marks else target.replace('"', "", 1)


def _is_quoted_at(text: str) -> tuple[bool, bool]:
    """Whether a mark stands at the beginning and at the end, but for the full stop."""
    return bool(DOUBLE_QUOTE.match(text)), bool(DOUBLE_QUOTE.match(text.rstrip(TERMINAL + " ")[-1:]))


def _without_surplus(target: str, *, first: bool, last: bool) -> str:
    """Take away the mark that closes or opens what the half of a quotation leaves open."""
    if first:
        return target[1:]
    at = target.rindex('"')
    return target[:at] + target[at + 1 :] if last else target


def _match_first_letter(source: str, target: str, before: str, ordinary: Collection[str]) -> str:
    """A model begins whatever it is given like a sentence; what goes on with a small letter does so in translation.

    The other way round, the first line of a list («Молоко — 500 мл») may lose its capital.
    """
    ours, theirs = _FIRST_LETTERS.match(source), _FIRST_LETTERS.match(target)
    words = words_of(source)
    if theirs is None or theirs[1] in words:  # a glossary's term, or the name of a variable
        return target
    goes_on = ours[1].islower() if ours else bool(before) and source[:1].isdigit()
    begins = ours is not None and ours[1][0].isupper() and not before
    at = theirs.start(1)
    if goes_on and theirs[1].istitle() and _is_ordinary(target, theirs[1], words, ordinary):
        return target[:at] + target[at].lower() + target[at + 1 :]
    if begins and theirs[1].islower():
        return target[:at] + target[at].upper() + target[at + 1 :]
    return target


def _is_ordinary(target: str, first: str, source_words: Collection[str], ordinary: Collection[str]) -> bool:
    """Whether the first word of a translation is no name, which has its capital everywhere."""
    if _CYRILLIC.match(first):
        # No name has lost its capital in the source, and between Russian and Belarusian its first letter is the same.
        capitals = {word[0] for word in source_words if word[0].isupper()}
        if not capitals or (all(map(_CYRILLIC.match, capitals)) and first[0] not in capitals):
            return True
    return first.lower() in ordinary and bool(_FIRST_WORD.match(target))
