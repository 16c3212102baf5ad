"""How the contract's messages are made and printed."""

import json
from collections.abc import Iterator
from typing import Any, Protocol

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message


class Texts(Protocol):
    """A sequence of strings, such as a list or a tuple, but not a string.

    A string is a sequence of strings too; what tells it apart is that `in` takes nothing but strings there.
    """

    def __contains__(self, value: object, /) -> bool: ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[str]: ...


def checked(texts: Texts) -> Texts:
    """Return the texts; raises TypeError for a lone string, whose letters would count as texts."""
    if isinstance(texts, str | bytes):
        raise TypeError("texts: is a single text, not a list of texts")
    return texts


def to_json(message: Message) -> str:
    """Return a message in protobuf's JSON, with the contract's names and order, fields without a value included."""
    return json.dumps(_ordered(_plain(message), message.DESCRIPTOR), ensure_ascii=False, indent=2)


def _plain(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return plain


def _ordered(plain: dict[str, Any], descriptor: Any) -> dict[str, Any]:
    """Put the fields in the order of the contract: protobuf leaves those without a value to the end."""
    ordered = {}
    for field in descriptor.fields:
        if field.name in plain:
            value, kind = plain[field.name], field.message_type
            if kind is None or kind.GetOptions().map_entry:
                ordered[field.name] = value
            elif isinstance(value, list):
                ordered[field.name] = [_ordered(each, kind) for each in value]
            else:
                ordered[field.name] = _ordered(value, kind)
    return ordered
