"""From the catalogue to proven engines: which models are loaded, and which of them stay in memory."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from talmach.app.engines import device_of, open_encoder, open_translator, prove_encoder, prove_translator
from talmach.batching.memory import Weights
from talmach.catalog.catalogue import Catalogue, CatalogueEntry, open_catalogue
from talmach.catalog.manifest import ModelSpec
from talmach.catalog.verify import verify
from talmach.config import Settings
from talmach.engine import malloc
from talmach.engine.base import Direction
from talmach.engine.ct2 import Ct2Translator
from talmach.engine.encoder import Ct2Encoder
from talmach.engine.model import Model, compute_types, need_gpu, resolve_device
from talmach.errors import InvalidSettings, ModelUnusable
from talmach.metrics import Metrics

CPU_BATCH = 512, 32  # padded source tokens, sentences
_GPU_BATCH = 8_192, 256
WORKERS_ON_GPU = 2  # one prepares and reads while the other computes
_Model = TypeVar("_Model", bound=Model)
_log: Any = structlog.get_logger("talmach.app")


@dataclass(frozen=True, slots=True)
class Engines:
    """The proven models with their specs, in the order of preference."""

    translators: tuple[tuple[ModelSpec, Ct2Translator], ...]
    encoder: tuple[ModelSpec, Ct2Encoder]
    preferred: Mapping[Direction, str]  # id of the model that a direction has unless a request names one
    weights: tuple[Weights, ...] = ()  # of the translators, where their memory is limited: some are not loaded
    weights_limit_bytes: int = 0  # of all of these together


@dataclass(frozen=True, slots=True)
class Choice:
    """Which models of a catalogue a server works with."""

    entries: tuple[CatalogueEntry, ...]  # the encoder, then translation models, those first that a direction prefers
    stay: frozenset[str]  # ids of those whose weights are in memory after the start; the others come when needed
    too_large: tuple[str, ...]  # ids of those that would not fit even alone
    left_bytes: int | None  # for translation models; None = without a limit


def usable_cores() -> int:
    """Return the cores that this process may use."""
    # Not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_count(settings: Settings) -> int:
    """Return the batches that may run at once; unless set, one for each core of this process, and two on a GPU."""
    automatic = WORKERS_ON_GPU if _is_on_gpu(settings) else usable_cores() // settings.threads_per_worker
    return settings.workers or automatic or 1


def batch_limits(settings: Settings) -> tuple[int, int]:
    """Return the padded source tokens and the sentences of one batch; unless set, more of both on a GPU."""
    tokens, sentences = _GPU_BATCH if _is_on_gpu(settings) else CPU_BATCH
    return settings.max_batch_tokens or tokens, settings.max_batch_size or sentences


def _is_on_gpu(settings: Settings) -> bool:
    return resolve_device(settings.device, "auto")[0] == "cuda"


def check_device(settings: Settings) -> None:
    """Check that this machine has the device, and that the device supports the compute type.

    Raises:
        ModelUnusable, InvalidSettings: it has not, or does not; names the setting.

    """
    if settings.device == "cuda":
        need_gpu("TALMACH_DEVICE")
    device, compute_type = resolve_device(settings.device, settings.compute_type)
    supported = compute_types(device)
    if compute_type not in supported:
        raise InvalidSettings(
            f"TALMACH_COMPUTE_TYPE: this machine's {device} does not compute in {compute_type} ({', '.join(supported)})"
        )


def load_engines(settings: Settings, metrics: Metrics) -> Engines:
    """Verify, load and prove the models; blocks for some seconds. `metrics` says how far it came.

    With a memory limit, the weights of a model that does not stay are released before the next one is loaded.

    Raises:
        ModelUnusable: a file is missing or altered, cannot be loaded, or translates a golden sentence into nothing.

    """
    malloc.tune()
    catalogue = open_catalogue(settings.models_dir)
    choice = choose(catalogue, settings)
    if choice.too_large:
        _log.warning("models.left_out", models=choice.too_large, models_memory_mib=settings.models_memory_mib)
    for entry in choice.entries:
        metrics.model_loaded.labels(entry.spec.id).set(0)
    kinds = {entry.spec.kind for entry in choice.entries}
    if kinds != {"translation", "encoder"}:
        limit = f" within TALMACH_MODELS_MEMORY_MIB={settings.models_memory_mib}" if settings.models_memory_mib else ""
        problem = f"needs a model of the kind translation and one of the kind encoder{limit}"
        raise ModelUnusable("manifest.toml", problem)
    first, *others = choice.entries  # the encoder comes first
    encoder = first.spec, _load(first, settings, metrics, open_encoder, prove_encoder)
    engines: dict[str, Ct2Translator] = {}
    for entry in sorted(others, key=lambda each: each.spec.id in choice.stay):
        engine = engines[entry.spec.id] = _load(entry, settings, metrics, open_translator, prove_translator)
        if entry.spec.id not in choice.stay:
            engine.unload()
            metrics.model_weights_bytes.labels(entry.spec.id).set(0)
    preferred = {
        direction: next(entry.spec.id for entry in catalogue.ordered(direction) if entry.spec.id in engines)
        for direction in catalogue.directions
        if any(entry.spec.id in engines for entry in catalogue.ordered(direction))
    }
    weights = [
        _weights(each, engines[each.spec.id], settings, is_loaded=each.spec.id in choice.stay) for each in others
    ]
    at_need = [model for model in engines if model not in choice.stay]
    _log.info("models.loaded", encoder=encoder[0].id, **({"at_need": at_need} if at_need else {}), **preferred)
    return Engines(
        tuple((entry.spec, engines[entry.spec.id]) for entry in catalogue.ordered() if entry.spec.id in engines),
        encoder,
        {Direction.parse(direction): model for direction, model in preferred.items()},
        () if choice.left_bytes is None else tuple(weights),
        choice.left_bytes or 0,
    )


def choose(catalogue: Catalogue, settings: Settings) -> Choice:
    """Choose the models: the preferred encoder and all translation models that fit into the memory."""
    wanted = [entry for direction in catalogue.directions for entry in catalogue.ordered(direction)[:1]]
    wanted += catalogue.ordered()
    left = settings.models_memory_mib << 20 if settings.models_memory_mib else None
    too_large = []
    encoder: list[CatalogueEntry] = []
    for entry in (each for each in wanted if each.spec.kind == "encoder"):
        needed = weights_bytes(entry, settings)
        if left is not None and needed > left:
            too_large.append(entry.spec.id)
        elif not encoder:
            encoder.append(entry)
            left = None if left is None else left - needed
    translators, stay, room = [], {each.spec.id for each in encoder}, left
    for entry in {each.spec.id: each for each in wanted if each.spec.kind == "translation"}.values():
        needed = weights_bytes(entry, settings)
        if left is not None and needed > left:
            too_large.append(entry.spec.id)
            continue
        translators.append(entry)
        if room is None or needed <= room:
            stay.add(entry.spec.id)
            room = None if room is None else room - needed
    return Choice((*encoder, *translators), frozenset(stay), tuple(too_large), left)


def weights_bytes(entry: CatalogueEntry, settings: Settings) -> int:
    """Return what the weights take in memory: those of the file, in the number format that they are loaded in."""
    try:
        stored = (entry.root / entry.spec.path / "model.bin").stat().st_size
    except OSError:
        return 0  # verifying it will say so better
    _, compute_type = device_of(entry.spec, settings.device, settings.compute_type)
    return stored * _bytes_a_weight(compute_type) // _bytes_a_weight(entry.spec.quantization)


def _bytes_a_weight(number_format: str) -> int:
    if number_format.startswith("int8"):
        return 1
    return 4 if number_format == "float32" else 2


def _weights(entry: CatalogueEntry, engine: Ct2Translator, settings: Settings, *, is_loaded: bool) -> Weights:
    def load() -> None:
        verify(entry.spec, entry.root, again=True)
        engine.load()

    return Weights(entry.spec.id, weights_bytes(entry, settings), load, engine.unload, is_loaded=is_loaded)


def _load(
    entry: CatalogueEntry,
    settings: Settings,
    metrics: Metrics,
    open_model: Callable[..., _Model],
    prove: Callable[[ModelSpec, _Model], None],
) -> _Model:
    spec = entry.spec
    model = open_model(
        spec,
        verify(spec, entry.root),
        device=settings.device,
        compute_type=settings.compute_type,
        workers=worker_count(settings),
        threads_per_worker=settings.threads_per_worker,
    )
    prove(spec, model)
    metrics.model_loaded.labels(spec.id).set(1)
    metrics.model_info.labels(spec.id, spec.version, model.compute_type, model.device).set(1)
    metrics.model_weights_bytes.labels(spec.id).set(weights_bytes(entry, settings))
    return model
