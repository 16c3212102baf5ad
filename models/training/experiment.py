"""One experiment is one TOML file; this module turns it into frozen values and refuses unknown keys."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
PAIRS = ("en-ru", "en-be", "ru-be")
Shares = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Source:
    """One slice of the corpus: a file, a language pair and how much of the training it makes up.

    `forward` (into the second language) and `backward` are shares of the target tokens in the two phases of a run,
    relative to all other sources; (0, 0) leaves a direction out.
    """

    file: str  # name of the corpus file without .tsv.gz
    pair: str  # as the corpus orders its languages
    forward: Shares = (0.0, 0.0)
    backward: Shares = (0.0, 0.0)
    only: tuple[str, ...] = ()  # names in the corpus's fifth column that are taken; empty = all
    limit: int | None = None  # pairs, drawn at random
    synthetic: bool = False  # lies in WORK/synthetic, where `synthesize` wrote it
    tagged: bool = False  # the source side says that it was made by a machine, see `run.packing`

    def __post_init__(self) -> None:
        """Refuse a pair that the corpus does not have, and shares that make no sense."""
        if self.pair not in PAIRS:
            raise ValueError(f"data.sources: pair = {self.pair!r} of {self.file} is none of {PAIRS}")
        if any(len(shares) != 2 or min(shares) < 0 for shares in (self.forward, self.backward)):
            raise ValueError(f"data.sources: shares of {self.file} {self.pair} are not two numbers from 0 on")

    @property
    def name(self) -> str:
        """Return what the source is called in messages."""
        return f"{self.file} {self.pair}{' synthetic' if self.synthetic else ''}"

    @property
    def selection(self) -> tuple[object, ...]:
        """Return what decides which pairs a bundle holds; shares and tags can still be changed where it is used."""
        return self.file, self.pair, self.only, self.limit, self.synthetic


@dataclass(frozen=True, slots=True)
class Synthetic:
    """Sentences that a model translates, and the file of pairs that becomes of them; see `data/synthetic.py`.

    One side of a corpus file with pairs is translated and the result paired with both; a sentence of a monolingual file
    (`mono/...`) is paired with its translation.
    """

    file: str  # name of the file in WORK/synthetic
    read: tuple[str, ...]  # names of corpus files without .tsv.gz, or of monolingual ones without .txt.gz
    language: str  # of the sentences that are translated
    into: str
    pair: str = ""  # the pair that is read of a corpus file; "" for monolingual ones
    only: tuple[str, ...] = ()  # names in the corpus's fifth column that are taken; empty = all
    limit: int | None = None  # sentences, drawn at random
    min_score: float = -1.0  # mean log-probability of a translation's token; targets need more than sources
    min_reverse: float = -2.5  # the same for the sentence, given its translation

    def __post_init__(self) -> None:
        """Refuse what cannot be read or translated."""
        if self.pair and self.pair not in PAIRS:
            raise ValueError(f"data.synthetic: pair = {self.pair!r} of {self.file} is none of {PAIRS}")
        languages = {language for pair in PAIRS for language in pair.split("-")}
        if self.language == self.into or not {self.language, self.into} <= languages:
            raise ValueError(f"data.synthetic: {self.file} is translated from {self.language} into {self.into}")


@dataclass(frozen=True, slots=True)
class Data:
    """What `bundle` reads and how it turns text into tokens."""

    vocabulary_size: int
    vocabulary_sentences: int  # sampled to train SentencePiece on, genuine sources only
    max_tokens: int  # longer pairs are left out
    max_length_ratio: float  # characters of the longer side over the shorter one
    dev_sentences: int  # first lines of the development set whose loss is logged beside the training loss
    sources: tuple[Source, ...]
    synthetic: tuple[Synthetic, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """Sizes of the encoder-decoder; see `network/transformer.py`."""

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    hidden: int  # inner size of the gated feed-forward layer


@dataclass(frozen=True, slots=True)
class Regularization:
    """What keeps the network from learning the corpus by heart; texts are altered afresh at every visit."""

    dropout: float
    label_smoothing: float
    perturbed: float  # share of sources with a typographic perturbation
    source_sampled: float  # share of sources whose segmentation is sampled instead of the likeliest
    target_sampled: float
    sampling_alpha: float  # of SentencePiece: towards 0, all segmentations become equally likely
    masked_words: float  # share of source words replaced by <unk>


@dataclass(frozen=True, slots=True)
class Training:
    """How the network is trained; see `train.py`."""

    step_tokens: int  # target positions of one step, padding included
    row_tokens: tuple[int, ...]  # lengths of the packed rows, ascending; a pair goes into the first that holds it
    muon_learning_rate: float
    adam_learning_rate: float
    warmup_steps: int
    gradient_clip: float
    decay_from: float  # share of the time from which on the learning rates fall to zero
    second_phase_from: float  # share of the time from which on the second shares of the sources hold
    evaluate_seconds: float  # between looks at the development set, each of which saves the weights
    seed: int

    def __post_init__(self) -> None:
        """Refuse rows that do not fill a step."""
        if not self.row_tokens or any(self.step_tokens % length for length in self.row_tokens):
            raise ValueError(f"training: step_tokens = {self.step_tokens} is no multiple of {self.row_tokens}")


@dataclass(frozen=True, slots=True)
class Encoder:
    """The sentence encoder; see `train_encoder.py`."""

    layers: int  # taken from the bottom of the translation model's encoder
    batch_pairs: int
    learning_rate: float
    warmup_steps: int
    temperature: float
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """A whole experiment; travels with the bundle and with the weights."""

    name: str
    data: Data
    network: Network
    regularization: Regularization
    training: Training
    encoder: Encoder


_SECTIONS = {"network": Network, "regularization": Regularization, "training": Training, "encoder": Encoder}


def load(path: Path) -> Experiment:
    """Read an experiment file.

    Raises:
        ValueError: a key is unknown or missing, or has an impossible value; the message names it.
    """
    with path.open("rb") as file:
        return from_dict(tomllib.load(file))


def from_dict(raw: Mapping[str, Any]) -> Experiment:
    """Build an experiment from plain values: the TOML's, or those that travel with bundle and weights."""
    sections = dict(raw)
    data = dict(sections.get("data", {}))
    data["sources"] = [_build(Source, source, "data.sources") for source in data.get("sources", ())]
    data["synthetic"] = [_build(Synthetic, each, "data.synthetic") for each in data.get("synthetic", ())]
    sections["data"] = _build(Data, data, "data")
    for name, kind in _SECTIONS.items():
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
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
