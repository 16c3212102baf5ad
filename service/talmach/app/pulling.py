"""Installs a model: fetched or found, converted, proven, and only then put where the server looks for it."""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import tomli_w

from talmach.app.engines import open_encoder, open_translator, prove_encoder, prove_translator
from talmach.app.fetching import PATTERNS, WEIGHTS, commit_of, fetch
from talmach.catalog.manifest import FILENAME, ModelSpec, load
from talmach.catalog.verify import sha256_of, verify
from talmach.engine.convert import convert
from talmach.engine.model import LIBRARY
from talmach.errors import ModelUnusable

_POINTER = b"version https://git-lfs.github.com/spec/"
_GOLDEN = {
    "ru": "Город открыл новую школу.",
    "be": "Горад адкрыў новую школу.",
    "en": "The town opened a new school.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model to install."""

    id: str
    source: str | Path  # a repository on the hub, or a directory
    directions: tuple[str, ...] = ()
    licence: str = "unknown"
    set: str = ""
    revision: str | None = None  # None = the newest
    quantization: str = "int8"
    extra: dict[str, Any] = field(default_factory=dict)  # keys of the manifest that win over the checkpoint's


def install(wanted: Wanted, models_dir: Path) -> ModelSpec:
    """Put the model under `models_dir`/id and return its spec; a model of the same source is left as it is.

    Raises:
        ModelUnusable: it cannot be fetched, converted or proven; nothing is left behind but what was fetched.

    """
    for direction in wanted.directions:
        if not set(direction.split("-")) <= _GOLDEN.keys():
            raise ModelUnusable(
                wanted.id, f"directions: {direction} is not of the languages {', '.join(sorted(_GOLDEN))}"
            )
    models_dir.mkdir(parents=True, exist_ok=True)
    with _alone(models_dir, wanted.id):
        try:
            if (installed := _installed(wanted, models_dir, _newest(wanted, models_dir))) is not None:
                return installed
            directory, revision = _locate(wanted)
            if (installed := _installed(wanted, models_dir, revision)) is not None:
                return installed
            # No id has a plus: what is found was left by a process that was killed.
            for left in models_dir.glob(f".{wanted.id}+*"):
                shutil.rmtree(left)
            with tempfile.TemporaryDirectory(dir=models_dir, prefix=f".{wanted.id}+") as temporary:
                made = Path(temporary) / wanted.id
                spec = _make(wanted, directory, revision, made)
                prove(spec, made)
                _replace(made, models_dir / wanted.id)
        except OSError as error:
            raise ModelUnusable(wanted.id, f"cannot be installed in {models_dir}: {error.strerror or error}") from error
    return spec


def prove(spec: ModelSpec, root: Path) -> None:
    """Hash, load and try the model as the server will; raises ModelUnusable."""
    directory = verify(spec, root)
    if spec.kind == "encoder":
        prove_encoder(spec, open_encoder(spec, directory, device="cpu"))
    else:
        prove_translator(spec, open_translator(spec, directory, device="cpu"))


def _make(wanted: Wanted, source: Path, revision: str, made: Path) -> ModelSpec:
    if (source / "model.bin").exists():
        _copy_converted(wanted, source, made)
    else:
        _convert(wanted, source, revision, made)
    return load(made).models[0]


def _copy_converted(wanted: Wanted, source: Path, made: Path) -> None:
    if not (source / FILENAME).exists():
        problem = f"{source} holds a converted model and no {FILENAME}; docs/models.md says how to write one"
        raise ModelUnusable(wanted.id, problem)
    specs = load(source).models
    if len(specs) != 1 or specs[0].path != "." or specs[0].id != wanted.id:
        raise ModelUnusable(wanted.id, f'{source}/{FILENAME}: needs one [[model]] with id = "{wanted.id}", path = "."')
    verify(specs[0], source)
    made.mkdir()
    for name in (FILENAME, *specs[0].files):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, made / name)


def _convert(wanted: Wanted, source: Path, revision: str, made: Path) -> None:
    read = {name: sha256_of(path) for name, path in _files(source).items() if _is_read(name, source)}
    _check_whole(wanted, source, read)
    if revision:
        _check_fetched(wanted, source, read)
    converted = convert(wanted.id, source, made, wanted.directions, wanted.quantization)
    # A directory has no revision; what is in it has a hash.
    version = revision or hashlib.sha256("".join(sorted(read.values())).encode()).hexdigest()
    values: dict[str, Any] = {
        "id": wanted.id,
        "version": version[:12],
        "path": ".",
        "licence": wanted.licence,
        **({"set": wanted.set} if wanted.set else {}),
        **({"directions": list(wanted.directions)} if wanted.directions else {}),
        **converted,
    }
    for key, value in wanted.extra.items():
        values[key] = {**values[key], **value} if isinstance(value, dict) else value
    values |= {
        "source": {
            "repository": str(wanted.source) if revision else source.name,
            "revision": revision,
            "converter": LIBRARY,
            "files": read,
        },
        "golden": {each: _GOLDEN[each.partition("-")[0]] for each in wanted.directions},
        "files": {name: sha256_of(path) for name, path in _files(made).items()},
    }
    (made / FILENAME).write_text(tomli_w.dumps({"model": [values]}), encoding="utf-8")


def _check_whole(wanted: Wanted, source: Path, names: Iterable[str]) -> None:
    """Refuse what Git leaves in place of a large file, which the readers of weights take for a damaged one."""
    for name in names:
        with (source / name).open("rb") as file:
            if file.read(len(_POINTER)) == _POINTER:
                raise ModelUnusable(wanted.id, f"{source / name} is a Git LFS pointer, not the file: git lfs pull")


def _check_fetched(wanted: Wanted, source: Path, read: dict[str, str]) -> None:
    """Compare with what the hub said of its large files: the cache names them by their SHA-256."""
    for name, sha256 in read.items():
        cached = (source / name).resolve()
        if re.fullmatch(r"[0-9a-f]{64}", cached.name) and cached.name != sha256:
            cached.unlink()
            raise ModelUnusable(wanted.id, f"{name} is not what the hub says it is; it was deleted, pull again")


def _files(directory: Path) -> dict[str, Path]:
    """Return the files of a directory by their names in it, ascending."""
    found = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    return {name: found[name] for name in sorted(found) if not name.startswith(".")}


def _is_read(name: str, source: Path) -> bool:
    """Whether a file of a checkpoint counts: any others there do not change the model."""
    weights = next((pattern for pattern, file in WEIGHTS if list(source.glob(f"{file}*"))), "*.npz")
    return any(fnmatch(name, pattern) for pattern in (*PATTERNS, "*.yml", weights))


def _installed(wanted: Wanted, models_dir: Path, revision: str) -> ModelSpec | None:
    """Return the installed model if it has the same revision and format, and is whole."""
    directory = models_dir / wanted.id
    if not revision:
        return None
    try:
        spec = load(directory).models[0]
        source = spec.source and (spec.source.repository, spec.source.revision)
        if (source, spec.quantization) != ((wanted.source, revision), wanted.quantization):
            return None
        verify(spec, directory)
    except ModelUnusable:
        return None
    return spec


def _newest(wanted: Wanted, models_dir: Path) -> str:
    """Return the commit that the hub has of a model that is here already: whether it is to be fetched at all."""
    if isinstance(wanted.source, Path) or not (models_dir / wanted.id).exists():
        return ""
    return commit_of(wanted.source, wanted.revision)


def _locate(wanted: Wanted) -> tuple[Path, str]:
    """Return the directory of the checkpoint and its revision, which only the hub has."""
    if isinstance(wanted.source, Path):
        return wanted.source.resolve(), ""
    return fetch(wanted.id, wanted.source, wanted.revision)


def _replace(made: Path, installed: Path) -> None:
    """Replace a directory by another; there is never half of one under its name."""
    if installed.exists():
        old = made.with_name(f"{made.name}.old")
        installed.rename(old)
    made.rename(installed)


@contextmanager
def _alone(models_dir: Path, model_id: str) -> Iterator[None]:
    """Let one process at a time install a model of this id."""
    try:
        import filelock  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ModelUnusable(model_id, "pulling needs packages: pip install 'talmach[convert]'") from error
    with filelock.FileLock(models_dir / f".{model_id}.lock"):
        yield


def remove(directories: Sequence[Path]) -> None:
    """Delete the directories of installed models; of a link only the link. Raises ModelUnusable."""
    for directory in directories:
        gone = directory.with_name(f".{directory.name}.gone")
        try:
            if directory.is_symlink():
                directory.unlink()
                continue
            shutil.rmtree(gone, ignore_errors=True)  # what is there was left by a process that was killed
            directory.rename(gone)
            shutil.rmtree(gone)
        except OSError as error:
            raise ModelUnusable(str(directory), f"cannot be removed ({error.strerror or error})") from error
