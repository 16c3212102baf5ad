"""From a model's manifest to an engine, and the proof that it works: one golden sentence for each direction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Unpack

import numpy as np

from talmach import quality
from talmach.catalog.manifest import ModelSpec
from talmach.engine.base import AlignedSentence, DecodeOptions, Direction, Prompt, TranslationEngine
from talmach.engine.ct2 import Ct2Translator
from talmach.engine.encoder import Ct2Encoder
from talmach.engine.model import Placement, resolve_device
from talmach.errors import EngineFailure, ModelUnusable
from talmach.quality import Flag
from talmach.text.known_words import KnownWords

# A draft may translate a golden sentence badly; it only shows that the weights are read as intended.
_BROKEN = frozenset({Flag.REPETITION, Flag.WRONG_SCRIPT, Flag.TRUNCATED})
_MAX_PROVEN = 1_024  # tokens: what attention takes of memory grows with their square


def device_of(spec: ModelSpec, device: str, compute_type: str) -> tuple[str, str]:
    """Return where a model runs and in which number format, where the settings leave that to it ("auto")."""
    return resolve_device(device, compute_type, on_gpu=spec.gpu_compute_type)


def decode_options(spec: ModelSpec) -> DecodeOptions:
    """Return how a translation model wants to be searched."""
    return DecodeOptions(**spec.decoding.model_dump())


def open_translator(spec: ModelSpec, directory: Path, **placement: Unpack[Placement]) -> Ct2Translator:
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
        known_words=None if spec.words is None else KnownWords.read(directory / spec.words),
        tokenizer=spec.tokenizer,
        prompts=prompts,
        lengths=spec.lengths,
        **_placed(spec, placement),
    )


def open_encoder(spec: ModelSpec, directory: Path, **placement: Unpack[Placement]) -> Ct2Encoder:
    """Load an encoder as its manifest describes it; raises ModelUnusable."""
    return Ct2Encoder(
        spec.id,
        directory,
        max_tokens=spec.max_source_tokens,
        tokenizer=spec.tokenizer,
        encoding=spec.encoding,
        **_placed(spec, placement),
    )


def _placed(spec: ModelSpec, placement: Placement) -> Placement:
    device, compute_type = device_of(spec, placement.get("device", "auto"), placement.get("compute_type", "auto"))
    return {**placement, "device": device, "compute_type": compute_type}


def prove_translator(spec: ModelSpec, engine: TranslationEngine) -> None:
    """Translate the golden sentences, and a source that fills the window.

    Raises:
        ModelUnusable: a sentence comes out empty, looping or in the wrong script, or the engine fails.

    """
    pairs = [(Direction.parse(golden.direction), golden.source) for golden in spec.golden]
    with _proving(spec, "the golden sentences"):
        hypotheses = engine.translate([engine.tokenize(text, direction) for direction, text in pairs], engine.decoding)
    for (direction, source), hypothesis in zip(pairs, hypotheses, strict=True):
        flags = quality.check(source, hypothesis.text, direction, truncated=hypothesis.truncated)
        if not hypothesis.text.strip() or flags & _BROKEN:
            raise ModelUnusable(
                spec.id, f"failed its self-test for {direction}; {_names(flags) or 'empty translation'}"
            )
    direction, source = pairs[0]
    pair = engine.tokenize_pair(source, source, direction)
    window = min(spec.max_source_tokens, _MAX_PROVEN)
    filled = AlignedSentence((pair * window)[:window], pair.target_prefix[:1], source_letters=(), target_letters=())
    with _proving(spec, f"max_source_tokens = {window}"):
        engine.translate([filled], DecodeOptions(align=True))  # of the translation only the next token


def prove_encoder(spec: ModelSpec, encoder: Ct2Encoder) -> None:
    """Encode two sentences, and fill the window; raises ModelUnusable when the vectors are not of unit length."""
    with _proving(spec, "two sentences"):
        embeddings = encoder.encode(["Горад адкрыў новую школу.", "The town opened a new school."])
    lengths = np.linalg.norm(embeddings, axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise ModelUnusable(spec.id, "failed its self-test; an embedding is not of unit length")
    window = min(spec.max_source_tokens, _MAX_PROVEN)
    with _proving(spec, f"max_source_tokens = {window}"):
        encoder.encode(["a " * window])


@contextmanager
def _proving(spec: ModelSpec, what: str) -> Iterator[None]:
    try:
        yield
    except EngineFailure as error:
        # No user's text is at hand here.
        raise ModelUnusable(spec.id, f"failed its self-test of {what}; {error.__cause__ or error}") from error


def _names(flags: Iterable[Flag]) -> str:
    return ", ".join(sorted(flag.name for flag in flags))
