"""Sentence boundaries in Russian, Belarusian and English news, by rule; between `document` and the clause splitter.

A stop is a run of ``. ! ? …`` with the quotes and brackets that close behind it. It ends a sentence when a word
follows that can begin one (no lower-case letter) and, for a lone dot, when the word before it is no abbreviation,
initial or list number that goes on. A paragraph that begins its sentences with small letters is cut at the stops that
leave no doubt. Every look around a stop is bounded, so the time is linear in the text.
"""

import re
from dataclasses import dataclass

from talmach.text.abbreviations import AFTER_NUMBER, ISSUERS, Abbreviations, Ending, for_language
from talmach.text.characters import CLOSING_QUOTES, word_set
from talmach.text.span import Span
from talmach.text.titles import is_in_title

# White space for both `re` and `str.strip`, plus what cannot be seen: controls, zero-width characters, bidi marks.
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
_DASH = re.compile(rf"[—–−-][ \t\u00a0\u202f\n]+[{re.escape(INVISIBLE)}]*")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_NEXT_WORD = re.compile(r"[^\w]{0,12}?([^\W_][\w'’ʼ-]*)(.?)", re.DOTALL)
_BRAND = re.compile(r"[a-z]{1,3}[A-Z]")  # iPhone, eBay
# Romanised initials have two letters.
_INITIALS = re.compile(r"(?:[A-ZА-ЯЁІЎ][.-])*(?:[A-ZА-ЯЁІЎ]|Дж|Дз|Дм|Y[aeou]|Zh|Kh|Ts|Ch|Sh|Dz)")
_ROMAN = re.compile(r"[IVXLCDMІХМС]+(?:[–—-][IVXLCDMІХМС]+)?")
_JOINED_WORDS = re.compile(r"[а-яёіў]{2}[.!?…]+[А-ЯЁІЎ][а-яёіў]|[a-z]{2}[.!?…]+[A-Z](?:[a-z]| [a-z])")
_LINK_SIGN = re.compile(r"[@/#]|www\.")
# The ends of a surname in the cases that follow a noun: «группа А. Пугачёвой», «школа И. Репина».
_SURNAME = re.compile(
    r"\w+(?:[оеёаэ][вў][ау]?|[иыі]н[ау]?|(?:[оеёаэ]в|[иыі]н)(?:ой|ай|ым)|[сц]к(?:ий|і|ой|ай|ая|ого|ага)|"
    r"[еэ]нк[оіи]|[юу]ка?|[иі]ча?|швили|швілі|дзе|янц?а?|ас[ау])"
)
_LAST_PART = re.compile(r"^[^\W\d_]{2,}\.?-(?=[^-]+$)")  # taken away, it leaves the last part of a compound
_SCALES = ("тыс.", "млн", "млн.", "млрд", "млрд.", "трлн", "кв.", "куб.", "sq.", "cu.", "thousand", "million")
_UNDOTTED = word_set("кг км мм см мг мл га мин млн млрд трлн kg km mph min mins secs mln bn mn")  # as most write them
_VOWEL = re.compile("[аеёиоуыэюяіaeiouy]", re.IGNORECASE)
_CAPITAL_START = re.compile(r"[.!?…][\"'’»”)\]]*\s+[«„“\"'(]*[A-ZА-ЯЁІЎ]")
_SPEECH_TAG = re.compile(
    r"(?!(?:He|She|They|We|It)\b)(?:I|(?:[A-Z][\w'’-]+ ){0,2}[A-Z][\w'’-]+) "
    r"(?:said|says|asked|asks|told|added|adds|replied|wrote|tweeted|shouted|cried|answered|joked|wondered)\b"
)
_OPENING = "\"'«„“‘([{/"
_LOOKBACK = 48  # code points before a stop that decide about it
_LOOKAHEAD = 80  # and behind it
_LONGEST_LIST_NUMBER = 3  # digits
_LONGEST_DAY = 2  # digits


@dataclass(frozen=True, slots=True)
class _Stop:
    """A stop that may end a sentence, with everything that decides about it."""

    marks: str  # "." or "?!" or "…"
    closing: str  # quotes and brackets behind it
    before: str  # up to _LOOKBACK code points of the sentence
    is_whole: bool  # `before` is the whole sentence so far
    following: str  # up to _LOOKAHEAD code points of what may be the next sentence
    word: str  # its first word, and the character behind that
    after_word: str
    is_dashed: bool  # a dash of direct speech is in between
    is_small: bool  # the paragraph begins its sentences with small letters

    @property
    def is_quoted(self) -> bool:
        return any(mark in CLOSING_QUOTES for mark in self.closing)


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
    is_small = _has_small_starts(text, paragraph)
    for match in _STOP.finditer(text, paragraph.start, paragraph.end):
        if first_word < start:
            found = _ALPHANUMERIC.search(text, start)
            first_word = found.start() if found else len(text)
        if first_word > match.start():
            continue
        gap_end, is_dashed = _gap_end(text, match.end())
        if gap_end == match.end() and not _is_joint(text, match, rules):
            continue
        if gap_end == paragraph.end or (not match[2] and is_in_title(text, start, *match.span())):
            continue
        if _is_boundary(_stop_at(text, start, match, gap_end, is_dashed=is_dashed, is_small=is_small), rules):
            spans.append(Span(start, match.end()))
            start = gap_end
    if start < paragraph.end:
        spans.append(Span(start, paragraph.end))
    return spans


def ends_in_abbreviation(text: str, language: str) -> bool:
    """Whether the dot at the end of `text` belongs to an abbreviation that a sentence can end in: «гг.», "Inc."."""
    tokens = text[-_LOOKBACK:].removesuffix(".").split()
    previous, token = ["", "", *(token.lstrip(_OPENING) for token in tokens)][-2:]
    ending = _ending(token, previous, for_language(language)) if token else None
    if ending is Ending.BEFORE_STARTER:  # "Jr.", but «помог им.»
        return token[0].isupper()
    if ending is Ending.MEASURE:  # «12 тыс.», but «12 млн» and «Герой знайшоў ліст»
        is_counted = any(char.isdigit() for char in previous) or previous in _SCALES
        return is_counted and token not in _UNDOTTED
    return ending in (Ending.BEFORE_CAPITAL, Ending.MONEY)


def _gap_end(text: str, position: int) -> tuple[int, bool]:
    """Where the next sentence would start, and whether a dash of direct speech was passed."""
    blanks = _BLANKS.match(text, position)
    end = blanks.end() if blanks else position
    dash = _DASH.match(text, end) if end > position else None
    return (dash.end(), True) if dash else (end, False)


def _has_small_starts(text: str, paragraph: Span) -> bool:
    """Whether a paragraph is written like a chat: sentences begin with small letters, names may have capitals."""
    first = _ALPHANUMERIC.search(text, paragraph.start, paragraph.end)
    return (
        first is not None
        and first.group().islower()
        and not _CAPITAL_START.search(text, paragraph.start, paragraph.end)
    )


def _is_joint(text: str, match: re.Match[str], rules: Abbreviations) -> bool:
    """Whether the blank behind the stop was forgotten: «прошло.Однако», but not «Яндекс.Такси» or a link."""
    if match[2] or not _JOINED_WORDS.match(text, max(0, match.start() - 2)):
        return False
    around = text[max(0, match.start() - _LOOKBACK) : match.end() + _LOOKAHEAD]
    at = match.start() - max(0, match.start() - _LOOKBACK)
    before = around[:at].split()[-1]
    after = around[at + len(match[1]) :].split()[0]
    if _LINK_SIGN.search(before) or _LINK_SIGN.search(after):
        return False
    word = _NEXT_WORD.match(after)
    is_name = before.lstrip(_OPENING)[:1].isupper() and match[1] == "."
    return not is_name or (word is not None and word[1].lower() in rules.starters)


def _stop_at(text: str, start: int, match: re.Match[str], next_start: int, *, is_dashed: bool, is_small: bool) -> _Stop:
    """The stop of `match` in the sentence from `start`; `word` is empty when none comes soon."""
    marks, closing = match.groups()
    window = max(start, match.start() - _LOOKBACK)
    following = text[next_start : next_start + _LOOKAHEAD]
    next_word = _NEXT_WORD.match(following)
    word, after_word = next_word.groups() if next_word else ("", "")
    before, is_whole = text[window : match.start()], window == start
    return _Stop(marks, closing, before, is_whole, following, word, after_word, is_dashed, is_small)


def _is_boundary(stop: _Stop, rules: Abbreviations) -> bool:
    if not stop.word:
        return False
    if stop.word[0].islower() and not _BRAND.match(stop.word):
        return stop.is_small and _ends_small_sentence(stop, rules)
    if stop.is_quoted and stop.is_dashed:
        return False
    if "!" in stop.marks or "?" in stop.marks:
        is_remark = stop.before.endswith("(") and stop.closing.startswith(")")  # «заявил (!) Иванов»
        return not is_remark and not (stop.is_quoted and _SPEECH_TAG.match(stop.following))
    return stop.marks != "." or bool(stop.closing) or _dot_ends_sentence(stop, rules)


def _ends_small_sentence(stop: _Stop, rules: Abbreviations) -> bool:
    """The same among sentences in small letters, where an abbreviation or three dots never end one."""
    if stop.is_quoted or stop.is_dashed or stop.marks not in (".", "!", "?", "?!", "!!", "!!!"):
        return False
    if stop.marks != ".":
        return True
    token, previous = _last_tokens(stop)
    is_word = len(token) > 1 and token.replace("-", "").isalpha() and bool(_VOWEL.search(token))
    return is_word and _ending(token, previous, rules) is None


def _last_tokens(stop: _Stop) -> tuple[str, str]:
    """The word in front of a stop, and the one before that; empty without any."""
    tokens = [] if stop.before[-1:].isspace() else stop.before.split()
    previous, token = ["", "", *(token.lstrip(_OPENING) for token in tokens)][-2:]
    return token, previous


def _dot_ends_sentence(stop: _Stop, rules: Abbreviations) -> bool:
    tokens = [] if stop.before[-1:].isspace() else stop.before.split()
    token, previous = _last_tokens(stop)
    if _is_numbering(stop, token, previous, tokens) or _is_quoted_name(stop, tokens):
        return False
    ending = _ending(token, previous, rules)
    if ending is None:
        return not _INITIALS.fullmatch(token) or _initial_ends(stop, token, previous, rules)
    is_before_initial = ending is Ending.BEFORE_STARTER and len(stop.word) == 1 and stop.after_word == "."
    if is_before_initial or (stop.is_whole and _is_date(tokens, rules)):
        return False
    return _abbreviation_ends(ending, stop.word, rules)


def _is_numbering(stop: _Stop, token: str, previous: str, tokens: list[str]) -> bool:
    """«1. Первое», and the spaced date «12. 05. 2024»."""
    if not token.isdigit():
        return False
    if previous.endswith(":") and token == "1":  # «Правила: 1. Первое», but «Погибших: 12. Раненых: 40.»
        return True
    is_dotted = stop.after_word == "." or (previous.endswith(".") and previous[:-1].isdigit())
    is_date = len(token) <= _LONGEST_DAY and stop.word.isdigit() and is_dotted
    return is_date or (stop.is_whole and len(tokens) == 1 and len(token) <= _LONGEST_LIST_NUMBER)


def _is_quoted_name(stop: _Stop, tokens: list[str]) -> bool:
    """A name of two words, «Яндекс. Новости»."""
    return bool(tokens) and tokens[-1][0] in _OPENING and bool(stop.after_word) and stop.after_word in CLOSING_QUOTES


def _ending(token: str, previous: str, rules: Abbreviations) -> Ending | None:
    """How the abbreviation ends a sentence, with YEAR and UNIT resolved by the number before them."""
    ending = None
    is_initial = len(token) == 1 and token.isupper()  # «Т. П. Вясёлка» is not «т. п.»
    if not is_initial and (previous.endswith(".") or previous in ("и", "і")):
        ending = rules.ending(f"{previous.rstrip('.')}.{token}")
    if ending is None and not is_initial:
        ending = rules.ending(token) or rules.ending(_LAST_PART.sub("", token))  # «ген.-лейт», «вице-адм»
    if ending not in AFTER_NUMBER:
        return ending
    if not (any(char.isdigit() for char in previous) or _ROMAN.fullmatch(previous) or previous in _SCALES):
        return None if ending is Ending.QUANTITY else Ending.NEVER
    return Ending.BEFORE_CAPITAL if ending is Ending.YEAR else Ending.MEASURE


def _abbreviation_ends(ending: Ending, word: str, rules: Abbreviations) -> bool:
    lowered = word.lower()
    if ending is Ending.NEVER or (ending is not Ending.BEFORE_STARTER and lowered in rules.continuations):
        return False
    if ending is Ending.BEFORE_STARTER:
        return lowered in rules.starters
    if ending is Ending.BEFORE_CAPITAL:
        return True
    return not word[0].isdigit() and not (ending is Ending.MONEY and lowered in ISSUERS)


def _initial_ends(stop: _Stop, token: str, previous: str, rules: Abbreviations) -> bool:
    """«Витамин С. Он», «план Б. Город», «Николай I. Царь» end; «Я. Коласа», "George W. Bush", «В. В. Путин» go on."""
    if len(stop.word) == 1 and stop.after_word == ".":
        return False
    label = previous.lower()
    if label in rules.labels:
        return True
    if label in rules.weak_labels or label.isdigit():
        return not _SURNAME.fullmatch(stop.word.lower()) or stop.word.lower() in rules.starters
    is_numeral_of_name = token in ("I", "V", "X") and previous[:1].isupper() and not previous.isascii()
    opens = stop.word.lower() in rules.starters or stop.word.lower() in rules.subjects
    return is_numeral_of_name or (opens and not previous.endswith("."))


def _is_date(tokens: list[str], rules: Abbreviations) -> bool:
    """Whether a sentence so far says only when: «В 2024 г. Минск ...», «15 янв. Банк ...»."""
    return all(
        any(char.isdigit() for char in token)
        or token.lower().rstrip(".") in rules.temporal
        or _ROMAN.fullmatch(token)
        or rules.ending(token.rstrip(".")) is Ending.YEAR
        for token in tokens
    )
