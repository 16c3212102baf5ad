"""Print the reference of the contract, made of its comments: `python proto/reference.py > reference.md`.

Needs grpcio-tools (the `docs` extra). Every service, message and enum in the order of the files, as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from generate import CONTRACT, compile_contract
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

PACKAGE = "talmach.v1"
# Numbers of the fields that lead to an element, from descriptor.proto: they are the path of its comment.
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6
_FIELDS_OF_MESSAGE, _VALUES_OF_ENUM, _METHODS_OF_SERVICE = 2, 2, 2

Comment = Callable[..., str]


def reference() -> str:
    """Return the whole page."""
    files = [file for file in compile_contract().file if file.name.startswith(CONTRACT)]
    names = [each.name for file in files for each in (*file.service, *file.message_type, *file.enum_type)]
    parts = [
        "# The contract",
        f"The package `{PACKAGE}`, made of the comments in `proto/{CONTRACT}`.",
        *(part for file in files for part in _file(file, names)),
    ]
    return "\n\n".join(parts) + "\n"


def _file(file: FileDescriptorProto, names: list[str]) -> Iterator[str]:
    comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}

    def comment(*path: int) -> str:
        return _linked(comments.get(path, ""), names)

    yield f"## {Path(file.name).name}"
    for number, service in enumerate(file.service):
        yield from _service(service, comment, (_SERVICES, number))
    for number, message in enumerate(file.message_type):
        yield from _message(message, comment, (_MESSAGES, number))
    for number, enum in enumerate(file.enum_type):
        yield from _enum(enum, comment, (_ENUMS, number))


def _service(service: ServiceDescriptorProto, comment: Comment, path: tuple[int, ...]) -> Iterator[str]:
    yield f"### {service.name}"
    yield comment(*path)
    for number, method in enumerate(service.method):
        taken = ("stream " if method.client_streaming else "") + _link(method.input_type)
        given = ("stream " if method.server_streaming else "") + _link(method.output_type)
        yield f"**{method.name}** ({taken}) → {given}"
        yield comment(*path, _METHODS_OF_SERVICE, number)


def _message(message: DescriptorProto, comment: Comment, path: tuple[int, ...]) -> Iterator[str]:
    yield f"### {message.name}"
    yield comment(*path)
    rows = [
        (f"`{field.name}`", _type(field, message), comment(*path, _FIELDS_OF_MESSAGE, number))
        for number, field in enumerate(message.field)
    ]
    if rows:
        yield _table(("field", "type", "meaning"), rows)


def _enum(enum: EnumDescriptorProto, comment: Comment, path: tuple[int, ...]) -> Iterator[str]:
    yield f"### {enum.name}"
    yield comment(*path)
    rows = [
        (f"`{value.name}`", str(value.number), comment(*path, _VALUES_OF_ENUM, number))
        for number, value in enumerate(enum.value)
    ]
    yield _table(("value", "number", "meaning"), rows)


def _type(field: FieldDescriptorProto, message: DescriptorProto) -> str:
    if field.type_name:
        name = _link(field.type_name)
    else:
        name = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {name}"
    if field.proto3_optional:
        return f"optional {name}"
    if field.HasField("oneof_index"):
        return f"{name}, one of `{message.oneof_decl[field.oneof_index].name}`"
    return name


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text).replace("|", r"\|")


def _link(type_name: str) -> str:
    """Return a link to a message or an enum of ours, or the name of another's."""
    name = type_name.removeprefix(".").removeprefix(f"{PACKAGE}.")
    return f"`{name}`" if "." in name else f"[{name}](#{name.lower()})"


def _linked(comment: str, names: list[str]) -> str:
    """Return a comment, its lines without the space after the slashes, with links to the elements that it names."""
    text = "\n".join(line.removeprefix(" ") for line in comment.splitlines()).strip()
    return re.sub(
        r"`(\w+)((?:\.\w+)*)`",
        lambda found: f"[`{found[1]}{found[2]}`](#{found[1].lower()})" if found[1] in names else found[0],
        text,
    )


if __name__ == "__main__":
    print(reference(), end="")
