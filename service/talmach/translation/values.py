"""What the translation use case takes and returns: plain immutable values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from talmach.quality import Flag
from talmach.text.article import Field
from talmach.text.boilerplate import BoilerplateKind
from talmach.text.markup import TextFormat
from talmach.text.span import Span
from talmach.translation.source import Source


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A term that must come out in a given way; a do-not-translate phrase is its own target, and case matters."""

    source_term: str
    target_term: str
    verbatim: bool = False  # a do-not-translate phrase


@dataclass(frozen=True, slots=True)
class GlossaryUsage:
    """How often one entry could be honoured, counted in occurrences in the source."""

    entry: GlossaryEntry
    applied: int
    not_applied: int


@dataclass(frozen=True, slots=True)
class TranslationOptions:
    """How to translate one article; codes are validated at the edge."""

    target_language: str  # empty where nothing but a summary is asked for
    source_language: str | None = None  # None = detect, sentence by sentence
    default_source_language: str | None = None  # for a text whose evidence is divided; None = such a text fails
    model: str | None = None  # None = the default model of each direction
    glossary: tuple[GlossaryEntry, ...] = ()
    remove_boilerplate: bool = False
    beam_size: int | None = None  # None = the model's own
    format: TextFormat = TextFormat.TEXT
    translate_attributes: bool = False  # of HTML and Markdown: those that people read


class SegmentStatus(Enum):
    """What became of a sentence."""

    TRANSLATED = "translated"
    COPIED = "copied"
    DROPPED_BOILERPLATE = "dropped_boilerplate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Segment:
    """One sentence beside its translation."""

    index: int
    paragraph: int
    field: Field
    source_span: Span  # in the source field
    source_text: str
    translated_text: str
    source_language: str | None
    status: SegmentStatus
    flags: frozenset[Flag] = frozenset()
    boilerplate: BoilerplateKind | None = None
    score: float | None = None  # mean log-probability per token; None where no model was asked
    pivot: str | None = None  # language in between, where no model translates the pair directly
    error: str | None = None  # reason of errors.py, with FAILED only


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of wall clock; inference runs from the first sentence taken up to the last one ready."""

    queue_ms: float = 0.0
    inference_ms: float = 0.0
    queued_at: float = 0.0  # seconds of `time.monotonic`; 0 = nothing was queued


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens given to and produced by models; `cache_hits` counts sentences, or parts, that needed none."""

    source_tokens: int = 0
    target_tokens: int = 0
    cache_hits: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """What is known of all texts of a call when the last segment is done."""

    segment_count: int
    complete: bool  # no segment failed
    model_ids: tuple[str, ...]  # ascending
    glossary_usages: tuple[GlossaryUsage, ...]  # in the order of the options
    timings: Timings
    usage: Usage


@dataclass(frozen=True, slots=True)
class Translation:
    """A whole translated text."""

    source: Source
    texts: Mapping[Field, str]
    segments: tuple[Segment, ...]  # in document order

    @property
    def is_complete(self) -> bool:
        """Whether no segment failed."""
        return all(segment.status is not SegmentStatus.FAILED for segment in self.segments)
