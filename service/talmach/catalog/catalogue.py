"""All models: those that come with talmach and those that were pulled, and which is preferred for what.

A directory with a `manifest.toml` of its own is a whole catalogue. Any other is the user's: each of its directories
that holds a manifest is one more model, in front of those that come with talmach, and `preferences.toml` changes the
order.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import tomli_w
from pydantic import Field, ValidationError

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import FILENAME, DirectionCode, ModelSpec, Spec, load
from talmach.errors import ModelNotFound, ModelUnusable

PREFERENCES = "preferences.toml"
EMBEDDED = "embedded"  # the name of all models that come with talmach


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model and the directory that its paths start from."""

    spec: ModelSpec
    root: Path
    embedded: bool

    def is_called(self, name: str) -> bool:
        """Whether `name` is its id, its set, or stands for all that come with talmach."""
        return name in {self.spec.id, self.spec.set} or (self.embedded and name == EMBEDDED)


class Preferences(Spec):
    """Names of models or sets, the preferred ones first; all others follow in the catalogue's own order."""

    order: tuple[str, ...] = ()
    directions: dict[DirectionCode, tuple[str, ...]] = Field(default_factory=dict)  # before `order`


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models in their own order, and the user's preferences."""

    entries: tuple[CatalogueEntry, ...]
    preferences: Preferences = field(default_factory=Preferences)

    def ordered(self, direction: str | None = None) -> list[CatalogueEntry]:
        """Return the models by preference, for a direction those that translate it; without one, all of them."""
        names = (*self.preferences.directions.get(direction or "", ()), *self.preferences.order)
        entries = [each for each in self.entries if direction is None or direction in each.spec.directions]
        ranks = {name: rank for rank, name in reversed(list(enumerate(names)))}
        last = len(names)

        def rank(entry: CatalogueEntry) -> int:
            return min((ranks[name] for name in ranks if entry.is_called(name)), default=last)

        return sorted(entries, key=rank)

    @property
    def directions(self) -> list[str]:
        """Everything that any model translates, ascending."""
        return sorted({direction for each in self.entries for direction in each.spec.directions})

    def named(self, name: str) -> list[CatalogueEntry]:
        """Return the models of a name; raises ModelNotFound."""
        if found := [each for each in self.entries if each.is_called(name)]:
            return found
        raise ModelNotFound([*(each.spec.id for each in self.entries), EMBEDDED])


def user_models_dir() -> Path:
    """Return where pulled models lie unless a setting says otherwise."""
    return platformdirs.user_data_path("talmach") / "models"


def open_catalogue(models_dir: Path | None) -> Catalogue:
    """Read every manifest; `models_dir` None = the user's own directory, which need not exist.

    Raises:
        ModelUnusable: a directory that was named is not one, a manifest or the preferences are wrong, or two models
            have the same id.

    """
    if models_dir is not None and ((models_dir / FILENAME).exists() or not models_dir.is_dir()):
        return Catalogue(tuple(_entries(models_dir, embedded=False)))
    directory = models_dir or user_models_dir()
    installed: dict[str, CatalogueEntry] = {}
    for root in _installed(directory):
        entry, *others = _entries(root, embedded=False)
        if others:
            raise ModelUnusable(str(root / FILENAME), "model: lists more than one; each needs a directory of its own")
        if (other := installed.setdefault(entry.spec.id, entry)) is not entry:
            problem = f"is in two directories, {other.root} and {root}; delete one, or begin its name with a dot"
            raise ModelUnusable(entry.spec.id, problem)
    embedded = [each for each in _entries(default_models_dir(), embedded=True) if each.spec.id not in installed]
    return Catalogue((*installed.values(), *embedded), load_preferences(directory))


def load_preferences(directory: Path) -> Preferences:
    """Read what the user prefers; raises ModelUnusable."""
    path = directory / PREFERENCES
    if not path.exists():
        return Preferences()
    try:
        return Preferences.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors(include_url=False))
        raise ModelUnusable(PREFERENCES, f"{problems}; correct or delete {path}") from error
    except (OSError, ValueError) as error:
        raise ModelUnusable(PREFERENCES, f"cannot be read ({error}); correct or delete {path}") from error


def prefer(directory: Path, names: Sequence[str], directions: Sequence[str] = ()) -> None:
    """Put `names` first, in that order, for some directions or, without any, for all."""
    preferences = load_preferences(directory)

    def first(order: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*names, *order)))

    if directions:
        changed = {each: first(preferences.directions.get(each, ())) for each in directions}
        preferences = preferences.model_copy(update={"directions": preferences.directions | changed})
    else:
        # An older preference for one direction would win over this one for all.
        preferences = Preferences(order=first(preferences.order))
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f".{PREFERENCES}.tmp"
    temporary.write_text(tomli_w.dumps(preferences.model_dump(mode="json")), encoding="utf-8")
    temporary.replace(directory / PREFERENCES)


def _installed(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    # Hidden ones are downloads that are not complete.
    return sorted(path.parent for path in directory.glob(f"*/{FILENAME}") if not path.parent.name.startswith("."))


def _entries(root: Path, *, embedded: bool) -> Iterator[CatalogueEntry]:
    for spec in load(root).models:
        yield CatalogueEntry(spec, root, embedded=embedded)
