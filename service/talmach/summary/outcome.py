"""How the candidates fared: scores, choice and the reasons in words."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talmach.summary import ranking
from talmach.summary.shortlist import Shortlist
from talmach.summary.values import ScoredSentence

# For the reasons only: nearly as central as the most central sentence; about what the headline is about; early.
_CENTRAL = 0.9
_CLOSE = 0.15  # words weigh most, and a headline shares few of them with any one sentence
_EARLY = 0.3

Numbers = NDArray[np.float64]  # one for each candidate, in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The scores of each candidate (n,), by words and, where there are any, by embeddings."""

    scores: Numbers
    centrality: Numbers
    headline_similarity: Numbers | None
    position: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The candidates of one article and how they fared."""

    shortlist: Shortlist
    needs: NDArray[np.int64]  # number of the candidate that must be chosen too; its own = none
    chosen: frozenset[int]  # numbers of candidates
    read: Collection[int]  # numbers of those that have embeddings
    found: Scores
    redundancy: Numbers

    def scored(self, number: int) -> ScoredSentence:
        """Return the candidate of that number with its scores."""
        similarity = self.found.headline_similarity
        return ScoredSentence(
            self.shortlist.candidates[number],
            chosen=number in self.chosen,
            candidate=True,
            score=float(self.found.scores[number]),
            centrality=float(self.found.centrality[number]),
            headline_similarity=0.0 if similarity is None else float(similarity[number]),
            position=float(self.found.position[number]),
            redundancy=float(self.redundancy[number]),
            reason=self._reason(number),
        )

    def _reason(self, number: int) -> str:
        similarity, position = self.found.headline_similarity, self.found.position[number]
        verdict = self.shortlist.verdicts[self.shortlist.candidates[number].index]
        marks = (
            (self.found.centrality[number] >= _CENTRAL, "central to the article"),
            (similarity is not None and similarity[number] >= _CLOSE, "close to the headline"),
            (position == 1, "opens the story"),
            (1 > position >= _EARLY, "near the opening"),
            (verdict.stands_in, f"the article has nothing fitter ({verdict.objection})"),
            (number not in self.read, "judged by its words alone"),
        )
        why = ", ".join(text for holds, text in marks if holds)
        needs = int(self.needs[number])
        if needs not in self.chosen | {number}:
            return "passed over: points back to a sentence that is not chosen"
        if number in self.chosen:
            return f"chosen: {why or 'best of the rest'}"
        if self.redundancy[number] > ranking.DUPLICATE_SIMILARITY:
            return "passed over: says what a chosen sentence says"
        return f"passed over: {why or 'less to say for its length'}"
