"""The sentences of an article that are candidates for its summary, and which texts the encoder reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talmach.summary.candidates import Verdict, judge
from talmach.summary.values import SummaryOptions
from talmach.text.article import Article, Field, Sentence

# The encoder reads the best by their words: four for each wanted sentence, within these bounds. On
# the GUM summaries 8, 12, 20 and all gave the same scores and the same agreement of languages; each costs 3 ms.
FEWEST_READ = 16
MOST_READ = 1_000
READ_FOR_EACH = 4


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The candidates for the summary of one article."""

    article: Article
    verdicts: Sequence[Verdict]  # of all sentences
    candidates: Sequence[Sentence]
    texts: Sequence[str]  # of the candidates, and the headline behind them when there is one; none without candidates

    @classmethod
    def of(cls, article: Article, options: SummaryOptions) -> "Shortlist":
        """Judge the sentences."""
        verdicts = judge(article, include_lead=options.include_lead)
        candidates = [sentence for sentence in article.sentences if verdicts[sentence.index].is_candidate]
        headline = " ".join(sentence.text for sentence in article.sentences if sentence.field is Field.HEADLINE)
        texts = [sentence.text for sentence in candidates]
        return cls(article, verdicts, candidates, [*texts, headline] if texts and headline else texts)

    @property
    def has_headline(self) -> bool:
        """Whether the last text is the headline's."""
        return len(self.texts) > len(self.candidates)

    @property
    def needs(self) -> NDArray[np.int64]:
        """The number of the candidate that must be chosen too, for each; its own = none."""
        numbers = {sentence.index: number for number, sentence in enumerate(self.candidates)}
        needed = [self.verdicts[sentence.index].needs for sentence in self.candidates]
        return np.array([own if other is None else numbers[other] for own, other in enumerate(needed)], dtype=np.int64)

    @property
    def places(self) -> NDArray[np.int64]:
        """The place of each candidate among the sentences of the story, whether they may be chosen or not.

        Among the candidates alone, one that is refused in one language would move all that follow.
        """
        places = np.cumsum([verdict.is_story for verdict in self.verdicts]) - 1
        return np.asarray(places[[sentence.index for sentence in self.candidates]], dtype=np.int64)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The length of each candidate in code points."""
        return np.array([len(sentence.text) for sentence in self.candidates], dtype=np.int64)

    @property
    def costs(self) -> NDArray[np.int64]:
        """What each candidate takes of a summary that is written as the article is, tags included, in code points."""
        return np.array([len(sentence.source) for sentence in self.candidates], dtype=np.int64)
