"""Strategies for texts that no editor wrote, and for request messages that no client of ours sends."""

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

# In every text that may be refused: if it turns up in an error or in the log, text has leaked.
CANARY = "canary7f3"  # ASCII: JSON would escape anything else

_PIECES = st.sampled_from([
    "Горад адкрыў новую школу. ", "Город открыл новую школу. ", "The town opened a new school. ", "ЦЭНЫ ВЫРАСЛІ ",
    "г. ", "А. С. ", "?!", "...", "…", "«", "»", "“", '"', "'", "’", "(", ")", "[1]", "— ", "• ", "1. ", "а) ", "; ",
    " ", "\u00a0", "\t", "\n", "\r\n", "\r", "\v", "\x85", "\u2028", "\x00", "\x1b[31m", "\x7f", "\x1c",
    "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u202c", "\u2066", "\u2069", "\u200f", "\u061c",
    "е\u0301", "\u0301\u0316", "\u1100\u1161", "👩\u200d🚀", "👍🏽", "🇧🇾", "𝔘", "\U0010ffff", "\ufffd", "\uffff",
    "<a href='https://example.org/?a=1&b=2'>", "</a>", "<script>alert(1)</script>", "&nbsp;", "<!--", "]]>", "{{x}}",
    "https://", "http://example.com/a_(b)", "www.", "a@b.by", "@@", "@handle", "#тэг", "#", "t.me/a",
    "1 000 000", "12.05.2024", "21:30", "10-15 млн ", "½", "٣", "Ⅻ", "²",
    "```\nx = 1\n```", "`x`", "| a | b |\n|---|---|", "&#39;", "₴", "±5 ", "→", "За́мак ", "oﬃce ", "ＭＩＮＳＫ ",
    "Mинск ", "бiблiятэка ", "всту-\nпят ", "план Б. Го", "5 тыс. м. ", "@" + "y-" * 31 + ".", "Новий міст. ",
    "<2en>", "</s>", "<unk>", "▁", "%s", "\\", "中文", "עברית", "العربية", "ไทย", "Ελληνικά", "ß", "İ", "ﬁ",
])  # fmt: skip
_CHARACTERS = st.characters(exclude_categories=["Cs"])  # a message cannot hold a lone surrogate
# Repeated sentences are decoded once, so long texts cost little.
_REPEATED = st.builds(lambda unit, times: unit * times, st.one_of(_PIECES, _CHARACTERS), st.integers(1, 400))
TEXTS = st.lists(st.one_of(_PIECES, _PIECES, _CHARACTERS, _REPEATED), max_size=12).map("".join)

LANGUAGES = st.sampled_from(["ru", "be", "en"])
_CODES = st.one_of(LANGUAGES, st.sampled_from(["be-tarask", "ru_RU", "BEL", "", "uk", "xx-", "e n", CANARY]))
_STRINGS = st.one_of(TEXTS, TEXTS.map(lambda text: CANARY + text), st.just(""))
_INTEGERS = st.one_of(st.integers(-1, 9), st.sampled_from([-(2**31), 2**31 - 1]))
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_INT32: _INTEGERS,
    FieldDescriptor.TYPE_ENUM: _INTEGERS,
    FieldDescriptor.TYPE_DOUBLE: st.one_of(st.floats(0, 1), st.floats()),
}


def messages(descriptor: Descriptor) -> st.SearchStrategy[Message]:
    """Return messages of a type with any of its fields, right and wrong; enumerations may hold any number."""
    return st.composite(_draw_message)(descriptor)


def _draw_message(draw: st.DrawFn, descriptor: Descriptor) -> Message:
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if draw(st.integers(0, 3)) == 0:
            continue
        values = _values(field)
        if field.is_repeated:
            for value in draw(st.lists(values, max_size=3)):
                _add(getattr(message, field.name), value)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(draw(values))
        else:
            setattr(message, field.name, draw(values))
    return message


def _values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.message_type:
        return messages(field.message_type)
    if field.type == FieldDescriptor.TYPE_STRING:
        return _CODES if field.name.endswith("language_code") else _STRINGS
    return _SCALARS[field.type]


def _add(repeated: Any, value: object) -> None:
    if isinstance(value, Message):
        repeated.add().CopyFrom(value)
    else:
        repeated.append(value)


def wire(descriptor: Descriptor) -> st.SearchStrategy[bytes]:
    """Return what may arrive as a message of a type: one with unknown fields, one that is damaged, or any bytes."""
    whole = messages(descriptor).map(lambda message: message.SerializeToString())
    unknown = st.sampled_from([b"", b"\xf8\x07\x01", b"\xfa\x07\x03abc", b"\xfd\x07\x00\x00\x00\x00"])
    # Field 1 as a string that is no UTF-8: a lone surrogate, an overlong form, a byte that is never used.
    invalid = st.sampled_from([b"\x0a\x03\xed\xa0\x80", b"\x0a\x02\xc0\x80", b"\x0a\x01\xff"])
    damaged = st.builds(_damage, whole, st.integers(0, 10_000), st.integers(0, 255), st.booleans())
    return st.one_of(
        st.builds(lambda one, more: one + more, whole, unknown),
        st.builds(lambda one, more: more + one, whole, invalid),
        damaged,
        st.binary(max_size=60),
    )


def _damage(message: bytes, at: int, byte: int, cut: bool) -> bytes:
    at %= len(message) + 1
    return message[:at] if cut else message[:at] + bytes([byte]) + message[at + 1 :]
