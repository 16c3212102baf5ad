"""Writes five summaries of the project's stories with the reasons for every sentence.

python -m models.training.show_summaries > models/training/SUMMARIES.md
"""

from collections.abc import Iterator

from models.training.evaluate_summary import STORIES
from models.training.summaries.documents import read_stories
from models.training.summaries.served import RememberingEncoder, encoder_spec
from talmach.summary.use_case import Summarizer
from talmach.summary.values import ArticleSummary, ScoredSentence, SummaryOptions

SHOWN = ((0, "be"), (3, "ru"), (4, "en"), (8, "be"), (10, "ru"))  # number of the story, language
PASSED_OVER = 2

_HEAD = """# Five summaries and their reasons

Three sentences each of stories in `tests/data/articles`, as `talmach summarize --article --scores FILE` shows them:
centrality, similarity to the headline, position and redundancy, then why. Below the line, what came next and what was
not considered. Written by `python -m models.training.show_summaries` with the encoder {encoder}.
"""


def lines() -> Iterator[str]:
    """Yield the lines of the page."""
    spec = encoder_spec()
    summarizer = Summarizer(RememberingEncoder(spec))
    stories = list(read_stories(STORIES))
    yield _HEAD.format(encoder=f"{spec.id} {spec.version}")
    for number, language in SHOWN:
        story = stories[number][language]
        yield f"## {story.headline} ({language})\n"
        yield from _table(summarizer.choose(story.article, SummaryOptions()))
        yield ""
    summarizer.close()


def _table(summary: ArticleSummary) -> Iterator[str]:
    yield "| sentence | centrality | headline | position | redundancy | why |"
    yield "|---|---|---|---|---|---|"
    yield from map(_row, summary.chosen)
    left = sorted((each for each in summary.scores if each.candidate and not each.chosen), key=lambda each: -each.score)
    yield "| | | | | | |"
    yield from map(_row, left[:PASSED_OVER])
    excluded = [each for each in summary.scores if not each.candidate][1:]  # the first is the headline
    yield from map(_row, excluded[:1])


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
