"""Chooses the summariser's weights on the GUM set and shows how sure the choice is.

    python -m models.training.tune_summary --corpus CORPUS

Every setting of the grid in `summaries.tuning` is scored. The defaults in `talmach.summary.ranking` are the best one
on all documents; the report of `evaluate_summary` tells what such a choice is worth on unseen documents.
"""

import argparse
from pathlib import Path

import numpy as np

from models.training.evaluate_summary import parallel_documents
from models.training.summaries import tuning
from models.training.summaries.documents import read_gum
from models.training.summaries.rouge import AVERAGE, Rouge, confidence_interval
from models.training.summaries.served import RememberingEncoder, encoder_spec


def main() -> None:
    """Run the search from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with summaries/en.gum_summaries.jsonl")
    arguments = parser.parse_args()
    documents = read_gum(arguments.corpus)
    news = tuning.is_news(documents)
    encoder = RememberingEncoder(encoder_spec())
    outcomes = tuning.measure(documents, list(parallel_documents(arguments.corpus).values()), encoder, Rouge())
    winner = tuning.best(outcomes, range(len(documents)))
    for setting, outcome in outcomes.items():
        gain = 100 * (outcome.rouge - outcomes[winner].rouge)[:, :, AVERAGE].mean(axis=(0, 2))
        low, high = confidence_interval(gain)
        print(
            f"{tuning.objective(outcome.rouge):6.2f} news {tuning.objective(outcome.rouge[:, news]):6.2f}"
            f" least agreement {outcome.agreement:.3f}"
            f" - best: {np.mean(gain):5.2f} [{low:5.2f}, {high:5.2f}]  {setting}"
        )
    print("best:", winner)


if __name__ == "__main__":
    main()
