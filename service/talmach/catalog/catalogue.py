"""All models: those that come with talmach and those that were pulled, and which is preferred for what.

A directory with a `manifest.toml` of its own is a whole catalogue. Any other is the user's: each of its directories
that holds a manifest is one more model, in front of those that come with talmach, and `preferences.toml` changes the
order.
"""

import os
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
_LOST = "lost+found"  # what the system keeps at the root of a volume, readable to itself alone


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
    problems: tuple[ModelUnusable, ...] = ()  # what was left out, and why

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
    catalogue = survey(models_dir)
    for problem in catalogue.problems:
        raise problem
    return catalogue


def survey(models_dir: Path | None) -> Catalogue:
    """Read as `open_catalogue` does, but leave out what is wrong, for those who look after the models.

    Raises:
        ModelUnusable: the models that come with talmach are damaged.

    """
    problems: list[ModelUnusable] = []
    entries: list[CatalogueEntry] = []
    if models_dir is not None and os.path.exists(models_dir / FILENAME):  # noqa: PTH110 - Path's raises without rights
        with _noting(problems):
            entries = _entries(models_dir, embedded=False)
        return Catalogue(tuple(entries), problems=tuple(problems))
    directory = models_dir or user_models_dir()
    roots: list[Path] = []
    preferences = Preferences()
    if models_dir is not None or os.path.lexists(directory):
        with _noting(problems):
            roots = model_directories(directory)
            preferences = load_preferences(directory)
    for root in roots:
        with _noting(problems):
            entries.append(_only_entry(root))
    counts = Counter(each.spec.id for each in entries)
    for model_id in (each for each, count in counts.items() if count > 1):
        first, second, *_ = (each.root for each in entries if each.spec.id == model_id)
        problem = f"is in two directories, {first} and {second}; delete one, or begin its name with a dot"
        problems.append(ModelUnusable(model_id, problem))
    # Which of two would be served, listed or removed must not depend on their names.
    entries = [each for each in entries if counts[each.spec.id] == 1]
    entries += [each for each in _entries(default_models_dir(), embedded=True) if not counts[each.spec.id]]
    return Catalogue(tuple(entries), preferences, tuple(problems))


def model_directories(directory: Path) -> list[Path]:
    """Return the directories of a models directory that hold a manifest, or may hold one that cannot be seen.

    Raises:
        ModelUnusable: the models directory cannot be read.

    """
    try:
        # Hidden ones are downloads that are not complete.
        visible = sorted(path for path in directory.iterdir() if not path.name.startswith(".") and path.name != _LOST)
    except OSError as error:
        cure = "set TALMACH_MODELS_DIR to another directory, or leave it empty"
        raise ModelUnusable(str(directory), f"cannot be read ({error.strerror}); {cure}") from error
    return [path for path in visible if _may_hold_a_model(path)]


def load_preferences(directory: Path) -> Preferences:
    """Read what the user prefers; raises ModelUnusable."""
    path = directory / PREFERENCES
    try:
        return Preferences.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return Preferences()
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


def _may_hold_a_model(directory: Path) -> bool:
    try:
        (directory / FILENAME).lstat()
    except FileNotFoundError:
        return not os.path.exists(directory)  # noqa: PTH110 - a link to what is gone; Path's raises without rights
    except NotADirectoryError:
        return False
    except OSError:
        pass  # reading it will say what is wrong
    return True


def _only_entry(root: Path) -> CatalogueEntry:
    entry, *others = _entries(root, embedded=False)
    if others:
        raise ModelUnusable(str(root / FILENAME), "model: lists more than one; each needs a directory of its own")
    return entry


def _entries(root: Path, *, embedded: bool) -> list[CatalogueEntry]:
    return [CatalogueEntry(spec, root, embedded=embedded) for spec in load(root).models]


@contextmanager
def _noting(problems: list[ModelUnusable]) -> Iterator[None]:
    try:
        yield
    except ModelUnusable as error:
        problems.append(error)
