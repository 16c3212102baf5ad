"""Chooses the summariser's weights on the GUM set, without its test split, and shows how sure the choice is.

    python -m models.training.tune_summary --corpus CORPUS

Every setting of a grid is scored: the mean of ROUGE-1 and ROUGE-L of one and three sentences, half over all documents
and half over the news, and the agreement of the languages on the project's stories. Cross-validation (each fold scored
with the setting that is best on the others) says what the search itself is worth. The defaults in `talmach.ranking`
are set by hand from this table: among the settings that the intervals do not tell apart, one whose languages agree.
The shape of the position prior and the use of words were found on the whole set, so its test split is not untouched.
"""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.evaluate_summary import LENGTHS, STORIES, scores_of
from models.training.summaries import methods, robustness
from models.training.summaries.documents import NEWS, Story, Summarized, read_gum, read_stories
from models.training.summaries.methods import Method
from models.training.summaries.rouge import Rouge, confidence_interval
from models.training.summaries.served import RememberingEncoder, encoder_spec
from talmach.ranking import Weights
from talmach.summary.use_case import Summarizer

TERM_SHARES = (0.0, 0.5, 0.7, 0.85, 1.0)
HEADLINE_WEIGHTS = (0.5, 1.0, 1.5)
POSITION_WEIGHTS = (0.5, 1.0, 1.5)
FOLDS = 5
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the grid; the weight of centrality is 1."""

    term_share: float
    headline: float
    position: float

    def summarizer(self, encoder: RememberingEncoder) -> Summarizer:
        """Return a summariser with this setting."""
        return Summarizer(encoder, weights=Weights(1, self.headline, self.position), term_share=self.term_share)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a setting reached: the mean of both types and lengths by document, and the agreement of the languages."""

    rouge: NDArray[np.float64]  # (documents,)
    agreement: float


def grid() -> Iterator[Setting]:
    """Yield every setting."""
    for values in itertools.product(TERM_SHARES, HEADLINE_WEIGHTS, POSITION_WEIGHTS):
        yield Setting(*values)


def by_document(method: Method, documents: Sequence[Summarized], rouge: Rouge) -> NDArray[np.float64]:
    """Return the mean (documents,) of all lengths and types, over the average reference."""
    return np.mean([scores_of(method, documents, length, rouge)[:, 0].mean(axis=1) for length in LENGTHS], axis=0)


def objective(values: NDArray[np.float64], news: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    """Return half the mean over the chosen documents, half that over the news among them, in percent."""
    return 50 * float(values[chosen].mean() + values[chosen & news].mean())


def measure(
    documents: Sequence[Summarized], stories: Sequence[dict[str, Story]], encoder: RememberingEncoder, rouge: Rouge
) -> dict[Setting, Outcome]:
    """Return the outcome of every setting."""
    outcomes = {}
    for setting in grid():
        summarizer = setting.summarizer(encoder)
        agreements = robustness.agreement(summarizer, stories).values()
        outcomes[setting] = Outcome(
            by_document(methods.ours(summarizer), documents, rouge),
            float(np.mean([each.jaccard for each in agreements])),
        )
        summarizer.close()
    return outcomes


def cross_validate(outcomes: dict[Setting, Outcome], news: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the scores (documents,) that each document gets from the setting which is best on the other folds."""
    folds = np.arange(len(news)) % FOLDS
    held_out = np.empty(len(news))
    for fold in range(FOLDS):
        best = max(outcomes.values(), key=lambda outcome: objective(outcome.rouge, news, folds != fold))
        held_out[folds == fold] = best.rouge[folds == fold]
    return held_out


def main() -> None:
    """Run the search from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with summaries/en.gum_summaries.jsonl")
    arguments = parser.parse_args()
    documents = [document for document in read_gum(arguments.corpus) if document.split != "test"]
    news = np.array([document.genre == NEWS for document in documents])
    everything = np.ones_like(news)
    encoder, rouge = RememberingEncoder(encoder_spec()), Rouge(("rouge1", "rougeL"))
    outcomes = measure(documents, list(read_stories(STORIES)), encoder, rouge)
    ranked = sorted(outcomes, key=lambda setting: -objective(outcomes[setting].rouge, news, everything))
    default = Summarizer(encoder)
    rows = {
        "defaults": by_document(methods.ours(default), documents, rouge),
        "lead": by_document(methods.lead, documents, rouge),
        "lead of candidates": by_document(methods.lead_of_candidates, documents, rouge),
        f"{FOLDS}-fold cross-validation": cross_validate(outcomes, news),
    }
    default.close()
    for name, values in rows.items():
        print(f"{objective(values, news, everything):6.2f}         {name}")
    for name, chosen in (("all", everything), ("news", news)):
        gain = 100 * (outcomes[ranked[0]].rouge - rows["defaults"])[chosen]
        low, high = confidence_interval(gain)
        print(f"best - defaults, {name}: {gain.mean():.2f} [{low:.2f}, {high:.2f}]")
    for setting in ranked[:SHOWN]:
        outcome = outcomes[setting]
        print(f"{objective(outcome.rouge, news, everything):6.2f} agreement {outcome.agreement:.2f}  {setting}")
    for share in TERM_SHARES:
        best = next(setting for setting in ranked if setting.term_share == share)
        value = objective(outcomes[best].rouge, news, everything)
        print(f"best of term_share {share}: {value:6.2f} agreement {outcomes[best].agreement:.2f}  {best}")


if __name__ == "__main__":
    main()
