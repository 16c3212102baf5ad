"""The pins of the image: whole, hashed, and what pyproject.toml asks for."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PINS = [ROOT / "deploy" / f"requirements{name}.txt" for name in ("", "-gpu", "-convert", "-build")]
CURE = "run deploy/lock and commit the result"
# The Python and the systems that the image is built for.
IMAGES = [
    {"python_version": "3.13", "python_full_version": "3.13.0", "sys_platform": "linux", "platform_machine": machine}
    for machine in ("x86_64", "aarch64")
]


def needed() -> Iterator[tuple[Path, Requirement]]:
    """What pyproject.toml asks for, to run and to build, and where it is pinned."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = tables["project"]["optional-dependencies"]
    both = [
        *tables["project"]["dependencies"],
        *extras["http"],
        *extras["otel"],
        *extras["redis"],
        *extras["tokenizers"],
    ]
    yield from ((PINS[0], Requirement(each)) for each in both)
    yield from ((PINS[1], Requirement(each)) for each in [*both, *extras["gpu"]])
    convert = [each for each in extras["convert"] if not each.startswith("torch")]  # see the Dockerfile
    yield from ((PINS[2], Requirement(each)) for each in [*both, *convert])
    yield from ((PINS[3], Requirement(each)) for each in tables["build-system"]["requires"])


def pinned(path: Path) -> dict[str, tuple[Requirement, list[str]]]:
    """The pins of a file by name, each with its hashes."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    parsed = [(Requirement(line.partition(" --hash=")[0]), re.findall(r"--hash=(\S+)", line)) for line in lines]
    return {canonicalize_name(requirement.name): (requirement, hashes) for requirement, hashes in parsed}


def test_the_lists_are_read() -> None:
    """The tests below do not pass merely because they found nothing."""
    names = {requirement.name for _, requirement in needed()}
    assert {"ctranslate2", "grpcio", "redis", "typer", "nvidia-cublas-cu12", "hatchling"} <= names


@pytest.mark.parametrize("path", PINS[1:3], ids=lambda path: path.name)
def test_all_images_have_the_same_versions(path: Path) -> None:
    """What was proven on the CPU is what runs beside a GPU."""
    cpu, more = pinned(PINS[0]), pinned(path)
    assert {name: more[name] for name in cpu} == cpu


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_every_pin_is_exact_and_hashed(path: Path) -> None:
    """One version, at least one SHA-256, and no address to get it from: that is the builder's affair."""
    pins = pinned(path)
    assert pins
    for requirement, hashes in pins.values():
        (specifier,) = requirement.specifier
        assert specifier.operator == "=="
        assert hashes
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes)
    assert not re.search(r"://|index-url|find-links|trusted-host", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("path", "requirement"), list(needed()), ids=lambda value: str(value).rpartition("/")[2])
@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image["platform_machine"])
def test_every_dependency_is_pinned(path: Path, requirement: Requirement, image: dict[str, str]) -> None:
    """Within the bounds of pyproject.toml, for every system that an image is built for."""
    environment: dict[str, str] = {**default_environment(), **image}  # type: ignore[dict-item]  # no sets in it
    if requirement.marker and not requirement.marker.evaluate(environment):
        return
    name = canonicalize_name(requirement.name)
    assert name in pinned(path), CURE
    pin, _ = pinned(path)[name]
    assert pin.marker is None or pin.marker.evaluate(environment), CURE
    (specifier,) = pin.specifier
    assert requirement.specifier.contains(Version(specifier.version)), CURE
