"""Writes the scores and five summaries of the project's stories with the reasons for every sentence.

python -m models.training.show_summaries > models/training/SUMMARIES.md
"""

import json
from collections.abc import Iterator

from models.training.evaluate_summary import RESULTS, STORIES
from models.training.summaries.documents import read_stories
from models.training.summaries.served import RememberingEncoder, encoder_spec
from talmach.metrics import Metrics
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import ArticleSummary, ScoredSentence, SummaryOptions

SHOWN = ((0, "be"), (3, "ru"), (4, "en"), (8, "be"), (10, "ru"))  # number of the story, language
PASSED_OVER = 2
_KINDS = ("rouge1", "rougeL")

_HEAD = """# Five summaries and their reasons

Three sentences each of stories in `tests/data/articles`, as `talmach summarize --article --scores FILE` shows them:
centrality, similarity to the headline, position and redundancy, then why. Below the line, what came next and what was
not considered. Written by `python -m models.training.show_summaries` with the encoder {encoder}.
"""

_SCORES = """## Scores

ROUGE-1/ROUGE-L F1 of extracts from the GUM documents, over the average reference; everything else, with intervals, in
`models/results/summary.json`. "held out": weights chosen on four fifths of the documents, scored on the rest.
"""

_AGREEMENT = """
## The same sentences in every language

Jaccard of the choices of three sentences; a setting had to reach 0.75 everywhere. The stories are the project's own;
the runs are news lines that follow each other in the source of `triples`; the dev documents are nine lines each of the
translations' development set, openings of two or three articles, once without a headline and once with the first
line for one, which says little of what follows.
"""

# The lengths are in words of the references' tokenizer, measured on the 24 news documents.
_NOTE = """
NOTE
"""


def lines() -> Iterator[str]:
    """Yield the lines of the page."""
    spec = encoder_spec()
    summarizer = Summarizer(RememberingEncoder(spec), metrics=Metrics())
    stories = list(read_stories(STORIES))
    yield _HEAD.format(encoder=f"{spec.id} {spec.version}")
    for number, language in SHOWN:
        story = stories[number][language]
        yield f"## {story.headline} ({language})\n"
        yield from _table(summarizer.choose(story.article, SummaryOptions()))
        yield ""
    summarizer.close()
    yield _SCORES
    yield from _score_table()
    yield _AGREEMENT
    yield from _agreement_table()
    yield _NOTE


def _table(summary: ArticleSummary) -> Iterator[str]:
    yield "| sentence | centrality | headline | position | redundancy | why |"
    yield "|---|---|---|---|---|---|"
    yield from map(_row, summary.chosen)
    left = sorted((each for each in summary.scores if each.candidate and not each.chosen), key=lambda each: -each.score)
    yield "| | | | | | |"
    yield from map(_row, left[:PASSED_OVER])
    excluded = [each for each in summary.scores if not each.candidate][1:]  # the first is the headline
    yield from map(_row, excluded[:1])


def _score_table() -> Iterator[str]:
    tables = json.loads(RESULTS.read_text(encoding="utf-8"))["rouge"]
    columns = [(length, of) for length in tables for of in ("all", "news")]
    yield f"| method | {' | '.join(f'{length}, {of}' for length, of in columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for method in tables["1 sentences"]["all"]["methods"]:
        rows = [tables[length][of]["methods"][method] for length, of in columns]
        cells = ["/".join(f"{row[kind]['average_reference']['mean']:.1f}" for kind in _KINDS) for row in rows]
        yield f"| {method} | {' | '.join(cells)} |"


def _agreement_table() -> Iterator[str]:
    sets = json.loads(RESULTS.read_text(encoding="utf-8"))["robustness"]["agreement"]
    pairs = list(next(iter(sets.values()))["agreement"])
    yield f"| documents | number | {' | '.join(pairs)} |"
    yield f"|---|---|{'---|' * len(pairs)}"
    for name, each in sets.items():
        cells = [f"{each['agreement'][pair]['jaccard']:.2f}" for pair in pairs]
        yield f"| {name} | {each['documents']} | {' | '.join(cells)} |"


def _row(each: ScoredSentence) -> str:
    text = each.sentence.text.replace("|", "\\|")
    numbers = (each.centrality, each.headline_similarity, each.position, each.redundancy)
    cells = [f"{value:.2f}" if each.candidate else "" for value in numbers]
    return f"| {text} | {' | '.join(cells)} | {each.reason} |"


def main() -> None:
    """Print the page."""
    print("\n".join(lines()).rstrip())


if __name__ == "__main__":
    main()
