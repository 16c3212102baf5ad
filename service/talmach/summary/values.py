"""What the summary use case takes and returns: plain immutable values."""

from dataclasses import dataclass

from talmach.text.article import Sentence

DEFAULT_SENTENCES = 3
# A random search on the GUM summaries found the same scores from 0 to 0.3: enough to avoid a paraphrase is what counts.
DEFAULT_DIVERSITY = 0.2


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """How long and how varied; at most one length is set, and none means three sentences."""

    max_sentences: int | None = None
    ratio: float | None = None  # of the sentences of lead and body without boilerplate, in (0, 1]; rounded
    max_chars: int | None = None  # of the joined source sentences
    diversity: float | None = None  # in [0, 1]; None = DEFAULT_DIVERSITY
    include_lead: bool = False


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """How one sentence fared; the components lie in [0, 1] before weighting and are all 0 for one that is no
    candidate.
    """

    sentence: Sentence
    chosen: bool
    candidate: bool
    reason: str
    score: float = 0.0
    centrality: float = 0.0
    headline_similarity: float = 0.0
    position: float = 0.0
    redundancy: float = 0.0


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """The choice."""

    chosen: tuple[ScoredSentence, ...]  # in the order of the article
    scores: tuple[ScoredSentence, ...]  # every sentence, in the order of the article
    encoder_model_id: str  # empty when there was nothing to choose from
