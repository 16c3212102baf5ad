"""How often tags come out around the right words: the study behind `talmach.translation.alignment`.

    python -m models.training.tags --corpus CORPUS [--lines 45]

Runs of one to three words of the development set are put between tags, translated as the service would, and looked for
in the translation. What is right is told by the tokens of the sentence encoder: two words belong together when each is
the nearest to the other, and a run is asked about when its words' partners stand beside each other.
"""

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from models.training.evaluate import read_dev
from models.training.register import MODELS_DIR
from talmach.engine.base import DecodeOptions, Direction
from talmach.engine.ct2 import Ct2Translator
from talmach.engine.encoder import Ct2Encoder
from talmach.text.markup import InnerMark, Marked, MarkKind
from talmach.text.span import Span
from talmach.translation.alignment import AlignedPart, Attention, Looks, link, words
from talmach.translation.placement import place

DIRECTIONS = tuple(map(Direction.parse, ("ru-en", "be-en", "en-ru", "en-be", "ru-be", "be-ru")))
_RUNS = 12  # tried for each line
_LENGTHS = (1, 1, 1, 2, 2, 3)  # words, as often as each stands here
_SHARPNESS = 8.0  # of the softmax over cosines
_LEAST = 0.3  # share of two words that belong together
_ALIGN = DecodeOptions(align=True)


@dataclass(frozen=True, slots=True)
class Run:
    """Words of a sentence, and where they should stand in its translation."""

    source: Span
    target: Span


def attention(engine: Ct2Translator, source: str, target: str, direction: Direction) -> Attention:
    """Return where the model looked for a translation that is known."""
    pair = engine.tokenize_pair(source, target, direction)
    (hypothesis,) = engine.translate([pair], _ALIGN)
    assert hypothesis.attention is not None
    return Attention(hypothesis.attention, pair.target_letters, pair.source_letters)


def token_states(encoder: Ct2Encoder, text: str) -> tuple[NDArray[np.float32], list[int]]:
    """Return the encoder's vectors of a sentence's tokens, of length 1, and how many letters each of them spells."""
    pieces = encoder._tokenize(text)  # noqa: SLF001 - a study of its inside
    output = encoder._model.forward_batch([pieces]).last_hidden_state  # noqa: SLF001 - the same
    states = np.array(output.to(ctranslate2.DataType.float32))[0]
    states /= np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
    letters = encoder._tokenizer.letters(pieces)  # noqa: SLF001 - the same
    return states, [0 if piece == "</s>" else count for piece, count in zip(pieces, letters, strict=True)]


def partners(encoder: Ct2Encoder, source: str, target: str) -> Mapping[int, int]:
    """Return the number of the target word of each source word that has one."""
    ours, our_letters = token_states(encoder, source)
    theirs, their_letters = token_states(encoder, target)
    cosines = _SHARPNESS * (theirs @ ours.T)
    shared = _softmax(cosines, 0) * _softmax(cosines, 1)
    looks = Looks(Attention(shared.astype(np.float32), their_letters, our_letters))
    part = AlignedPart(Span(0, len(source)), Span(0, len(target)), looks)
    links = link(source, words(source), target, words(target), [part])
    if links is None:
        return {}
    nearest = enumerate(map(int, links.argmax(axis=0)))
    return {word: other for word, other in nearest if links[other].argmax() == word and links[other, word] > _LEAST}


def _softmax(scores: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(axis=axis, keepdims=True)
    return shares


def runs(source: str, target: str, known: Mapping[int, int], chance: random.Random) -> Iterator[Run]:
    """Yield runs of words whose partners stand beside each other."""
    ours, theirs = words(source), words(target)
    for _ in range(_RUNS):
        length = chance.choice(_LENGTHS)
        first = chance.randrange(max(1, len(ours) - length + 1))
        there = sorted(known[number] for number in range(first, first + length) if number in known)
        if len(there) == length and there[-1] - there[0] == length - 1 and first + length <= len(ours):
            here = Span(ours[first].start, ours[first + length - 1].end)
            yield Run(here, Span(theirs[there[0]].start, theirs[there[-1]].end))


def is_right(run: Run, source: str, target: str, looks: Looks) -> bool:
    """Whether a pair of tags around a run comes out around its translation."""
    tags = (
        InnerMark(MarkKind.OPEN, run.source.start, run.source.start, "<b>", partner=1),
        InnerMark(MarkKind.CLOSE, run.source.end, run.source.end, "</b>", partner=0),
    )
    links = None
    if looks != Looks():
        part = AlignedPart(Span(0, len(source)), Span(0, len(target)), looks)
        links = link(source, words(source), target, words(target), [part])
    opening, closing = place(Marked(source, tags), target, links)
    return Span(opening.start, closing.start) == run.target


def study(lines: Mapping[str, Sequence[str]]) -> Iterator[tuple[Direction, Mapping[str, float], int]]:
    """Yield for each direction the share of runs that come out right with each kind of attention, and their number."""
    directory = MODELS_DIR / "embedded"
    engine = Ct2Translator("embedded", directory / "translation", frozenset(DIRECTIONS), max_source_tokens=256)
    encoder = Ct2Encoder("embedded", directory / "encoder")
    chance = random.Random(0)
    for direction in DIRECTIONS:
        back = Direction(direction.target, direction.source)
        right: dict[str, int] = {}
        count = 0
        for source in lines[direction.source]:
            (hypothesis,) = engine.translate([engine.tokenize(source, direction)], DecodeOptions())
            target = hypothesis.text
            forward, backward = attention(engine, source, target, direction), attention(engine, target, source, back)
            kinds = {
                "position": Looks(),
                "forward": Looks(forward),
                "backward": Looks(backward=backward),
                "both": Looks(forward, backward),
            }
            for run in runs(source, target, partners(encoder, source, target), chance):
                count += 1
                for kind, looks in kinds.items():
                    right[kind] = right.get(kind, 0) + is_right(run, source, target, looks)
        yield direction, {kind: number / max(count, 1) for kind, number in right.items()}, count


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=45)
    arguments = parser.parse_args()
    languages = sorted({direction.source for direction in DIRECTIONS})
    lines = {language: read_dev(arguments.corpus / "dev", language, arguments.lines) for language in languages}
    totals: dict[str, float] = {}
    whole = 0
    for direction, shares, count in study(lines):
        print(_row(str(direction), shares, count))
        whole += count
        for kind, share in shares.items():
            totals[kind] = totals.get(kind, 0.0) + share * count
    print(_row("all", {kind: total / whole for kind, total in totals.items()}, whole))


def _row(name: str, shares: Mapping[str, float], count: int) -> str:
    cells = "  ".join(f"{kind} {100 * share:.0f} %" for kind, share in shares.items())
    return f"{name:<6} {cells}  of {count}"


if __name__ == "__main__":
    main()
