"""One experiment = one TOML file; this module turns it into frozen values and refuses what it does not know."""

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")
DIRECTIONS = ("both", "forward", "backward")


@dataclass(frozen=True, slots=True)
class Source:
    """One slice of the corpus: a file, a language pair and how often it is drawn."""

    file: str  # name of the corpus file without .tsv.gz
    pair: str  # "en-ru", "en-be" or "ru-be", as the corpus orders them
    weight: float  # share of the sampled sentence pairs, relative to the other sources
    directions: str = "both"  # "forward" (into the second language), "backward" (Taraškievica is never a target)
    synthetic: bool = False  # one side was made: by `back_translate` in the file "belarusian", else by `synthesize`

    def __post_init__(self) -> None:
        """Refuse directions that do not exist, which the sampler would take for "both"."""
        if self.directions not in DIRECTIONS:
            raise ValueError(f"data.sources: directions = {self.directions!r} of {self.file} is none of {DIRECTIONS}")


@dataclass(frozen=True, slots=True)
class Data:
    """What `prepare` reads and how it turns text into tokens."""

    vocabulary_size: int
    max_tokens: int  # longer pairs are left out
    max_length_ratio: float  # characters of the longer side over the shorter one
    noise: float  # probability that a source side gets one typographic perturbation
    vocabulary_sentences: int  # sampled to train SentencePiece on, genuine sources only
    synthetic_pairs: int  # of each file that a synthetic side is made for, at most
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """Sizes of the encoder-decoder; see `network.py`."""

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    hidden: int  # inner size of the gated feed-forward layer
    dropout: float


@dataclass(frozen=True, slots=True)
class Training:
    """How the network is trained; see `train.py`."""

    batch_tokens: int  # target tokens of one optimiser step
    microbatch_tokens: int  # padded source + target tokens that pass through the network at once
    muon_learning_rate: float
    adam_learning_rate: float
    warmup_steps: int
    label_smoothing: float
    gradient_clip: float
    decay_fraction: float  # last part of the time over which the learning rate falls to zero
    validate_minutes: float
    seed: int


@dataclass(frozen=True, slots=True)
class Encoder:
    """The sentence encoder; see `train_encoder.py`."""

    layers: int  # taken from the bottom of the translation model's encoder
    batch_pairs: int
    learning_rate: float
    temperature: float
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """A whole experiment, saved with every checkpoint."""

    name: str
    data: Data
    network: Network
    training: Training
    encoder: Encoder


def load(path: Path) -> Experiment:
    """Read an experiment file.

    Raises:
        ValueError: a key is unknown or missing; the message names it.
    """
    with path.open("rb") as file:
        return from_dict(tomllib.load(file))


def from_dict(raw: Mapping[str, Any]) -> Experiment:
    """Build an experiment from the TOML's (or a checkpoint's) plain values."""
    sections = dict(raw)
    data = dict(sections.get("data", {}))
    data["sources"] = tuple(_build(Source, source, "data.sources") for source in data.get("sources", ()))
    sections["data"] = _build(Data, data, "data")
    for name, kind in (("network", Network), ("training", Training), ("encoder", Encoder)):
        sections[name] = _build(kind, sections.get(name, {}), name)
    return _build(Experiment, sections, "experiment")


def to_dict(experiment: Experiment) -> dict[str, Any]:
    """Return plain values that `from_dict` takes back."""
    return dataclasses.asdict(experiment)


def _build(kind: type[T], values: Mapping[str, Any], section: str) -> T:
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(values.keys() - fields.keys())
    required = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    missing = sorted(required - values.keys())
    if unknown or missing:
        raise ValueError(f"{section}: unknown keys {unknown}, missing keys {missing}")
    return kind(**values)
