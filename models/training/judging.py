"""Which lines are bad, and how well a flag finds them: by chrF2, and by reading."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talmach.engine.base import Direction
from talmach.text.known_words import KnownWords

BAD_CHRF = 30.0
BAD_SHARE = 0.2  # of a direction
# Share of good lines that may be flagged, and another one to compare with.
GOOD_FLAGGED = 0.03
GOOD_FLAGGED_ELSE = 0.1
# Sixty sentences of four of our own articles in each direction, as the model of that version translated them, judged
# once by reading, without the scores in view. Wrong: the sense has changed or is lost, or a word is invented or breaks
# the grammar. Right: a reader learns what the source says, however wooden.
JUDGED = "judged-{version}.tsv"


def area(values: NDArray[np.float64], is_bad: NDArray[np.bool_]) -> float:
    """Return how often a bad line has a lower value than a good one; ties count half, 0.5 is chance."""
    good = np.sort(values[~is_bad])
    below, up_to = (np.searchsorted(good, values[is_bad], side=side) for side in ("left", "right"))
    return float(1 - (below + up_to).sum() / 2 / len(good) / is_bad.sum())


def find_bad(chrf: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which lines of one direction are bad."""
    return chrf < max(BAD_CHRF, float(np.quantile(chrf, BAD_SHARE)))


def judge(values: NDArray[np.float64], is_bad: NDArray[np.bool_], bound: float) -> dict[str, float]:
    """Return what flagging everything below `bound` finds."""
    flagged = values < bound
    return {
        "bound": bound,
        "flagged": round(float(flagged.mean()), 3),
        "good_flagged": round(float(flagged[~is_bad].mean()), 3),
        "precision": round(float(is_bad[flagged].mean()), 3) if flagged.any() else 0.0,
        "recall": round(float(flagged[is_bad].mean()), 3),
    }


def judge_by_reading(
    path: Path, bounds: Mapping[str, float], known_words: KnownWords | None
) -> dict[str, dict[str, Any]]:
    """Return by direction which of the sentences that were judged by reading each flag finds."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    judged = {}
    for direction, bound in bounds.items():
        ours = [row for row in rows if row["direction"] == direction]
        scores = np.array([float(row["score"]) for row in ours])
        is_wrong = np.array([row["is_right"] == "no" for row in ours])
        flagged = {"LOW_CONFIDENCE": scores < bound}
        if known_words is not None:
            target = Direction.parse(direction).target
            flagged["UNKNOWN_WORD"] = np.array([known_words.lacks_any(row["translation"], target) for row in ours])
        flagged["either"] = np.logical_or.reduce(list(flagged.values()))
        judged[direction] = {
            "area": round(area(scores, is_wrong), 3),
            "right": int((~is_wrong).sum()),
            "wrong": int(is_wrong.sum()),
            "right_flagged": {name: int(found[~is_wrong].sum()) for name, found in flagged.items()},
            "wrong_flagged": {name: int(found[is_wrong].sum()) for name, found in flagged.items()},
        }
    return judged


def bound_for(good: NDArray[np.float64], share: float = GOOD_FLAGGED) -> float:
    """Return a bound in thousandths below which no more than a share of the good lines lies."""
    return math.floor(1_000 * float(np.sort(good)[int(share * len(good))])) / 1_000
