"""The arithmetic of the study of doubt."""

import numpy as np
import pytest

pytest.importorskip("sacrebleu")  # of the train extra

from models.training.doubt import area, find_bad, judge


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
