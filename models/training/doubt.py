"""How well a signal finds bad translations: the study behind LOW_CONFIDENCE.

    python -m models.training.doubt --corpus CORPUS --work WORK [--write]

A line of the development set is bad when its chrF2 is below 30, or in the lowest fifth of its direction. Every signal
is judged by the area under its curve: how often it puts a bad line below a good one. The bounds of SIGNAL are set so
that a stated share of the good lines is flagged. What they do is checked on sentences that were judged by reading them,
for a line that is wrong may well have a high chrF2. `--write` puts the bounds into the manifest and the tables into
`models/results`. What was decoded is kept in WORK.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

import ctranslate2
import numpy as np
import sacrebleu
import sentencepiece

from models.training import register
from models.training.evaluate import add_to_results, read_dev
from models.training.judging import GOOD_FLAGGED_ELSE, JUDGED, area, bound_for, find_bad, judge, judge_by_reading
from models.training.register import MODELS_DIR
from talmach.app.engines import decode_options
from talmach.catalog.manifest import SENTENCEPIECE_FILE, ModelSpec, load
from talmach.engine.base import Direction
from talmach.engine.ct2 import Ct2Translator
from talmach.engine.encoder import Ct2Encoder
from talmach.text.known_words import KnownWords

T = TypeVar("T")
_BATCH_SIZE = 32
_WORST = 5  # one token in so many
_LENGTH_GRACE = 20  # characters; see quality.checks


@dataclass(frozen=True, slots=True)
class Line:
    """One translated line of the development set."""

    source: str
    source_tokens: int
    text: str
    chrf: float
    log_probs: list[float]  # of its tokens, as a second pass scores them
    others: list[str]  # the other hypotheses of the beam, the likeliest first
    gap: float  # by which its score lies above that of the second one
    greedy: str
    similarity: float  # of the sentence encoder's vectors of source and translation


def _sum_over(exponent: float) -> "Callable[[Line], float]":
    return lambda line: float(sum(line.log_probs) / len(line.log_probs) ** exponent)


# The higher, the better the translation should be.
SIGNALS: Mapping[str, Callable[[Line], float]] = {
    "mean log-probability": _sum_over(1.0),
    "sum of log-probabilities": _sum_over(0.0),
    "sum / tokens ** 0.5": _sum_over(0.5),
    "sum / tokens ** 1.3": _sum_over(1.3),
    "sum / source tokens": lambda line: sum(line.log_probs) / line.source_tokens,
    "least log-probability": lambda line: min(line.log_probs),
    "mean of the worst fifth": lambda line: fmean(sorted(line.log_probs)[: -(-len(line.log_probs) // _WORST)]),
    "length ratio": lambda line: (
        -abs(float(np.log((len(line.text) + _LENGTH_GRACE) / (len(line.source) + _LENGTH_GRACE))))
    ),
    "source length": lambda line: -line.source_tokens,
    "gap to the second hypothesis": lambda line: line.gap,
    "likeness of the hypotheses": lambda line: fmean(_likeness(line.text, other) for other in line.others),
    "likeness to greedy": lambda line: _likeness(line.text, line.greedy),
    "similarity to the source": lambda line: line.similarity,
}
# What `Hypothesis.score` is. On the model of 2026.11.26 (500 lines) its mean area is 0.676. The similarity beside it
# makes that 0.686, for a quarter of the time of the search. The exponent 1.3 makes it 0.709, but mostly because short
# lines have a low chrF more often: beside others of their length it is 0.682 instead of 0.670, and it would doubt
# headlines most, which are shorter than any line of the set. The likeness of the hypotheses beside the mean makes
# 0.697 (0.682), but nothing at the bounds: whatever its weight, no more of the bad lines are found.
SIGNAL = "mean log-probability"


class Study:
    """Decodes the development set with everything that a signal may look at."""

    def __init__(self, spec: ModelSpec, encoder: ModelSpec) -> None:
        """Load both models."""
        directory = MODELS_DIR / spec.path
        self._options = decode_options(spec)
        self._tokenizer = Ct2Translator(
            spec.id,
            directory,
            frozenset(map(Direction.parse, spec.directions)),
            max_source_tokens=spec.max_source_tokens,
            device="cpu",
            compute_type="int8",
        )
        # The service's engine keeps one hypothesis and no token's own score.
        self._translator: Any = ctranslate2.Translator(str(directory), compute_type="int8")
        self._processor: Any = sentencepiece.SentencePieceProcessor(model_file=str(directory / SENTENCEPIECE_FILE))
        self._encoder = Ct2Encoder(encoder.id, MODELS_DIR / encoder.path, device="cpu")
        self.cpu_s: defaultdict[str, float] = defaultdict(float)  # by step

    def lines(self, dev: Path, direction: Direction, count: int | None) -> list[Line]:
        """Translate the first lines of the development set in one direction."""
        sources, references = (read_dev(dev, language, count) for language in (direction.source, direction.target))
        tokens = [self._tokenizer.tokenize(source, direction) for source in sources]
        by_length = sorted(range(len(sources)), key=lambda index: len(tokens[index]))
        lines: dict[int, Line] = {}
        for start in range(0, len(by_length), _BATCH_SIZE):
            part = by_length[start : start + _BATCH_SIZE]
            made = self._batch([tokens[index] for index in part], [sources[index] for index in part])
            for index, values in zip(part, made, strict=True):
                chrf = sacrebleu.sentence_chrf(values["text"], [references[index]]).score
                lines[index] = Line(source=sources[index], source_tokens=len(tokens[index]), chrf=chrf, **values)
        return [lines[index] for index in range(len(sources))]

    def _batch(self, tokens: list[list[str]], sources: list[str]) -> list[dict[str, Any]]:
        limits = {"max_decoding_length": 2 * max(map(len, tokens)) + 16, "return_scores": True}
        size = self._options.beam_size
        beams = self._timed(
            "beam",
            lambda: self._translator.translate_batch(
                tokens,
                beam_size=size,
                num_hypotheses=size,
                length_penalty=self._options.length_penalty,
                **limits,
            ),
        )
        greedy = self._timed("greedy", lambda: self._translator.translate_batch(tokens, beam_size=1, **limits))
        best = [result.hypotheses[0] for result in beams]
        scored = self._timed("second pass", lambda: self._translator.score_batch(tokens, best))
        texts = list(map(self._text, best))
        vectors = self._timed("encoder", lambda: (self._encoder.encode(sources), self._encoder.encode(texts)))
        similarities = (vectors[0] * vectors[1]).sum(axis=1)
        return [
            {
                "text": text,
                "log_probs": list(scores.log_probs),
                "others": list(map(self._text, beam.hypotheses[1:])),
                "gap": beam.scores[0] - beam.scores[1],
                "greedy": self._text(other.hypotheses[0]),
                "similarity": float(similarity),
            }
            for text, scores, beam, other, similarity in zip(texts, scored, beams, greedy, similarities, strict=True)
        ]

    def _text(self, tokens: Sequence[str]) -> str:
        return " ".join(str(self._processor.decode_pieces(list(tokens))).split())

    def _timed(self, step: str, work: Callable[[], T]) -> T:
        started_at = time.process_time()
        result = work()
        self.cpu_s[step] += time.process_time() - started_at
        return result


def _likeness(text: str, other: str) -> float:
    return float(sacrebleu.sentence_chrf(text, [other]).score)


def study(lines: Mapping[str, Sequence[Line]]) -> dict[str, Any]:
    """Return the area of every signal, and what the chosen one finds by bounds by direction and by one for all."""
    bad = {each: find_bad(np.array([line.chrf for line in rows])) for each, rows in lines.items()}
    values = {
        name: {each: np.array(list(map(signal, rows)), dtype=np.float64) for each, rows in lines.items()}
        for name, signal in SIGNALS.items()
    }
    chosen = values[SIGNAL]
    common = bound_for(np.concatenate([chosen[each][~bad[each]] for each in lines]))
    return {
        "signal": SIGNAL,
        "areas": {
            name: {each: round(area(by_direction[each], bad[each]), 3) for each in lines}
            for name, by_direction in values.items()
        },
        "bad": {each: round(float(bad[each].mean()), 3) for each in lines},
        "by_direction": {each: judge(chosen[each], bad[each], bound_for(chosen[each][~bad[each]])) for each in lines},
        "else": {
            each: judge(chosen[each], bad[each], bound_for(chosen[each][~bad[each]], GOOD_FLAGGED_ELSE))
            for each in lines
        },
        "one_bound": {each: judge(chosen[each], bad[each], common) for each in lines},
    }


def decode(
    spec: ModelSpec, encoder: ModelSpec, dev: Path, work: Path, count: int | None
) -> tuple[dict[str, list[Line]], dict[str, float]]:
    """Return the lines by direction, and the processor time of each step: decoded, or what was kept of it."""
    kept = work / f"doubt-{spec.files['model.bin'][:12]}-{encoder.files['model.bin'][:12]}-{count or 'all'}.json"
    if not kept.exists():
        work.mkdir(parents=True, exist_ok=True)
        steps = Study(spec, encoder)
        made = {each: list(map(asdict, steps.lines(dev, Direction.parse(each), count))) for each in spec.directions}
        kept.write_text(json.dumps({"lines": made, "cpu_s": steps.cpu_s}, ensure_ascii=False), encoding="utf-8")
    read = json.loads(kept.read_text(encoding="utf-8"))
    return {each: [Line(**line) for line in lines] for each, lines in read["lines"].items()}, read["cpu_s"]


def show(report: Mapping[str, Any]) -> list[str]:
    """Return the tables in Markdown, as lines."""
    directions = list(report["bad"])

    def row(name: str, cells: Iterable[str]) -> str:
        return f"| {name} | {' | '.join(cells)} |"

    lines = [row("area under the curve", [*directions, "mean"]), "|---|" + "---|" * (len(directions) + 1)]
    for name, areas in report["areas"].items():
        shown = f"**{name}**" if name == report["signal"] else name
        lines.append(row(shown, [*(f"{areas[each]:.2f}" for each in directions), f"{fmean(areas.values()):.3f}"]))
    lines += ["", row(report["signal"], directions), "|---|" + "---|" * len(directions)]
    lines.append(row("bad lines", (_percent(report["bad"][each]) for each in directions)))
    for key, name in (
        ("by_direction", "bound of each direction"),
        ("else", f"bound for {_percent(GOOD_FLAGGED_ELSE)}"),
        ("one_bound", "one bound for all"),
    ):
        judged = report[key]
        lines.append(row(name, (f"{judged[each]['bound']:.3f}" for each in directions)))
        for value, title in (("good_flagged", "good lines flagged"), ("precision", "precision"), ("recall", "recall")):
            lines.append(row(title, (_percent(judged[each][value]) for each in directions)))
    if by_hand := report.get("judged"):
        lines += ["", row("judged by reading", directions), "|---|" + "---|" * len(directions)]
        lines.append(row("area under the curve", (f"{by_hand[each]['area']:.2f}" for each in directions)))
        for flag in next(iter(by_hand.values()))["right_flagged"]:
            for value in ("right", "wrong"):
                cells = (f"{by_hand[each][f'{value}_flagged'][flag]} of {by_hand[each][value]}" for each in directions)
                lines.append(row(f"{flag}: {value} sentences", cells))
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def write(spec: ModelSpec, report: dict[str, Any]) -> None:
    """Put the bounds into the manifest and the tables into `models/results`."""
    register.write_low_confidence(
        MODELS_DIR, spec.id, {each: row["bound"] for each, row in report["by_direction"].items()}
    )
    add_to_results(spec, {"doubt": report})


def main() -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with dev/flores-dev.{ru,be,en}")
    parser.add_argument("--work", type=Path, required=True, help="folder in which what was decoded is kept")
    parser.add_argument("--lines", type=int, help="only so many of the first lines of the set")
    parser.add_argument("--write", action="store_true", help="write the bounds into the manifest, and models/results")
    arguments = parser.parse_args()
    spec, report = run(arguments.corpus, arguments.work, arguments.lines)
    print("\n".join(show(report)))
    if arguments.write:
        write(spec, report)


def run(corpus: Path, work: Path, count: int | None = None) -> tuple[ModelSpec, dict[str, Any]]:
    """Do the study on the preferred models."""
    models = load(MODELS_DIR).models
    spec, encoder = (next(each for each in models if each.kind == kind) for kind in ("translation", "encoder"))
    lines, cpu_s = decode(spec, encoder, corpus / "dev", work, count)
    seconds = {step: round(each, 1) for step, each in cpu_s.items()}
    report = {**study(lines), "lines": len(next(iter(lines.values()))), "cpu_s": seconds}
    judged = Path(__file__).parent / JUDGED.format(version=spec.version)
    if judged.exists():
        bounds = {each: row["bound"] for each, row in report["by_direction"].items()}
        words = None if spec.words is None else KnownWords.read(MODELS_DIR / spec.path / spec.words)
        report["judged"] = judge_by_reading(judged, bounds, words)
    return spec, report


if __name__ == "__main__":
    main()
