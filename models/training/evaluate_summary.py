"""Compares the summariser with human summaries, other methods, other languages and rearranged articles.

    python -m models.training.evaluate_summary --corpus CORPUS [--encoder ID] [--write]

ROUGE F1 of extracts of one and three sentences on the GUM set, beside the lead, chance, sumy and the greedy oracle. All
methods choose from the same sentences, as they were annotated; the title is the headline and no part of an extract.
Our weights were chosen on these documents: "held out" scores each with weights that were chosen on others. Languages
must agree on the project's stories, on runs of `triples` and on the development set of the translations.
`--encoder` takes any that is installed instead of the embedded one. `--write` stores everything in
`models/results/summary.json`.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.summaries import methods, robustness, tuning
from models.training.summaries.documents import (
    Parallel,
    Summarized,
    read_dev,
    read_gum,
    read_runs,
    read_stories,
)
from models.training.summaries.methods import Method
from models.training.summaries.rouge import AVERAGE, BEST, SIGNATURE, TYPES, Rouge, confidence_interval
from models.training.summaries.served import MODELS_DIR, RememberingEncoder, encoder_named, encoder_spec
from models.training.summaries.tuning import LENGTHS
from talmach.errors import ModelNotFound
from talmach.metrics import Metrics
from talmach.summary.summarizer import Summarizer

OURS, HELD_OUT, LEAD, LEAD_OF_CANDIDATES, RANDOM = (
    "talmach",
    "talmach held out",
    "lead",
    "lead of candidates",
    "random",
)
STORIES = Path(__file__).parents[2] / "tests" / "data" / "articles"
RESULTS = MODELS_DIR / "results" / "summary.json"

Scores = NDArray[np.float64]  # (documents, mean or best reference, ROUGE type)


def scores_of(method: Method, documents: Sequence[Summarized], sentences: int, rouge: Rouge) -> Scores:
    """Return ROUGE (documents, 2, types) of extracts of that many sentences."""
    return np.array([rouge.score(document, method(document, sentences)) for document in documents])


def all_scores(
    documents: Sequence[Summarized], summarizer: Summarizer, sentences: int, rouge: Rouge
) -> dict[str, Scores]:
    """Return the scores of every method, by its name."""
    named: dict[str, Method] = {
        OURS: methods.ours(summarizer),
        LEAD: methods.lead,
        LEAD_OF_CANDIDATES: methods.lead_of_candidates,
        **methods.libraries(),
        "oracle": methods.oracle(),
    }
    scores = {name: scores_of(method, documents, sentences, rouge) for name, method in named.items()}
    draws = [scores_of(methods.draw(seed), documents, sentences, rouge) for seed in range(methods.RANDOM_DRAWS)]
    return {**scores, RANDOM: np.mean(draws, axis=0)}


def summary_of(values: NDArray[np.float64]) -> dict[str, Any]:
    """Return mean and 95 % interval of `values` (documents,) in percent."""
    low, high = confidence_interval(100 * values)
    return {"mean": round(100 * float(values.mean()), 2), "ci95": [round(low, 2), round(high, 2)]}


def table_of(scores: dict[str, Scores], chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the table of one set of documents (a mask): by method, by ROUGE type."""
    rows = {}
    for name, values in scores.items():
        rows[name] = {
            kind: {
                "average_reference": summary_of(values[chosen, AVERAGE, column]),
                "best_reference": summary_of(values[chosen, BEST, column]),
            }
            for column, kind in enumerate(TYPES)
        }
    differences = {
        f"{own} - {name}": {
            kind: summary_of((scores[own] - scores[name])[chosen, AVERAGE, column]) for column, kind in enumerate(TYPES)
        }
        for own in (OURS, HELD_OUT)
        for name in (LEAD, LEAD_OF_CANDIDATES)
    }
    return {"documents": int(chosen.sum()), "methods": rows, "differences_average_reference": differences}


def print_table(title: str, table: dict[str, Any]) -> None:
    """Print means with intervals: the average over the references."""
    print(f"\n{title}, {table['documents']} documents, F1 x 100 over the average reference [95 % interval]")
    rows = {name: {kind: row[kind]["average_reference"] for kind in TYPES} for name, row in table["methods"].items()}
    for name, row in {**rows, **table["differences_average_reference"]}.items():
        cells = (
            f"{row[kind]['mean']:7.2f} [{row[kind]['ci95'][0]:6.2f},{row[kind]['ci95'][1]:6.2f}]" for kind in TYPES
        )
        print(f"  {name:30}", *cells, flush=True)


def parallel_documents(corpus: Path) -> dict[str, Sequence[Parallel]]:
    """Return the sets of documents on which the languages must agree for a setting to be chosen."""
    return {
        "stories": list(read_stories(STORIES)),
        "runs of triples": read_runs(corpus),
        "dev documents": read_dev(corpus, with_headline=False),
        "dev documents, the first line as headline": read_dev(corpus, with_headline=True),
    }


def evaluate_rouge(corpus: Path, encoder: RememberingEncoder, summarizer: Summarizer) -> dict[str, Any]:
    """Return, and print, the tables by length and set of documents."""
    rouge, documents = Rouge(), read_gum(corpus)
    news = tuning.is_news(documents)
    unseen, winners = tuning.held_out(
        tuning.measure(documents, list(parallel_documents(corpus).values()), encoder, rouge)
    )
    print("settings of the held-out scores:", *(f"{count} x {each}" for each, count in winners.most_common()))
    test = np.array([document.split == "test" for document in documents])
    sets = {"all": np.ones_like(news), "news": news, "test split": test}
    tables: dict[str, Any] = {}
    for sentences, unseen_scores in zip(LENGTHS, unseen, strict=True):
        scores = {**all_scores(documents, summarizer, sentences, rouge), HELD_OUT: unseen_scores}
        tables[f"{sentences} sentences"] = {name: table_of(scores, mask) for name, mask in sets.items()}
        for name, table in tables[f"{sentences} sentences"].items():
            print_table(f"{sentences} sentences, {name}", table)
    return tables


def evaluate_agreement(name: str, documents: Sequence[Parallel], summarizer: Summarizer) -> dict[str, Any]:
    """Return, and print, how far the languages agree on a set of documents."""
    agreements: dict[str, Any] = {
        pair: asdict(each) for pair, each in robustness.agreement(summarizer, documents).items()
    }
    lead_agreement = robustness.lead_agreement(documents)
    print(f"\n{robustness.SENTENCES} sentences of {len(documents)} {name}")
    for pair, each in agreements.items():
        print(
            f"  {pair:30} Jaccard {each['jaccard']:.3f}  Spearman {each['rank_correlation']:.3f}"
            f"  (lead: {lead_agreement[pair]:.3f})"
        )
    return {"documents": len(documents), "agreement": agreements, "agreement_of_lead": lead_agreement}


def evaluate_robustness(corpus: Path, summarizer: Summarizer) -> dict[str, Any]:
    """Return, and print, agreement across languages and stability."""
    sets = parallel_documents(corpus)
    agreement = {name: evaluate_agreement(name, documents, summarizer) for name, documents in sets.items()}
    stability = robustness.stability(summarizer, sets["stories"])
    for change, value in stability.items():
        print(f"  {change:30} Jaccard {value:.3f}")
    return {"agreement": agreement, "stability_jaccard": stability}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def main() -> None:
    """Run the measurement from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with summaries/en.gum_summaries.jsonl")
    parser.add_argument("--encoder", metavar="ID", help="one that was pulled; without it, the embedded one")
    parser.add_argument("--write", action="store_true", help="write models/results/summary.json")
    arguments = parser.parse_args()
    if arguments.encoder and arguments.write:
        parser.error("--write is for the embedded encoder")
    try:
        entry = encoder_named(arguments.encoder) if arguments.encoder else None
    except ModelNotFound as error:
        parser.error(f"--encoder: {error}")
    spec = entry.spec if entry else encoder_spec()
    encoder = RememberingEncoder(spec, entry.root) if entry else RememberingEncoder(spec)
    print(f"encoder {spec.id} {spec.version}")
    summarizer = Summarizer(encoder, metrics=Metrics())
    report = {
        "encoder": {"id": spec.id, "version": spec.version, "files": spec.files},
        "signature": SIGNATURE,
        "rouge": evaluate_rouge(arguments.corpus, encoder, summarizer),
        "robustness": evaluate_robustness(arguments.corpus, summarizer),
    }
    if arguments.write:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(_rounded(report), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
