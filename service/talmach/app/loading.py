"""From the catalogue to proven engines: checksums, weights, one golden sentence for each direction."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from talmach import quality
from talmach.catalog.catalogue import Catalogue, CatalogueEntry, open_catalogue
from talmach.catalog.manifest import ModelSpec
from talmach.catalog.verify import verify
from talmach.config import Settings
from talmach.engine import malloc
from talmach.engine.base import DecodeOptions, Direction, Prompt, TargetLengths, TranslationEngine
from talmach.engine.ct2 import Ct2Translator
from talmach.engine.encoder import Ct2Encoder, Pooling
from talmach.engine.model import TokenizerFiles, compute_types, need_gpu, resolve_device
from talmach.errors import InvalidSettings, ModelUnusable
from talmach.metrics import Metrics
from talmach.quality import Flag

_log: Any = structlog.get_logger("talmach.app")

# A golden sentence may be translated badly by a draft; what it shows is that the weights are read as they were meant.
_BROKEN = frozenset({Flag.REPETITION, Flag.WRONG_SCRIPT, Flag.TRUNCATED})


@dataclass(frozen=True, slots=True)
class Engines:
    """The loaded models with their specs, in the order of preference."""

    translators: tuple[tuple[ModelSpec, Ct2Translator], ...]
    encoder: tuple[ModelSpec, Ct2Encoder]
    preferred: Mapping[Direction, str]  # id of the model that a direction has unless a request names one


def usable_cores() -> int:
    """Return the cores that this process may use."""
    # Not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_count(settings: Settings) -> int:
    """Return the batches that may run at once: one for each core that this process may use, unless set."""
    return settings.workers or usable_cores() // settings.threads_per_worker or 1


def check_device(settings: Settings) -> None:
    """Find out whether this machine has the device, and whether that computes in the type that is asked for.

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


def decode_options(spec: ModelSpec) -> DecodeOptions:
    """Return how a translation model wants to be searched."""
    return DecodeOptions(**spec.decoding.model_dump())


def open_translator(
    spec: ModelSpec, directory: Path, *, device: str, compute_type: str, workers: int = 1, threads_per_worker: int = 1
) -> Ct2Translator:
    """Load a translation model as its manifest describes it; raises ModelUnusable."""
    prompts = None
    if spec.prompt is not None:
        prompts = {Direction.parse(key): Prompt(**each.model_dump()) for key, each in spec.prompt.items()}
    return Ct2Translator(
        spec.id,
        directory,
        frozenset(map(Direction.parse, spec.directions)),
        max_source_tokens=spec.max_source_tokens,
        decoding=decode_options(spec),
        low_confidence={Direction.parse(direction): score for direction, score in spec.low_confidence.items()},
        tokenizer=_tokenizer_files(spec),
        prompts=prompts,
        lengths=TargetLengths(**spec.lengths.model_dump()),
        device=device,
        compute_type=compute_type,
        workers=workers,
        threads_per_worker=threads_per_worker,
    )


def open_encoder(
    spec: ModelSpec, directory: Path, *, device: str, compute_type: str, workers: int = 1, threads_per_worker: int = 1
) -> Ct2Encoder:
    """Load an encoder as its manifest describes it; raises ModelUnusable."""
    encoding = spec.encoding
    return Ct2Encoder(
        spec.id,
        directory,
        max_tokens=spec.max_source_tokens,
        text_prefix=encoding.text_prefix,
        tokenizer=_tokenizer_files(spec),
        prompt=Prompt(encoding.source_prefix, encoding.source_suffix),
        pooling=Pooling(encoding.pooling, encoding.dense or "", encoding.activation),
        device=device,
        compute_type=compute_type,
        workers=workers,
        threads_per_worker=threads_per_worker,
    )


def _tokenizer_files(spec: ModelSpec) -> TokenizerFiles:
    return TokenizerFiles(spec.tokenizer.source, spec.tokenizer.target or "", spec.tokenizer.normalize)


def load_engines(settings: Settings, metrics: Metrics) -> Engines:
    """Verify, load and prove the models; blocks for some seconds. `metrics` says how far it came.

    Without a limit of memory every translation model is loaded, and the preferred encoder. With one, the preferred
    models of each direction come first, and what does not fit any more is left out.

    Raises:
        ModelUnusable: a file is missing or altered, cannot be loaded, or translates a golden sentence into nothing.

    """
    malloc.tune()
    catalogue = open_catalogue(settings.models_dir)
    chosen = _choose(catalogue, settings)
    ids = {entry.spec.id for entry in chosen}
    for entry in chosen:
        metrics.model_loaded.labels(entry.spec.id).set(0)
    encoders = [
        (entry.spec, _load_encoder(entry.spec, entry.root, settings, metrics))
        for entry in chosen
        if entry.spec.kind == "encoder"
    ]
    translators = [
        (entry.spec, _load_translator(entry.spec, entry.root, settings, metrics))
        for entry in catalogue.ordered()
        if entry.spec.id in ids and entry.spec.kind == "translation"
    ]
    if not (translators and encoders):
        limit = f" within TALMACH_MODELS_MEMORY_MIB={settings.models_memory_mib}" if settings.models_memory_mib else ""
        problem = f"needs a model of the kind translation and one of the kind encoder{limit}"
        raise ModelUnusable("manifest.toml", problem)
    loaded = {spec.id for spec, _ in translators}
    preferred = {
        Direction.parse(direction): entry.spec.id
        for direction in catalogue.directions
        for entry in reversed(catalogue.ordered(direction))
        if entry.spec.id in loaded
    }
    _log.info("models.loaded", encoder=encoders[0][0].id, **{str(each): model for each, model in preferred.items()})
    return Engines(tuple(translators), encoders[0], preferred)


def _choose(catalogue: Catalogue, settings: Settings) -> list[CatalogueEntry]:
    """Return the models to load: the preferred encoder and all translation models, as far as the memory goes."""
    wanted = [each for each in catalogue.ordered() if each.spec.kind == "encoder"]
    wanted += [entry for direction in catalogue.directions for entry in catalogue.ordered(direction)[:1]]
    wanted += catalogue.ordered()
    left = settings.models_memory_mib << 20 if settings.models_memory_mib else None
    chosen: list[CatalogueEntry] = []
    left_out = []
    for entry in {each.spec.id: each for each in wanted}.values():
        if entry.spec.kind == "encoder" and any(each.spec.kind == "encoder" for each in chosen):
            continue
        needed = _weights_bytes(entry, settings)
        if left is None or needed <= left:
            chosen.append(entry)
            left = None if left is None else left - needed
        else:
            left_out.append(entry.spec.id)
    if left_out:
        _log.warning("models.left_out", models=left_out, models_memory_mib=settings.models_memory_mib)
    return chosen


def _weights_bytes(entry: CatalogueEntry, settings: Settings) -> int:
    """Return what the weights take in memory: those of the file, in the number format that they are loaded in."""
    try:
        stored = (entry.root / entry.spec.path / "model.bin").stat().st_size
    except OSError:
        return 0  # verifying it will say so better
    _, compute_type = resolve_device(settings.device, settings.compute_type)
    return stored * _bytes_a_weight(compute_type) // _bytes_a_weight(entry.spec.quantization)


def _bytes_a_weight(number_format: str) -> int:
    if number_format.startswith("int8"):
        return 1
    return 4 if number_format == "float32" else 2


def _load_translator(spec: ModelSpec, models_dir: Path, settings: Settings, metrics: Metrics) -> Ct2Translator:
    engine = open_translator(
        spec,
        verify(spec, models_dir),
        device=settings.device,
        compute_type=settings.compute_type,
        workers=worker_count(settings),
        threads_per_worker=settings.threads_per_worker,
    )
    prove_translator(spec, engine)
    _note_loaded(spec, engine, metrics)
    return engine


def prove_translator(spec: ModelSpec, engine: TranslationEngine) -> None:
    """Translate the golden sentences; raises ModelUnusable when one comes out empty, looping or in the wrong script."""
    pairs = [(Direction.parse(golden.direction), golden.source) for golden in spec.golden]
    hypotheses = engine.translate([engine.tokenize(text, direction) for direction, text in pairs], engine.decoding)
    for (direction, source), hypothesis in zip(pairs, hypotheses, strict=True):
        flags = quality.check(source, hypothesis.text, direction, truncated=hypothesis.truncated)
        if not hypothesis.text.strip() or flags & _BROKEN:
            raise ModelUnusable(
                spec.id, f"failed its self-test for {direction}; {_names(flags) or 'empty translation'}"
            )


def _load_encoder(spec: ModelSpec, models_dir: Path, settings: Settings, metrics: Metrics) -> Ct2Encoder:
    encoder = open_encoder(
        spec,
        verify(spec, models_dir),
        device=settings.device,
        compute_type=settings.compute_type,
        workers=worker_count(settings),
        threads_per_worker=settings.threads_per_worker,
    )
    prove_encoder(spec, encoder)
    _note_loaded(spec, encoder, metrics)
    return encoder


def prove_encoder(spec: ModelSpec, encoder: Ct2Encoder) -> None:
    """Encode two sentences; raises ModelUnusable when their vectors are none."""
    lengths = np.linalg.norm(encoder.encode(["Горад адкрыў новую школу.", "The town opened a new school."]), axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise ModelUnusable(spec.id, "failed its self-test; an embedding has not the length 1")


def _note_loaded(spec: ModelSpec, engine: Ct2Translator | Ct2Encoder, metrics: Metrics) -> None:
    metrics.model_loaded.labels(spec.id).set(1)
    metrics.model_info.labels(spec.id, spec.version, engine.compute_type, engine.device).set(1)


def _names(flags: Iterable[Flag]) -> str:
    return ", ".join(sorted(flag.name for flag in flags))
