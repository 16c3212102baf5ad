"""Messages of the contract as JSON, the protobuf way: names in camelCase, or as the proto has them in a request.

protobuf's own parser quotes the request and names a single problem. So the whole shape is checked here first, and
problems get the same paths as all others.
"""

import difflib
import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NoReturn, TypeVar

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from talmach.contract.checks import Problems
from talmach.contract.violations import InvalidFields, Violation, too_many_texts
from talmach.text.characters import is_encodable

_Message = TypeVar("_Message", bound=Message)
_SMALL_BYTES = 65_536  # whatever is in so many, to parse them takes some milliseconds
_VALUES_PER_ITEM, _MORE_VALUES = 8, 1_000
_MAX_PROBLEMS = 50  # out of millions in one request
_MIN_NUMBER, _MAX_NUMBER = -(2**31), 2**31 - 1  # of an enumeration
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_KINDS: dict[int, tuple[str, tuple[type, ...]]] = {
    FieldDescriptor.CPPTYPE_BOOL: ("true or false", (bool,)),
    FieldDescriptor.CPPTYPE_STRING: ("a string", (str,)),
    FieldDescriptor.CPPTYPE_ENUM: ("one of its names", (str, int)),
    FieldDescriptor.CPPTYPE_INT32: ("a whole number", (int, float)),
    FieldDescriptor.CPPTYPE_DOUBLE: ("a number", (int, float)),
}


def read(data: bytes, kind: type[_Message], max_items: int) -> _Message:
    """Return the message that a body holds; raises InvalidFields with everything that is wrong with its shape.

    No array may have more than `max_items`: millions of nothings fit into one body, and would be seconds of work.
    """
    content = parse(data, max_items)
    problems = Problems()
    _Shape(max_items, problems).check_message("", content, kind.DESCRIPTOR)
    problems.settle()
    try:
        return json_format.ParseDict(content, kind())
    except (json_format.ParseError, OverflowError) as error:  # such as a number beyond 32 bits, or beyond any
        raise _invalid("does not fit the contract") from error


def parse(data: bytes, max_items: int) -> Any:
    """Return what a body holds as JSON; raises InvalidFields, which tells nothing of what stands there.

    `max_items` is how many the longest array may have.
    """
    limit = _VALUES_PER_ITEM * max_items + _MORE_VALUES
    if len(data) > _SMALL_BYTES and _least_values(data, limit) > limit:
        raise _invalid(f"has too many values (limit {limit:,})")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise _invalid("is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise _invalid(f"is not JSON (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise _invalid("is nested too deeply") from error
    except ValueError as error:  # a name that is there twice, a number of thousands of digits
        raise _invalid("is not JSON") from error


def _least_values(data: bytes, limit: int) -> int:
    """Return how many values a body has at least, or a number above the limit, long before they are parsed.

    Python parses a whole body without letting any other thread run: 8 MB of empty arrays for two thirds of a second.
    """
    plain = data.replace(rb"\\", b"").replace(rb"\"", b"")
    if (quotes := plain.count(b'"')) > 2 * limit:
        return quotes // 2
    return sum(part.count(mark) for part in plain.split(b'"')[::2] for mark in (b"[", b"{", b","))


def render(message: Message) -> bytes:
    """Return a reply as JSON in one line, with every field that has a value by default."""
    return dump(json_format.MessageToDict(message, always_print_fields_with_no_presence=True))


def least_bytes(message: Message) -> int:
    """Return a lower bound of the size of a reply as JSON, in far less time than it takes to render it."""
    size = _least_bytes(message.DESCRIPTOR)
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        if not field.is_repeated:
            size += least_bytes(value)
        elif any(inner.is_repeated and inner.message_type is not None for inner in field.message_type.fields):
            size += sum(map(least_bytes, value))
        else:  # segments, of which there may be a hundred thousand: each costs 100 us to render
            size += len(value) * _least_bytes(field.message_type)
    return size


@cache
def _least_bytes(kind: Any) -> int:
    """Return the bytes of what is always written of a message: braces, and each name with a value of one character."""
    names = [field.json_name for field in kind.fields if not field.has_presence]
    return len("{}") + sum(len(f'"{name}":0') for name in names)


def dump(content: Any) -> bytes:
    """Return JSON in one line of UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class _Shape:
    """Looks for what is wrong with the shape of a body."""

    def __init__(self, max_items: int, problems: Problems) -> None:
        self._max_items = max_items
        self._problems = problems

    # `kind` is a descriptor, of which protobuf has two kinds that are alike.
    def check_message(self, path: str, content: Any, kind: Any) -> None:
        """Add what is wrong with an object that is to be a message."""
        if not isinstance(content, dict):
            self._problems.append(_malformed(path, "is not an object"))
            return
        fields = {name: field for field in kind.fields for name in (field.name, field.json_name)}
        given: dict[str, str] = {}  # by the name of a field, or of what one of several fields is: which field it was
        for name, value in content.items():
            if len(self._problems) >= _MAX_PROBLEMS:
                return
            field = fields.get(name)
            if field is None:
                self._problems.append(_unknown(path, name, [each.json_name for each in kind.fields]))
            elif value is not None:  # null is the same as nothing
                place = field.containing_oneof.name if field.containing_oneof else field.name
                if (other := given.setdefault(place, name)) != name:  # protobuf would take the last
                    self._problems.append(_malformed(_join(path, field.name), f"excludes {other}"))
                else:
                    self._check_field(_join(path, field.name), value, field)

    def _check_field(self, path: str, value: Any, field: FieldDescriptor) -> None:
        if not field.is_repeated:
            self._check_value(path, value, field)
        elif not isinstance(value, list):
            self._problems.append(_malformed(path, "is not an array"))
        elif len(value) > self._max_items:
            self._problems.append(too_many_texts(path, actual=len(value), limit=self._max_items))
        else:
            for index, each in enumerate(value):
                if len(self._problems) >= _MAX_PROBLEMS:
                    return
                self._check_value(f"{path}[{index}]", each, field)

    def _check_value(self, path: str, value: Any, field: FieldDescriptor) -> None:
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            self.check_message(path, value, field.message_type)
            return
        what, types = _KINDS[field.cpp_type]
        is_of_kind = isinstance(value, types) and (bool in types or not isinstance(value, bool))
        if is_of_kind and field.cpp_type == FieldDescriptor.CPPTYPE_INT32:
            is_of_kind = isinstance(value, int) or value.is_integer()  # 3.0 is a whole number
        if not is_of_kind:
            self._problems.append(_malformed(path, f"is not {what}"))
        elif isinstance(value, str) and field.enum_type is not None and value not in field.enum_type.values_by_name:
            names = ", ".join(field.enum_type.values_by_name)
            self._problems.append(_malformed(path, f"is not {what} ({names})"))
        elif field.enum_type is not None and isinstance(value, int) and not _MIN_NUMBER <= value <= _MAX_NUMBER:
            # protobuf would keep the lower 32 bits, which may be the number of another name.
            self._problems.append(_malformed(path, f"is not {what}"))
        elif isinstance(value, str) and not is_encodable(value):
            self._problems.append(Violation(path, "INVALID_TEXT", "has half of a surrogate pair"))


def _unknown(path: str, name: str, known: Iterable[str]) -> Violation:
    """Say that there is no such field; its name is repeated only where it looks like one, and not like text."""
    if not _NAME.fullmatch(name):
        return _malformed(path, "has a field that is not known")
    closest = difflib.get_close_matches(name, list(known), n=1)
    suggestion = f" (did you mean {closest[0]}?)" if closest else f" ({', '.join(known)})"
    return Violation(_join(path, name), "UNKNOWN_FIELD", f"is not a field{suggestion}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _malformed(path: str, description: str) -> Violation:
    return Violation(path or "request", "INVALID_JSON", description)


def _invalid(description: str) -> InvalidFields:
    return InvalidFields([_malformed("", description)])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name is there twice")
    return content


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and the infinities are no JSON")
