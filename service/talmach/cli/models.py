"""`talmach models`: what the manifest lists, and whether the files are what it says."""

import json
from pathlib import Path

import typer

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import ModelSpec, load
from talmach.catalog.verify import verify
from talmach.cli import terminal
from talmach.cli.options import Json
from talmach.config import load_settings
from talmach.errors import ModelUnusable

models = typer.Typer(help="The models of the manifest: list, verify.")


@models.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models of the manifest."""
    _, specs = _manifest()
    if as_json:
        terminal.write(_json([spec.model_dump(mode="json") for spec in specs]))
        return
    for spec in specs:
        draft = ", draft" if spec.draft else ""
        directions = f", {' '.join(spec.directions)}" if spec.directions else ""
        terminal.write(
            f"{spec.id} {spec.version}: {spec.kind}{draft}{directions}, {spec.architecture}, {spec.licence}\n"
        )


@models.command("verify")
def verify_models(as_json: Json = False) -> None:
    """Compare every file with its checksum; exit status 1 when one is missing or differs."""
    directory, specs = _manifest()
    problems = {spec.id: _problem(spec, directory) for spec in specs}
    if as_json:
        terminal.write(
            _json([{"id": model, "ok": not problem, "problem": problem} for model, problem in problems.items()])
        )
    else:
        terminal.write("".join(f"{problem or f'{model}: ok'}\n" for model, problem in problems.items()))
    if any(problems.values()):
        raise typer.Exit(1)


def _manifest() -> tuple[Path, tuple[ModelSpec, ...]]:
    directory = load_settings().models_dir or default_models_dir()
    return directory, load(directory).models


def _problem(spec: ModelSpec, directory: Path) -> str:
    try:
        verify(spec, directory)
    except ModelUnusable as error:
        return str(error)
    return ""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
