"""The public models that `talmach models pull` knows, read from `public.toml`: what they are, and whose."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from talmach.catalog.manifest import DirectionCode, Slug
from talmach.errors import ModelNotFound

FILENAME = "public.toml"


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublishedScore(_Fact):
    """What the model's own page says it reached; never measured here."""

    direction: DirectionCode
    test: str
    metric: str
    value: float


class PublicModel(_Fact):
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


class _Public(_Fact):
    models: tuple[PublicModel, ...] = Field(alias="model")


def load(models_dir: Path) -> tuple[PublicModel, ...]:
    """Read the list that comes with talmach."""
    return _Public.model_validate(tomllib.loads((models_dir / FILENAME).read_text(encoding="utf-8"))).models


def named(models: tuple[PublicModel, ...], name: str) -> list[PublicModel]:
    """Return the model of that id, or all of a set; raises ModelNotFound."""
    if found := [model for model in models if name in {model.id, model.set}]:
        return found
    raise ModelNotFound(dict.fromkeys(model.set or model.id for model in models))


def is_slug(text: str) -> bool:
    """Whether a text can be a model's id."""
    return _fits(Slug, text)


def is_direction(text: str) -> bool:
    """Whether a text has the form of a direction."""
    return _fits(DirectionCode, text)


def _fits(kind: Any, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True
