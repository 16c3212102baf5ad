"""Sentence boundaries in Russian, Belarusian and English news, by rule; between `document` and the clause splitter.

A stop is a run of ``. ! ? …`` with the quotes and brackets that close behind it. It ends a sentence when a word
follows that can begin one (no lower-case letter) and, for a lone dot, when the word before it is no abbreviation,
initial or list number that goes on. Every look around a stop is bounded, so the time is linear in the text.
"""

import re

from talmach.text.abbreviations import Abbreviations, Ending, for_language
from talmach.text.clauses import split_clauses
from talmach.text.span import Span

__all__ = ["INVISIBLE", "split", "split_clauses", "strip"]

# White space for `re` and `str.strip` alike, plus what cannot be seen: controls, zero-width characters, bidi marks.
INVISIBLE = (
    "".join(map(chr, range(0x21)))
    + "\x7f"
    + "".join(map(chr, range(0x80, 0xA1)))
    + "\xad\u061c\u1680\u180e"
    + "".join(map(chr, range(0x2000, 0x2010)))
    + "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u202f\u205f"
    + "".join(map(chr, range(0x2060, 0x2070)))
    + "\u3000\ufeff"
)
_BLANKS = re.compile(f"[{re.escape(INVISIBLE)}]*")
_STOP = re.compile(r"([.!?…]+)((?:\[\d{1,3}\])*(?:[\"'’»”“›)\]}]|[ \u00a0\u202f][»)\]])*)")
_DASH = re.compile(r"[—–−-][ \t\u00a0\u202f\n]+")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_NEXT_WORD = re.compile(r"[^\w]{0,12}?([^\W_][\w'’ʼ-]*)(.?)", re.DOTALL)
_BRAND = re.compile(r"[a-z]{1,3}[A-Z]")  # iPhone, eBay
_INITIALS = re.compile(r"(?:[A-ZА-ЯЁІЎ][.-])*(?:[A-ZА-ЯЁІЎ]|Дж|Дз|Ю)")
_ROMAN = re.compile(r"[IVXLCDMІХМС]+(?:[–—-][IVXLCDMІХМС]+)?")
_JOINED_WORDS = re.compile(r"[а-яёіў]{2}[.!?…]+[А-ЯЁІЎ][а-яёіў]")
_SPEECH_TAG = re.compile(
    r"(?!(?:He|She|They|We|It)\b)(?:I|(?:[A-Z][\w'’-]+ ){0,2}[A-Z][\w'’-]+) "
    r"(?:said|says|asked|asks|told|added|adds|replied|wrote|tweeted|shouted|cried|answered|joked|wondered)\b"
)
_OPENING = "\"'«„“‘([{"
_QUOTES = "\"'’»”“›"
_LOOKBACK = 48  # code points before a stop that decide about it


def strip(text: str, start: int = 0, end: int | None = None) -> Span:
    """The part of ``text[start:end]`` without white space and invisible characters at its edges."""
    part = text[start:end]
    first = len(part) - len(part.lstrip(INVISIBLE))
    return Span(start + first, max(start + first, start + len(part.rstrip(INVISIBLE))))


def split(text: str, language: str | None = None) -> list[Span]:
    """The sentences of one paragraph, in order, without the white space and speech dashes between them.

    Args:
        text: a paragraph; line ends in it count as white space.
        language: whose abbreviations to use; the union of all when None.
    """
    rules = for_language(language)
    paragraph = strip(text)
    spans: list[Span] = []
    start, first_word = paragraph.start, -1
    for stop in _STOP.finditer(text, paragraph.start, paragraph.end):
        if stop.start() < start:
            continue
        if first_word < start:
            found = _ALPHANUMERIC.search(text, start)
            first_word = found.start() if found else len(text)
        if first_word > stop.start():
            continue
        gap_end, dashed = _gap_end(text, stop.end())
        if gap_end < paragraph.end and _is_boundary(text, start, stop, gap_end, dashed, rules):
            spans.append(Span(start, stop.end()))
            start = gap_end
    if start < paragraph.end:
        spans.append(Span(start, paragraph.end))
    return spans


def _gap_end(text: str, position: int) -> tuple[int, bool]:
    """Where the next sentence would start, and whether a dash of direct speech was passed."""
    blanks = _BLANKS.match(text, position)
    end = blanks.end() if blanks else position
    dash = _DASH.match(text, end) if end > position else None
    return (dash.end(), True) if dash else (end, False)


def _is_boundary(
    text: str, start: int, stop: re.Match[str], next_start: int, dashed: bool, rules: Abbreviations
) -> bool:
    marks, closing = stop.groups()
    if next_start == stop.end() and (closing or not _JOINED_WORDS.match(text, max(0, stop.start() - 2))):
        return False
    following = _NEXT_WORD.match(text, next_start)
    if not following:
        return False
    word, after = following.groups()
    if word[0].islower() and not _BRAND.match(word):
        return False
    quoted = any(mark in _QUOTES for mark in closing)
    if quoted and dashed:
        return False
    if "!" in marks or "?" in marks:
        bracketed = text[stop.start() - 1] == "(" and closing.startswith(")")
        return not bracketed and not (quoted and _SPEECH_TAG.match(text, next_start))
    if marks != ".":
        return True
    window = max(start, stop.start() - _LOOKBACK)
    before = text[window : stop.start()]
    return _dot_ends_sentence(before, bool(closing), window == start, word, after, rules)


def _dot_ends_sentence(before: str, closed: bool, whole: bool, word: str, after: str, rules: Abbreviations) -> bool:
    """Whether a lone dot after `before` ends the sentence when `word` and the character `after` come next.

    `closed`: a quote or bracket closes behind the dot; `whole`: `before` reaches back to the start of the sentence.
    """
    tokens = before.split()
    token = tokens[-1].lstrip(_OPENING) if tokens and not before[-1].isspace() else ""
    previous = tokens[-2].lstrip(_OPENING) if len(tokens) > 1 else ""
    if tokens and tokens[-1][0] in _OPENING and after and after in _QUOTES:
        return False  # a name of two words: «Яндекс. Новости»
    if token.isdigit():
        is_list_number = whole and len(tokens) == 1 and len(token) <= 3
        is_spaced_date = len(token) <= 2 and word.isdigit() and (after == "." or previous.rstrip(".").isdigit())
        return closed or not (is_list_number or is_spaced_date)
    ending = _ending(token, previous, rules)
    if ending is None:
        return closed or not _INITIALS.fullmatch(token) or _initial_ends(token, previous, word, after, rules)
    if ending in (Ending.YEAR, Ending.UNIT):
        numbered = any(char.isdigit() for char in previous) or bool(_ROMAN.fullmatch(previous))
        ending = (Ending.BEFORE_CAPITAL if ending is Ending.YEAR else Ending.MEASURE) if numbered else Ending.NEVER
    if closed:
        return True
    if whole and _is_date(tokens, rules):
        return False
    if ending in (Ending.MEASURE, Ending.BEFORE_CAPITAL) and word.lower() in rules.continuations:
        return False
    if ending is Ending.BEFORE_STARTER:
        return word.lower() in rules.starters
    if ending in (Ending.MEASURE, Ending.REFERENCE):
        return not word[0].isdigit()
    return ending is Ending.BEFORE_CAPITAL


def _ending(token: str, previous: str, rules: Abbreviations) -> Ending | None:
    if previous.endswith(".") or previous in ("и", "і"):
        ending = rules.ending(f"{previous.rstrip('.')}.{token}")
        if ending:
            return ending
    return None if len(token) == 1 and token.isupper() else rules.ending(token)


def _initial_ends(token: str, previous: str, word: str, after: str, rules: Abbreviations) -> bool:
    """«Витамин С. Он», «Николай II. Царь» end; «Я. Коласа», "George W. Bush", «В. В. Путин» go on."""
    if len(word) == 1 and after == ".":
        return False
    is_numeral_of_name = token in ("I", "V", "X") and previous[:1].isupper() and not previous.isascii()
    return is_numeral_of_name or (not previous.endswith(".") and word.lower() in rules.starters)


def _is_date(tokens: list[str], rules: Abbreviations) -> bool:
    """Whether a sentence so far says only when: «В 2024 г. Минск ...», «15 янв. Банк ...»."""
    return all(
        any(char.isdigit() for char in token)
        or token.lower().rstrip(".") in rules.temporal
        or _ROMAN.fullmatch(token)
        or rules.ending(token.rstrip(".")) is Ending.YEAR
        for token in tokens
    )
