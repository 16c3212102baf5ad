"""manifest.toml as frozen specs, the single source of truth about every model; an unknown key or a bad value is an
error.

A spec says what a model is and what its files must hash to; `verify` checks that they do.
"""

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from talmach.errors import ModelNotFound, ModelUnusable

FILENAME = "manifest.toml"
SENTENCEPIECE_FILE = "sentencepiece.model"
MAX_BEAM_SIZE = 8
_VOCABULARY = re.compile(r"(shared_|source_)?vocabulary\.(json|txt)")  # the names that CTranslate2 gives it


def _inside(path: str) -> str:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
        raise ValueError("is not a relative path with forward slashes inside the models directory")
    return path


InnerPath = Annotated[str, Field(min_length=1), AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
SLUG = r"^[a-z0-9][a-z0-9.-]*$"
DIRECTION = r"^[a-z]{2,3}-[a-z]{2,3}$"
Slug = Annotated[str, Field(pattern=SLUG)]
DirectionCode = Annotated[str, Field(pattern=DIRECTION)]
Token = Annotated[str, Field(min_length=1)]
LogProbability = Annotated[float, Field(le=0)]


class Spec(BaseModel):
    """Values read from a file, in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Score(Spec):
    """What a model reached in one direction; a score never travels without its signature."""

    signature: str = Field(min_length=1)  # test set, tokeniser, beam, engine and its version
    chrf: float | None = None
    bleu: float | None = None
    retrieval_accuracy: float | None = None  # of an encoder: share of nearest neighbours that are the translation


class Golden(Spec):
    """A sentence that the model must translate before the server says SERVING."""

    direction: DirectionCode
    source: str = Field(min_length=1)


class Decoding(Spec):
    """How a translation model is searched unless a call says otherwise."""

    beam_size: int = Field(default=1, ge=1, le=MAX_BEAM_SIZE)
    length_penalty: float = Field(default=1.0, ge=0)  # exponent of the length that a beam's scores are divided by
    repetition_penalty: float = Field(default=1.0, ge=1)  # 1 = none
    no_repeat_ngram_size: int = Field(default=0, ge=0)  # 0 = off


class Tokenizer(Spec):
    """The files that cut a text into the model's tokens."""

    source: InnerPath = SENTENCEPIECE_FILE  # a SentencePiece model, or a tokenizer.json
    target: InnerPath | None = None  # a second SentencePiece model, for the target side
    normalize: bool = True  # with talmach's normaliser first: for models that were trained with it


class Prompt(Spec):
    """The tokens that a translation model expects around a sentence in one direction."""

    source_prefix: tuple[Token, ...] = ()
    source_suffix: tuple[Token, ...] = ()
    target_prefix: tuple[Token, ...] = ()  # forced; taken off the result


class Lengths(Spec):
    """The longest translation of a source of n tokens: the least of `factor` * n + `extra` and `limit`."""

    # Translations between these languages stay well under twice the source's pieces; anything longer is a loop.
    factor: float = Field(default=2.0, gt=0)
    extra: int = Field(default=16, ge=0)
    limit: int | None = Field(default=None, ge=8)  # positions of the decoder

    def longest(self, source_tokens: int) -> int:
        """Return how many tokens a translation may have."""
        length = max(1, int(self.factor * source_tokens) + self.extra)
        return length if self.limit is None else min(length, self.limit)


class Encoding(Spec):
    """How an encoder turns the tokens of a text into one vector."""

    text_prefix: str = ""  # before every text, such as "query: "
    source_prefix: tuple[Token, ...] = ()
    source_suffix: tuple[Token, ...] = ("</s>",)
    pooling: Literal["mean", "cls"] = "mean"
    dense: InnerPath | None = None  # an .npz with `weight` and `bias`
    activation: Literal["identity", "tanh"] = "identity"  # of the dense layer


class Origin(Spec):
    """What an installed model was made of."""

    repository: str = Field(min_length=1)  # on the hub, or the name of a directory
    revision: str = ""  # commit on the hub
    converter: str = ""  # library and version
    files: dict[InnerPath, Sha256] = Field(default_factory=dict)  # that were read


class ModelSpec(Spec):
    """One model: what it is, which files it has under `path` and what they must hash to."""

    id: Slug
    version: str
    kind: Literal["translation", "encoder"]
    architecture: str
    path: InnerPath  # of its directory, relative to the manifest's; "." = the manifest's own
    licence: str
    files: dict[InnerPath, Sha256] = Field(min_length=1)
    draft: bool = False
    directions: tuple[DirectionCode, ...] = ()
    max_source_tokens: int = Field(256, ge=8)  # prompt included
    tokenizer: Tokenizer = Tokenizer()
    prompt: dict[DirectionCode, Prompt] | None = None  # None = the tags of talmach's own recipe
    decoding: Decoding = Decoding()
    lengths: Lengths = Lengths()
    encoding: Encoding = Encoding()
    low_confidence: dict[DirectionCode, LogProbability] = Field(default_factory=dict)  # scores below are doubtful
    words: InnerPath | None = None  # what it has met of its target languages: see `text.known_words`
    golden: tuple[Golden, ...] = ()
    sources: tuple[str, ...] = ()  # of the training data, with their licences
    card: InnerPath | None = None
    scores: dict[DirectionCode, Score] = Field(default_factory=dict)
    set: str = ""  # the name that models are pulled and preferred by together
    quantization: str = "int8"  # the number format that the weights are stored in
    gpu_compute_type: Literal["float16", "int8_float16", "bfloat16", "int8_bfloat16"] = "float16"  # unless set for all
    source: Origin | None = None  # None = embedded

    @field_validator("golden", mode="before")
    @classmethod
    def _golden_from_table(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return tuple({"direction": direction, "source": source} for direction, source in value.items())

    @model_validator(mode="after")
    def _golden_covers_directions(self) -> "ModelSpec":
        if self.kind == "translation" and not self.directions:
            raise ValueError("directions: a translation model has at least one")
        if sorted(golden.direction for golden in self.golden) != sorted(self.directions):
            raise ValueError("golden: needs one sentence for each of `directions`, and for no other")
        if self.prompt is not None and sorted(self.prompt) != sorted(self.directions):
            raise ValueError("prompt: needs one table for each of `directions`, and for no other")
        return self


class Manifest(Spec):
    """Every model of one models directory, in the order of preference."""

    models: tuple[ModelSpec, ...] = Field(alias="model", min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Manifest":
        ids = [model.id for model in self.models]
        if len(set(ids)) != len(ids):
            raise ValueError("id: two models have the same one")
        return self

    @model_validator(mode="after")
    def _files_are_all_that_is_read(self) -> "Manifest":
        # What is not listed is not hashed, and could be altered unseen.
        for model in self.models:
            tokenizer = model.tokenizer
            read = ("model.bin", "config.json", tokenizer.source, tokenizer.target, model.encoding.dense, model.words)
            lacks = [name for name in read if name is not None and name not in model.files]
            if not any(_VOCABULARY.fullmatch(name) for name in model.files):
                lacks.append("shared_vocabulary.json (or source_vocabulary.json, target_vocabulary.json)")
            if lacks:
                raise ValueError(f"{model.id}: files: lacks {', '.join(lacks)}")
        return self

    def model(self, model_id: str) -> ModelSpec:
        """Return the model called `model_id`, or raise ModelNotFound."""
        for model in self.models:
            if model.id == model_id:
                return model
        raise ModelNotFound(model.id for model in self.models)


def load(models_dir: Path) -> Manifest:
    """Read `models_dir`/manifest.toml.

    Raises:
        ModelUnusable: there is no manifest, or it is not one; names its path, and every problem by its key.

    """
    path = models_dir / FILENAME
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ModelUnusable(str(path), f"cannot be read ({error.strerror})") from error
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        # "No model is left" says nothing when the only one is wrong.
        mistakes = [each for each in mistakes if each["type"] != "too_short"] or mistakes
        problems = "; ".join(f"{_key(each['loc'])}: {each['msg'].removeprefix('Value error, ')}" for each in mistakes)
        raise ModelUnusable(str(path), problems) from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise ModelUnusable(str(path), f"is not TOML: {error}") from error


def _key(location: tuple[int | str, ...]) -> str:
    """Spell a place as TOML would: ("model", 0, "files") -> `model[0].files`."""
    return re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, location))) or "manifest"
