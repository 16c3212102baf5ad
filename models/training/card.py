"""Writes the card of a model: what it is, what it was trained on, what it scores, where it is good and where it fails.

    python -m models.training.card MODEL_ID --corpus CORPUS --trained "2 CPU cores, 60 minutes"

Also lists the sources in the manifest. The examples are the best and the worst of our own parallel articles, by chrF.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import sacrebleu

from models.training import register
from models.training.publish.served import translate_lines
from talmach.app.loading import decode_options
from talmach.catalog.manifest import ModelSpec, Score, load
from talmach.engine.base import Direction
from talmach.text.article import Article, Field

MODELS_DIR = Path(__file__).parents[1]
ARTICLES = MODELS_DIR.parent / "tests" / "data" / "articles"
EXAMPLES = 5
EXAMPLE_DIRECTIONS = tuple(map(Direction.parse, ("be-en", "en-be", "ru-en", "ru-be")))
LIMITS = {
    "translation": (
        "It sees one sentence at a time. Rare names are spelled by ear, idioms are taken literally, and in long"
        " sentences clauses get lost; the service's quality flags find part of this. Its Belarusian comes"
        " from interface texts, legal codes and, for news and prose, from a statistical translation of Russian, so"
        " everyday words may come out in Russian dress. A high score is no proof: a draft is often sure of what is"
        " wrong. Not for contracts, medicine or court."
    ),
    "encoder": (
        "It compares sentences within and across the three languages, and knows topics better than facts: two sentences"
        " about different scores of one match are near to each other. While it is a bag of words it does not see their"
        " order, nor who did what to whom."
    ),
}


def read_sources(corpus: Path) -> list[tuple[str, str]]:
    """Return (name, licence) of every source of the corpus."""
    with (corpus / "sources.tsv").open(encoding="utf-8") as file:
        return [(row["source"], row["licence"]) for row in csv.DictReader(file, delimiter="\t")]


def card(spec: ModelSpec, sources: list[tuple[str, str]], trained: str) -> str:
    """Return the card's Markdown."""
    lines = [
        f"# {spec.id} {spec.version}",
        "",
        f"{'A draft: below the quality that a release needs. ' if spec.draft else ''}{spec.architecture}; int8.",
        f"Trained by `models/training` on {trained}. Licence: {spec.licence}.",
        "",
        "## Scores",
        "",
        *(f"- {direction}: {_shown(score)}" for direction, score in spec.scores.items()),
        "",
        f"Signature: `{next(iter(spec.scores.values())).signature}`" if spec.scores else "Not measured.",
        "",
        "## Limits",
        "",
        LIMITS[spec.kind],
        "",
        *(_examples(spec) if spec.kind == "translation" else ()),
        "## Trained on",
        "",
        "| source | licence |",
        "|---|---|",
        *(f"| {name} | {licence.replace('|', '/')} |" for name, licence in sources),
    ]
    return "\n".join(lines) + "\n"


def _shown(score: Score) -> str:
    values = {"chrF2": score.chrf, "BLEU": score.bleu, "retrieval accuracy": score.retrieval_accuracy}
    return ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _examples(spec: ModelSpec) -> Iterator[str]:
    judged = sorted(
        (row for direction in EXAMPLE_DIRECTIONS for row in _judge(spec, direction)),
        key=lambda row: row[0],
        reverse=True,
    )
    for title, rows in (("What it is good at", judged[:EXAMPLES]), ("Where it fails", judged[-EXAMPLES:])):
        yield from (f"## {title}", "", "| chrF | source | translation |", "|---|---|---|")
        yield from (f"| {chrf:.0f} | {source} | {target} |" for chrf, source, target in rows)
        yield ""


def _judge(spec: ModelSpec, direction: Direction) -> list[tuple[float, str, str]]:
    """Return (chrF, source, translation) for every sentence of our own articles."""
    sources, references = (_sentences(language) for language in (direction.source, direction.target))
    results = translate_lines(
        MODELS_DIR / spec.path,
        direction,
        sources,
        max_source_tokens=spec.max_source_tokens,
        decoding=decode_options(spec),
    )
    targets = [result.texts[Field.TEXT] for result in results]
    return [
        (sacrebleu.sentence_chrf(target, [reference]).score, source, target)
        for source, target, reference in zip(sources, targets, references, strict=True)
    ]


def _sentences(language: str) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(ARTICLES.glob(f"*.{language}.txt"))]
    return [sentence.text for text in texts for sentence in Article.of_text(text, language).sentences]


def write_card(model_id: str, corpus: Path, trained: str) -> None:
    """Write the card of a model, and its sources into the manifest."""
    sources = read_sources(corpus)
    register.write_sources(MODELS_DIR, model_id, [f"{name} ({licence})" for name, licence in sources])
    spec = load(MODELS_DIR).model(model_id)
    path = MODELS_DIR / (spec.card or f"{spec.path}/README.md")
    path.write_text(card(spec, sources, trained), encoding="utf-8")


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_id")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with sources.tsv")
    parser.add_argument("--trained", required=True, help="machine and time, in words")
    arguments = parser.parse_args()
    write_card(arguments.model_id, arguments.corpus, arguments.trained)


if __name__ == "__main__":
    main()
