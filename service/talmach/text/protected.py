"""Tokens that come through a translation unchanged: links, addresses, @handles, #tags, emoji, code and tags.

Everything here is linear in the text: no pattern can start inside a token that it has refused.
"""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum

from talmach.text.span import Span


class ProtectedKind(Enum):
    """What a protected token is."""

    URL = "url"
    EMAIL = "email"
    HANDLE = "handle"
    HASHTAG = "hashtag"
    EMOJI = "emoji"
    MARKUP = "markup"


@dataclass(frozen=True, slots=True)
class ProtectedToken:
    """A token that a translation must not touch."""

    span: Span
    kind: ProtectedKind


# A dot without a space after it is a common slip, so a bare domain needs a top level that is no word; one that is
# ("me", "be", "us") counts only with a path: t.me/channel, youtu.be/abc.
_TOP_LEVELS = (
    "ru|by|su|com|net|org|info|biz|edu|gov|mil|int|eu|uk|ua|kz|pl|de|fr|lt|lv|ee|md|ge|az|kg|uz|tj|cz|fi|se|nl|ch|es|"
    "cn|jp|kr|tr|il|io|ai|tv|fm|cc|co|app|dev|online|site|shop|blog|club|xyz|pro|media|press|moscow|minsk"
)
_WORDY_TOP_LEVELS = "me|be|us|am|at|in|is|it|no|to|ly|gl|news|live|today|world|link"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_CYRILLIC_LABEL = r"[а-яёіў0-9](?:[а-яёіў0-9-]{0,61}[а-яёіў0-9])?"
_TAIL = r"[^\s<>\"«»“”„|\\^`{}\u200b-\u200f\u2060\ufeff]"  # of a link: whatever cannot end it
_DOMAIN = (
    rf"(?:(?i:(?:{_LABEL}\.)+)(?:(?:{_TOP_LEVELS}|Ru|{_TOP_LEVELS.upper()})(?![\w-])(?::\d{{2,5}})?(?:[/?#]{_TAIL}*)?"
    rf"|(?:{_WORDY_TOP_LEVELS})/{_TAIL}+)"
    rf"|(?i:(?:{_CYRILLIC_LABEL}\.)+(?:рф|бел)(?![\w-])(?:/{_TAIL}*)?))"
)
# With everything that modifies or joins them: a family, a flag or a thumb with a skin tone is several code points.
_EMOJI_BASE = "\u231a-\u231b\u23e9-\u23f3\u2600-\u27bf\u2b1b-\u2b1c\u2b50\u2b55\U0001f000-\U0001faff"
_EMOJI = f"(?:(?:[0-9#*](?=\ufe0f\u20e3)|[{_EMOJI_BASE}])[\ufe0e\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff]*)"
# A block of code between fences, code in a line, tags and comments of HTML, entities, the bars of a table.
_MARKUP = (
    r"(?:^|(?<=\n))```[^\n]*\n(?:(?!```)[^\n]*\n)*```"
    r"|```[^`\n]{1,300}```|``[^`\n]{1,300}``|`[^`\n]{1,300}`"
    r"|<!--(?:(?!<!--)[^>]){0,1000}-->|</?[A-Za-z][\w:-]{0,40}(?:\s[^<>]{0,1000})?/?>"
    r"|&(?:[A-Za-z]{2,8}|\#\d{1,6}|\#x[0-9A-Fa-f]{1,6});"
    r"|\|(?:[ :-]*\|)*"
)
_TOKEN = re.compile(
    rf"(?P<email>(?<![\w.+-])[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}})+)"
    rf"|(?P<url>(?<![\w])(?i:(?:https?|ftp)://|www\.(?=\w)){_TAIL}+|(?<![\w.@/-]){_DOMAIN})"
    rf"|(?P<handle>(?<![\w@./])@[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*(?:@(?i:(?:{_LABEL}\.)+[a-z]{{2,}}))?)"
    r"|(?P<hashtag>(?<![\w&#/])#\w*[^\W\d_]\w*)"
    rf"|(?P<emoji>{_EMOJI}+)"
    rf"|(?P<markup>{_MARKUP})"
)
# Every token has one of these. Most sentences have none, and this says so twenty times faster than `_TOKEN`.
_SIGN = re.compile(rf"[@#`<&|\u20e3{_EMOJI_BASE}]|://|\.\w")
_SENTENCE_MARKS = ".,;:!?…'’*"
_BRACKETS = {")": "(", "]": "["}
_WORD_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo"})  # not Lm: ʼ alone is no word


def find(text: str) -> list[ProtectedToken]:
    """Return the protected tokens of `text`, in order, none overlapping another."""
    if not _SIGN.search(text):
        return []
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = ProtectedKind(match.lastgroup)
        end = _trimmed_end(text, match) if kind is ProtectedKind.URL else match.end()
        tokens.append(ProtectedToken(Span(match.start(), end), kind))
    return tokens


def without(text: str, kinds: Container[ProtectedKind] = frozenset(ProtectedKind)) -> str:
    """`text` with a space instead of each protected token of some kinds."""
    parts, position = [], 0
    for token in find(text):
        if token.kind in kinds:
            parts.append(text[position : token.span.start])
            position = token.span.end
    return " ".join([*parts, text[position:]])


def has_words(text: str) -> bool:
    """Whether a letter is left without protected tokens: else there is nothing to translate."""
    return any(unicodedata.category(char) in _WORD_LETTERS for char in without(text))


def has_markup(text: str) -> bool:
    """Whether `text` has code, tags or the bars of a table in it; a lone bar is a mark like any other."""
    marks = [token.span.slice(text) for token in find(text) if token.kind is ProtectedKind.MARKUP]
    return any(mark != "|" for mark in marks) or len(marks) > 1


def _trimmed_end(text: str, match: re.Match[str]) -> int:
    """Where a link ends, without the sentence's marks and the bracket around it."""
    link, end = match.group(), match.end()
    surplus = {closing: link.count(closing) - link.count(opening) for closing, opening in _BRACKETS.items()}
    while end > match.start() + 1:
        last = text[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _SENTENCE_MARKS:
            break
        end -= 1
    return end
