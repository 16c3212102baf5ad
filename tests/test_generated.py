"""`talmach.pb` is what proto/generate.py makes of the contract today, and the contract documents itself."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, SourceCodeInfo

import talmach.pb

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKED_IN = Path(talmach.pb.__path__[0])
GENERATE = Path(__file__).parents[1] / "proto" / "generate.py"
CURE = "run `python proto/generate.py` and commit the result"


def generated_files(package: Path) -> dict[str, bytes]:
    """Return the content of each file of a generated package by its name."""
    return {path.name: path.read_bytes() for path in package.glob("*.py*")}


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    """Load proto/generate.py, a script outside every package."""
    return runpy.run_path(str(GENERATE))


@pytest.fixture(scope="module")
def fresh(generator: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Generate the package now."""
    source_root = tmp_path_factory.mktemp("generated")
    generator["generate"](source_root)
    return generated_files(source_root / "talmach" / "pb")


@pytest.fixture(scope="module")
def contract(generator: dict[str, Any]) -> list[FileDescriptorProto]:
    """Compile the .proto files now, under the names of the Python package and with their comments."""
    compiled = generator["compile_contract"]()
    generator["rename_files"](compiled)
    return [file for file in compiled.file if file.package == "talmach.v1"]


def test_checked_in_modules_are_those_of_the_contract(fresh: dict[str, bytes]) -> None:
    """No module is missing and none is left over from a .proto that is gone."""
    assert set(generated_files(CHECKED_IN)) == set(fresh), CURE


def test_checked_in_messages_are_those_of_the_contract(contract: list[FileDescriptorProto]) -> None:
    """Every message, enum and service that Python sees is the one declared, whatever tools generated it."""
    for file in contract:
        module = importlib.import_module(file.name.replace(".proto", "_pb2").replace("/", "."))
        expected = FileDescriptorProto()
        expected.CopyFrom(file)
        expected.ClearField("source_code_info")
        actual = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        assert expected == actual, f"{file.name}: {CURE}"


def test_checked_in_files_are_fresh_to_the_byte(fresh: dict[str, bytes]) -> None:
    """Type stubs, gRPC stubs and docstrings are fresh too; comparable only where the same tools are installed."""
    checked_in = generated_files(CHECKED_IN)
    if fresh["__init__.py"] != checked_in["__init__.py"]:
        pytest.skip("generated with other versions of grpcio-tools or mypy-protobuf than are installed")
    stale = [name for name, content in fresh.items() if checked_in.get(name) != content]
    assert stale == [], CURE


def documentable(file: FileDescriptorProto) -> Iterator[SourceCodeInfo.Location]:
    """Yield where each message, enum, service, field, oneof, value and rpc stands (paths as in descriptor.proto)."""
    message_type, enum_type, service = 4, 5, 6
    members = {message_type: {2, 8}, enum_type: {2}, service: {2}}  # field and oneof; value; rpc
    for location in file.source_code_info.location:
        match list(location.path):
            case [kind, _] if kind in members:
                yield location
            case [kind, _, member, _] if member in members.get(kind, ()):
                yield location


def test_every_element_has_a_comment(contract: list[FileDescriptorProto]) -> None:
    """The comments are the public API documentation, so no element is without one."""
    elements = [(file.name, place) for file in contract for place in documentable(file)]
    undocumented = [f"{name}:{place.span[0] + 1}" for name, place in elements if not place.leading_comments.strip()]
    assert undocumented == []
    assert len(elements) > len(contract), "the walk finds the elements"
