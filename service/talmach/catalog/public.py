"""The public models that `talmach models pull` knows, read from `public.toml`: what they are, and whose."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field

from talmach.catalog.manifest import DirectionCode, Slug, Spec
from talmach.errors import ModelNotFound

FILENAME = "public.toml"


class PublishedScore(Spec):
    """What the model's own page says it reached; never measured here."""

    direction: DirectionCode
    test: str
    metric: str
    value: float


class PublicModel(Spec):
    """One model on the hub."""

    id: Slug
    set: str = ""  # pulled and preferred together with the others of this name
    kind: Literal["translation", "encoder"]
    repository: str
    url: str
    licence: str
    commercial_use: bool = True  # False = pulled only with --accept-licence
    mib: int | None = None  # to be fetched; None = its page was not found
    directions: tuple[DirectionCode, ...] = ()
    text_prefix: str = ""
    scores: tuple[PublishedScore, ...] = ()


class _Public(Spec):
    models: tuple[PublicModel, ...] = Field(alias="model")


def load(models_dir: Path) -> tuple[PublicModel, ...]:
    """Read the list that comes with talmach."""
    return _Public.model_validate(tomllib.loads((models_dir / FILENAME).read_text(encoding="utf-8"))).models


def named(models: tuple[PublicModel, ...], name: str) -> list[PublicModel]:
    """Return the model of that id, or all of a set; raises ModelNotFound."""
    if found := [model for model in models if name in {model.id, model.set}]:
        return found
    raise ModelNotFound(dict.fromkeys(model.set or model.id for model in models))
