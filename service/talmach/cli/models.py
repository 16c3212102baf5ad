"""`talmach models`: what there is, here and on the hub; pull, prefer, remove and verify."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talmach.catalog import default_models_dir, public
from talmach.catalog.catalogue import Catalogue, CatalogueEntry, model_directories, prefer, survey, user_models_dir
from talmach.catalog.manifest import FILENAME
from talmach.catalog.public import PublicModel
from talmach.catalog.verify import verify
from talmach.cli import terminal
from talmach.cli.failures import BadInput
from talmach.cli.options import Json
from talmach.cli.wanted import split_directions, wanted
from talmach.config import load_settings
from talmach.errors import ModelNotFound, ModelUnusable

if TYPE_CHECKING:
    from talmach.app.loading import Choice

models = typer.Typer(
    help="The models: list, available, pull, use, remove, verify.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_PREFIXES = {"translation": "translates", "encoder": "encodes sentences"}
_DIRECTIONS = "ru-en,en-ru"
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model's id, the name of a set, or embedded.")]


@models.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models that are here. The preferred come first, then the model of each direction."""
    from talmach.app.loading import choose, weights_bytes

    settings = load_settings()
    catalogue = survey(settings.models_dir)
    _complain(catalogue)
    choice = choose(catalogue, settings)
    if as_json:
        listed = [
            each.spec.model_dump(mode="json")
            | {
                "embedded": each.embedded,
                "weights_bytes": weights_bytes(each, settings),
                "loaded": _loaded(each, choice),
            }
            for each in catalogue.ordered()
        ]
        terminal.write(_json(listed))
        return
    for entry in catalogue.ordered():
        spec = entry.spec
        notes = [name for name, holds in (("draft", spec.draft), ("embedded", entry.embedded)) if holds]
        notes += [f"{weights_bytes(entry, settings) / (1 << 20):,.0f} MiB", _loaded(entry, choice)]
        notes += [spec.set] if spec.set else []
        directions = f", {' '.join(spec.directions)}" if spec.directions else ""
        terminal.write(
            f"{spec.id} {spec.version}: {spec.kind}{''.join(f', {note}' for note in notes)}{directions}, "
            f"{spec.architecture}, {spec.licence}\n"
        )
    _write_orders(_orders(catalogue, catalogue.directions, encoders=True))


@models.command("available")
def list_available(as_json: Json = False) -> None:
    """List the public models that can be pulled. With licence, size, directions and the scores on their pages."""
    known = public.load(default_models_dir())
    if as_json:
        terminal.write(_json([model.model_dump(mode="json") for model in known]))
        return
    installed = {entry.spec.id for entry in _catalogue().entries}
    for model in known:
        terminal.write(f"{_described(model)}{' (installed)' if model.id in installed else ''}\n")
    terminal.write("Scores are those of the models' own pages; talmach has measured none of them.\n")


@models.command("pull")
def pull(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|DIRECTORY", help="A public model, a set, or a checkpoint (./NAME where both are)."
        ),
    ],
    *,
    model_id: Annotated[str | None, typer.Option("--id", help="Name for your own checkpoint.")] = None,
    directions: Annotated[
        str, typer.Option("--directions", metavar=_DIRECTIONS, help="What your own checkpoint translates.")
    ] = "",
    licence: Annotated[str | None, typer.Option("--licence", help="Licence of your own checkpoint.")] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Agree to a licence that forbids commercial use.")
    ] = False,
    revision: Annotated[str | None, typer.Option("--revision", help="Commit or branch on the hub.")] = None,
    quantization: Annotated[
        str | None, typer.Option("--quantization", help="int8, int8_float16, float16, bfloat16 or float32.")
    ] = None,
) -> None:
    """Fetch, convert, quantise, prove and install models. What was fetched is kept when it is interrupted."""
    from talmach.app import pulling

    target = _user_directory()
    requested = wanted(
        name,
        model_id=model_id,
        directions=directions,
        licence=licence,
        accepts_licence=accept_licence,
        revision=revision,
        quantization=quantization,
    )
    for each in requested:
        terminal.write(f"{each.id}: {each.source}, {each.licence}\n")
    installed = []
    for each in requested:
        with terminal.spinner(f"installing {each.id}"):
            spec = pulling.install(each, target)
        terminal.write(f"{spec.id} {spec.version}: installed in {target / spec.id}\n")
        installed.append(spec)
    catalogue = _catalogue()
    _complain(catalogue)
    served = {direction for spec in installed for direction in spec.directions}
    orders = _orders(catalogue, served, encoders=any(spec.kind == "encoder" for spec in installed))
    _write_orders(orders)
    ids = {spec.id for spec in installed}
    if not catalogue.problems and any(order[0].spec.id not in ids for order in orders.values()):
        own = name if isinstance(requested[0].source, str) else requested[0].id
        terminal.write(f"`talmach models use {own}` puts it first\n")


@models.command("use")
def use(
    name: Name,
    directions: Annotated[
        str, typer.Option("--directions", metavar=_DIRECTIONS, help="Only for these, and not wherever it translates.")
    ] = "",
) -> None:
    """Prefer a model, a set, or the embedded ones. For some directions, or wherever they translate."""
    catalogue = _catalogue()
    entries = _named(catalogue, name)
    chosen = split_directions(directions)
    served = {direction for each in entries for direction in each.spec.directions}
    if unknown := [each for each in chosen if each not in served]:
        raise BadInput(f"--directions: {name} does not translate {', '.join(unknown)}")
    prefer(_user_directory(), [name], chosen)
    catalogue = _catalogue()
    _complain(catalogue)
    encoders = not chosen and any(each.spec.kind == "encoder" for each in entries)
    _write_orders(_orders(catalogue, chosen or served, encoders=encoders))


@models.command("remove")
def remove(name: Name) -> None:
    """Delete installed models; those that come with talmach stay. What is no usable model goes by its directory."""
    from talmach.app import pulling

    target, catalogue = _user_directory(), _catalogue()
    installed = {each.root: each.spec.id for each in catalogue.entries if each.is_called(name) and not each.embedded}
    if not installed:
        directories = model_directories(target) if os.path.isdir(target) else []  # noqa: PTH112 - as below
        installed = {each: name for each in directories if each.name == name}
    if not installed and _named(catalogue, name):
        raise BadInput(f"{name}: comes with talmach and cannot be removed; `talmach models use` prefers another")
    pulling.remove(list(installed))
    for each in installed.values():
        terminal.write(f"{each}: removed\n")


@models.command("verify")
def verify_models(as_json: Json = False) -> None:
    """Compare every file with its checksum. Exit status 1 when one is missing or differs."""
    catalogue = _catalogue()
    problems = {each.model: str(each) for each in catalogue.problems}
    problems |= {entry.spec.id: _problem(entry) for entry in catalogue.ordered()}
    if as_json:
        terminal.write(
            _json([{"id": model, "ok": not problem, "problem": problem} for model, problem in problems.items()])
        )
    else:
        terminal.write("".join(f"{problem or f'{model}: ok'}\n" for model, problem in problems.items()))
    if any(problems.values()):
        raise typer.Exit(1)


def _loaded(entry: CatalogueEntry, choice: "Choice") -> str:
    """Say when a server with these settings loads a model."""
    if entry.spec.id in choice.too_large:
        return "too large for TALMACH_MODELS_MEMORY_MIB"
    if entry not in choice.entries:
        return "not loaded"  # an encoder that another one goes before
    return "loaded at the start" if entry.spec.id in choice.stay else "loaded at need"


def _catalogue() -> Catalogue:
    return survey(load_settings().models_dir)


def _complain(catalogue: Catalogue) -> None:
    """Say what a server would refuse to start with."""
    for each in catalogue.problems:
        terminal.complain(str(each))


def _user_directory() -> Path:
    directory = load_settings().models_dir or user_models_dir()
    if os.path.exists(directory / FILENAME):  # noqa: PTH110 - Path's raises without rights
        raise BadInput(f"{directory}: holds a {FILENAME} that lists all its models; set TALMACH_MODELS_DIR to another")
    return directory


def _orders(catalogue: Catalogue, directions: Iterable[str], *, encoders: bool) -> dict[str, list[CatalogueEntry]]:
    """Return the models by preference for each of some directions, and of the encoders."""
    orders = {each: catalogue.ordered(each) for each in sorted(directions)}
    if encoders:
        orders["encoder"] = [each for each in catalogue.ordered() if each.spec.kind == "encoder"]
    return {what: order for what, order in orders.items() if order}


def _write_orders(orders: dict[str, list[CatalogueEntry]]) -> None:
    for what, order in orders.items():
        terminal.write(f"{what}: {' > '.join(each.spec.id for each in order)}\n")


def _named(catalogue: Catalogue, name: str) -> list[CatalogueEntry]:
    try:
        return catalogue.named(name)
    except ModelNotFound as error:
        _complain(catalogue)
        raise BadInput(f"{name}: is not here (models: {error.metadata['models']})") from error


def _described(model: PublicModel) -> str:
    size = f", {model.mib:,} MiB to fetch" if model.mib else ""
    named = f"{model.id} [{model.set}]" if model.set else model.id
    scores = ", ".join(f"{each.direction} {each.value} {each.metric} on {each.test}" for each in model.scores)
    terms = model.licence + ("" if model.commercial_use else ", no commercial use: --accept-licence")
    does = f"{_PREFIXES[model.kind]} {' '.join(model.directions)}".rstrip()
    return f"{named}: {does}, {terms}{size}{f'; {scores}' if scores else ''}"


def _problem(entry: CatalogueEntry) -> str:
    try:
        verify(entry.spec, entry.root)
    except ModelUnusable as error:
        return str(error)
    return ""


def _json(value: Iterable[object]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
