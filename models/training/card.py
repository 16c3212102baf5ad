"""Writes the card of a model: what it is, what it was trained on, what it scores, where it is good and where it fails.

    python -m models.training.card MODEL_ID --corpus CORPUS --trained "2 CPU cores, 60 minutes"

Also lists the sources in the manifest. Tables come from `models/results`, the examples from our own parallel articles.
"""

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import sacrebleu

from models.training import register
from models.training.doubt import show
from models.training.evaluate import results_path
from models.training.judging import BAD_CHRF, GOOD_FLAGGED, GOOD_FLAGGED_ELSE
from models.training.publish.served import translate_lines
from talmach.app.engines import decode_options
from talmach.catalog.manifest import ModelSpec, Score, load
from talmach.engine.base import Direction
from talmach.quality import LOW_CONFIDENCE_SCORE
from talmach.text.article import Article, Field

MODELS_DIR = Path(__file__).parents[1]
ARTICLES = MODELS_DIR.parent / "tests" / "data" / "articles"
EXAMPLES = 2  # of each direction, among the best and among the worst
STRENGTHS = {
    "translation": (
        "Declarative sentences of news in the plain style of an agency: who did what, where and when, with sums and "
        "dates. Between Russian and Belarusian most sentences are right or off by a word; from and to English most "
        "keep the sense."
    ),
    "encoder": (
        "Finding the same sentence in another of the three languages, and sentences about the same thing within one. "
        "That is what summaries need."
    ),
}
LIMITS = {
    "translation": (
        "It sees one sentence at a time, so a pronoun may get the wrong gender. Names that it has not met are spelled "
        "by ear or left in the source's letters. Rare words are replaced by others of a similar sound or field, "
        "idioms are taken literally, and the English is often wooden. English into Belarusian is the weakest "
        "direction. Much of its Belarusian training text was made from Russian by statistics, so common words may "
        "come out as Russian ones in Belarusian spelling. What is wrong reads as fluently as what is right. The "
        "service's flags find some of it; the table above says how much. Not for contracts, medicine or court."
    ),
    "encoder": (
        "It knows topics better than facts: a claim and its denial are close to each other, and so are two sentences "
        "in which the same people have changed roles. Whatever a sentence has beyond 127 pieces is ignored."
    ),
}
LICENCE_NOTE = (
    "Not everything that it learnt from is free for commercial use: the sources include research data of the WMT "
    "shared tasks and texts under copyleft or share-alike licences. What that means for the weights is not settled. "
    "If you use them commercially, read the list below and decide, or train on the sources that suit you."
)
_DRAFT = "A draft: below the quality that a release needs. "
# The first that fits; of several licences the strictest, because nothing says which line has which.
_KINDS = (
    ("research use", r"WMT|research"),
    ("copyleft or share-alike", r"GPL|MPL|-SA\b"),
    ("public domain or CC0", r"public domain|CC0"),
    ("permissive or attribution", ""),
)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of the corpus."""

    name: str
    pairs: int
    licence: str

    @property
    def kind(self) -> str:
        """What its licence asks for."""
        return next(kind for kind, pattern in _KINDS if re.search(pattern, self.licence))


@dataclass(frozen=True, slots=True)
class _Judged:
    """One sentence of our articles, translated."""

    direction: Direction
    article: str
    chrf: float
    source: str
    target: str
    is_doubtful: bool  # below the bound of LOW_CONFIDENCE


def read_sources(corpus: Path) -> list[Source]:
    """Return every source of the corpus."""
    with (corpus / "sources.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [Source(row["source"], int(row["pairs"]), row["licence"]) for row in rows]


def card(spec: ModelSpec, sources: list[Source], trained: str, report: dict[str, Any]) -> str:
    """Return the card's Markdown."""
    is_translator = spec.kind == "translation"
    search = f", searched with beam {spec.decoding.beam_size}" if is_translator else ""
    lines = [
        f"# {spec.id} {spec.version}",
        "",
        f"{_DRAFT if spec.draft else ''}{spec.architecture}; int8{search}.",
        f"Trained by `models/training` on {trained}.",
        "",
        f"Licence: {spec.licence}. {LICENCE_NOTE}",
        "",
        "## Scores",
        "",
        *_scores(spec),
        *(_beams(report["beams"], spec) if "beams" in report else ()),
        *(_doubt(report["doubt"]) if "doubt" in report else ()),
        "## What it is good at",
        "",
        STRENGTHS[spec.kind],
        "",
        "## What it is bad at",
        "",
        LIMITS[spec.kind],
        "",
        *(_examples(spec) if is_translator else ()),
        "## Trained on",
        "",
        *_shares(sources),
        "",
        "| source | pairs | licence |",
        "|---|---|---|",
        *(f"| {each.name} | {each.pairs:,} | {each.licence.replace('|', '/')} |" for each in sources),
    ]
    return "\n".join(lines) + "\n"


def _scores(spec: ModelSpec) -> Iterator[str]:
    if not spec.scores:
        yield from ("Not measured.", "")
        return
    yield from (f"- {direction}: {_shown(score)}" for direction, score in spec.scores.items())
    yield from ("", f"Signature: `{next(iter(spec.scores.values())).signature}`", "")


def _shown(score: Score) -> str:
    if score.retrieval_accuracy is not None:
        return f"the nearest sentence is the translation in {100 * score.retrieval_accuracy:.1f} % of cases"
    values = {"chrF2": score.chrf, "BLEU": score.bleu}
    return ", ".join(f"{name} {value:.2f}" for name, value in values.items() if value is not None)


def _beams(beams: dict[str, Any], spec: ModelSpec) -> Iterator[str]:
    greedy_s = sum(row["cpu_s"] for row in beams["1"].values())
    yield from ("## Beam", "", "chrF2 / BLEU on the same set, and processor time relative to greedy search.", "")
    yield f"| beam | {' | '.join(spec.directions)} | mean | time |"
    yield "|---|" + "---|" * (len(spec.directions) + 2)
    for size, rows in beams.items():
        cells = [f"{rows[direction]['chrf']:.2f} / {rows[direction]['bleu']:.2f}" for direction in spec.directions]
        mean = " / ".join(f"{fmean(row[key] for row in rows.values()):.2f}" for key in ("chrf", "bleu"))
        time = sum(row["cpu_s"] for row in rows.values()) / greedy_s
        name = f"**{size}**" if int(size) == spec.decoding.beam_size else size
        yield f"| {name} | {' | '.join(cells)} | {mean} | {time:.2f} |"
    yield ""


def _doubt(doubt: dict[str, Any]) -> Iterator[str]:
    text = (
        f"The service flags a sentence LOW_CONFIDENCE when its {doubt['signal']} is below the bound that the manifest"
        f" sets for its direction. Measured on {doubt['lines']} lines of the same set. A line is bad when its chrF2 is"
        f" below {BAD_CHRF:.0f}, or in the lowest fifth of its direction. The bounds flag {100 * GOOD_FLAGGED:.0f} % of"
        f" the good lines; the rows after them show what {100 * GOOD_FLAGGED_ELSE:.0f} % would find. The area is how"
        " often a signal ranks a bad line below a good one; 0.5 is chance."
    )
    if "judged" in doubt:
        text += (
            " A line may have a high chrF2 and still be wrong, so the last table shows what the flags find in sentences"
            " of our own articles that were judged by reading them, without the scores in view. UNKNOWN_WORD marks a"
            " word in small letters that the training corpus does not have."
        )
    yield from ("## Doubt", "", text, "", *show(doubt), "")


def _examples(spec: ModelSpec) -> Iterator[str]:
    judged = [each for direction in map(Direction.parse, spec.directions) for each in _judge(spec, direction)]
    yield from ("## Our own articles", "")
    yield (
        "Mean chrF2 of their sentences; all twelve are in `tests/data/articles`. A sentence with a low chrF2 need not"
        " be translated badly: the reference may just put it in other words."
    )
    yield ""
    yield f"| article | {' | '.join(spec.directions)} |"
    yield "|---|" + "---|" * len(spec.directions)
    for article in sorted({each.article for each in judged}):
        means = (
            fmean(each.chrf for each in judged if (each.article, str(each.direction)) == (article, direction))
            for direction in spec.directions
        )
        yield f"| {article} | {' | '.join(f'{mean:.0f}' for mean in means)} |"
    yield from _doubtful(spec, judged)
    yield ""
    for title, is_best in (("The best sentences", True), ("The worst sentences", False)):
        yield from (f"{title} in each direction:", "", "| | chrF2 | source | translation |", "|---|---|---|---|")
        for direction in map(Direction.parse, spec.directions):
            rows = sorted(
                (each for each in judged if each.direction == direction), key=lambda each: each.chrf, reverse=is_best
            )
            yield from (
                f"| {direction} | {each.chrf:.0f} | {each.source} | {each.target} |" for each in rows[:EXAMPLES]
            )
        yield ""


def _doubtful(spec: ModelSpec, judged: Sequence[_Judged]) -> Iterator[str]:
    """Whether LOW_CONFIDENCE holds on sentences that its bounds were not set on."""
    parts = {
        doubtful: [
            [each.chrf for each in judged if (str(each.direction), each.is_doubtful) == (direction, doubtful)]
            for direction in spec.directions
        ]
        for doubtful in (True, False)
    }
    shares = (
        100 * len(flagged) / (len(flagged) + len(others))
        for flagged, others in zip(parts[True], parts[False], strict=True)
    )
    yield f"| LOW_CONFIDENCE | {' | '.join(f'{share:.0f} %' for share in shares)} |"
    for doubtful, name in ((True, "mean of these"), (False, "mean of the others")):
        means = (f"{fmean(chrfs):.0f}" if chrfs else "-" for chrfs in parts[doubtful])
        yield f"| {name} | {' | '.join(means)} |"


def _judge(spec: ModelSpec, direction: Direction) -> list[_Judged]:
    """Translate every sentence of our own articles."""
    sources, references = (_sentences(language) for language in (direction.source, direction.target))
    results = translate_lines(
        MODELS_DIR / spec.path,
        direction,
        [text for _, text in sources],
        max_source_tokens=spec.max_source_tokens,
        decoding=decode_options(spec),
    )
    bound = spec.low_confidence.get(str(direction), LOW_CONFIDENCE_SCORE)
    judged = []
    for (article, source), (_, reference), result in zip(sources, references, results, strict=True):
        target = result.texts[Field.TEXT]
        chrf = sacrebleu.sentence_chrf(target, [reference]).score
        is_doubtful = any(segment.score is not None and segment.score < bound for segment in result.segments)
        judged.append(_Judged(direction, article, chrf, source, target, is_doubtful))
    return judged


def _sentences(language: str) -> list[tuple[str, str]]:
    """Return (article, sentence) for every sentence of our own articles."""
    return [
        (path.name.removesuffix(f".{language}.txt"), sentence.text)
        for path in sorted(ARTICLES.glob(f"*.{language}.txt"))
        for sentence in Article.of({Field.TEXT: path.read_text(encoding="utf-8")}, language).sentences
    ]


def _shares(sources: Iterable[Source]) -> Iterator[str]:
    pairs: Counter[str] = Counter()
    for source in sources:
        pairs[source.kind] += source.pairs
    shares = ", ".join(f"{100 * pairs[kind] / pairs.total():.0f} % {kind}" for kind, _ in reversed(_KINDS))
    yield f"{pairs.total():,} sentence pairs. By the terms of their licences: {shares}."


def write_card(model_id: str, corpus: Path, trained: str) -> None:
    """Write the card of a model, and its sources into the manifest."""
    sources = read_sources(corpus)
    register.write_sources(MODELS_DIR, model_id, [f"{each.name} ({each.licence})" for each in sources])
    spec = load(MODELS_DIR).model(model_id)
    report = json.loads(results_path(model_id).read_text(encoding="utf-8"))
    path = MODELS_DIR / (spec.card or f"{spec.path}/README.md")
    path.write_text(card(spec, sources, trained, report), encoding="utf-8")


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model_id")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with sources.tsv")
    parser.add_argument("--trained", required=True, help="machine and time, in words")
    arguments = parser.parse_args()
    write_card(arguments.model_id, arguments.corpus, arguments.trained)


if __name__ == "__main__":
    main()
