"""What `talmach models pull` is asked for: public models or a checkpoint of one's own, checked before any work."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from talmach.catalog import default_models_dir, public
from talmach.catalog.catalogue import EMBEDDED
from talmach.catalog.manifest import DIRECTION, SLUG
from talmach.catalog.public import PublicModel
from talmach.cli.failures import BadInput
from talmach.errors import ModelNotFound

if TYPE_CHECKING:
    from talmach.app.pulling import Wanted

QUANTIZATIONS = ("int8", "int8_float16", "float16", "bfloat16", "float32")


def wanted(
    name: str,
    *,
    model_id: str | None,
    directions: str,
    licence: str | None,
    accepts_licence: bool,
    revision: str | None,
    quantization: str | None,
) -> list["Wanted"]:
    """Return the models to install; a public name goes before a directory that is called the same.

    Raises:
        BadInput: `name` is neither, or an option is wrong or does not go with it.

    """
    if quantization is not None and quantization not in QUANTIZATIONS:
        raise BadInput(f"--quantization: {quantization!r} is not one of {', '.join(QUANTIZATIONS)}")
    pairs = split_directions(directions)
    try:
        models = public.named(public.load(default_models_dir()), name)
    except ModelNotFound as error:
        if not os.path.isdir(name):  # noqa: PTH112 - Path's raises without rights
            problem = f"{name}: is neither a directory nor a public model ({error.metadata['models']})"
            raise BadInput(problem) from error
        _refuse({"--revision": revision}, f"{name} is a directory, which has none")
        return [_own(Path(name), model_id, pairs, licence, quantization)]
    cure = f"{name} is a public model; ./{name} would name a directory"
    _refuse({"--id": model_id, "--directions": directions, "--licence": licence}, cure)
    return [_public(model, accepts_licence, revision, quantization or QUANTIZATIONS[0]) for model in models]


def split_directions(directions: str) -> tuple[str, ...]:
    """Read a list such as "ru-en,en-ru", each once; raises BadInput."""
    parts = dict.fromkeys(each.strip() for each in directions.split(",") if each.strip())
    for each in parts:
        source, _, target = each.partition("-")
        if not re.fullmatch(DIRECTION, each) or source == target:
            raise BadInput(f"--directions: {each!r} is not of the form ru-en")
    return tuple(parts)


def _refuse(options: dict[str, str | None], why: str) -> None:
    if given := [option for option, value in options.items() if value]:
        raise BadInput(f"{', '.join(given)}: {why}")


def _own(
    directory: Path, model_id: str | None, directions: tuple[str, ...], licence: str | None, quantization: str | None
) -> "Wanted":
    from talmach.app.pulling import Wanted

    if model_id is None:
        raise BadInput("--id: your own checkpoint needs a name")
    if not re.fullmatch(SLUG, model_id):
        raise BadInput("--id: small Latin letters, digits, dots and hyphens only")
    if model_id == EMBEDDED:
        raise BadInput(f"--id: {EMBEDDED} is the name of all models that come with talmach")
    if os.path.exists(directory / "model.bin"):  # noqa: PTH110 - Path's raises without rights
        given = {"--directions": ",".join(directions), "--licence": licence, "--quantization": quantization}
        _refuse(given, f"{directory} holds a converted model, whose manifest says that")
    return Wanted(model_id, directory, directions, licence or "unknown", quantization=quantization or QUANTIZATIONS[0])


def _public(model: PublicModel, accepted: bool, revision: str | None, quantization: str) -> "Wanted":
    from talmach.app.pulling import Wanted

    if not model.commercial_use and not accepted:
        raise BadInput(f"{model.id}: its licence, {model.licence}, forbids commercial use; --accept-licence agrees")
    extra = {"encoding": {"text_prefix": model.text_prefix}} if model.text_prefix else {}
    return Wanted(model.id, model.repository, model.directions, model.licence, model.set, revision, quantization, extra)
