"""The arithmetic of the study of doubt."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sacrebleu")  # of the train extra

from models.training.judging import area, find_bad, judge, judge_by_reading
from talmach.text.known_words import KnownWords


@pytest.mark.parametrize(
    ("values", "expected"), [((1, 2, 3, 4), 1.0), ((4, 3, 2, 1), 0.0), ((1, 1, 1, 1), 0.5), ((2, 4, 3, 5), 0.75)]
)
def test_the_area_is_how_often_a_bad_line_is_lower(values: tuple[float, ...], expected: float) -> None:
    """Over all pairs of a bad line, here the first two, and a good one; a tie is half."""
    assert area(np.array(values, dtype=np.float64), np.array([True, True, False, False])) == expected


def test_a_line_is_bad_below_thirty_or_in_the_lowest_fifth() -> None:
    """Whichever takes more."""
    good, poor = np.arange(50.0, 60.0), np.arange(20.0, 40.0, 2.0)
    assert find_bad(good).sum() == 2
    assert find_bad(poor).sum() == 5


def test_a_bound_is_judged_by_what_it_flags() -> None:
    """Two of three bad lines are found, and one of two good ones is flagged with them."""
    judged = judge(np.array([-0.9, -0.8, -0.1, -0.7, -0.2]), np.array([True, True, True, False, False]), -0.5)
    assert judged == {"bound": -0.5, "flagged": 0.6, "good_flagged": 0.5, "precision": 0.667, "recall": 0.667}


def test_what_was_judged_by_reading_is_counted(tmp_path: Path) -> None:
    """By direction, right and wrong sentences apart, below the bound and above."""
    judged = tmp_path / "judged.tsv"
    rows = ("-0.9\tno\t«Да\tYes", '-0.8\tyes\t"Да\tYes', "-0.1\tno\tДа\ta yeslingly", "-0.05\tyes\tДа\tYes")
    lines = [f"ru-en\t{row}" for row in rows]
    judged.write_text("\n".join(["direction\tscore\tis_right\tsource\ttranslation", *lines]), encoding="utf-8")
    known = KnownWords.of_keys([f"key {number}" for number in range(100)])
    report = judge_by_reading(judged, {"ru-en": -0.5}, known)["ru-en"]
    assert (report["area"], report["right"], report["wrong"]) == (0.75, 2, 2)
    assert report["right_flagged"] == {"LOW_CONFIDENCE": 1, "UNKNOWN_WORD": 0, "either": 1}
    assert report["wrong_flagged"] == {"LOW_CONFIDENCE": 1, "UNKNOWN_WORD": 1, "either": 2}
