"""Letters in disguise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.engine.normalization import normalize
from talmach.text.characters import fold_letters
from tests.cases import parameters


@pytest.mark.parametrize(("kind", "text", "expected"), parameters("letters"))
def test_the_table_of_letters(kind: str, text: str, expected: str) -> None:
    """Stress marks, ligatures, styles, Roman numeral signs and look-alikes are what their reader sees."""
    assert normalize(text) == expected


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("аеосAEOCﬁＭⅡ\u0301 і")), max_size=40))
def test_folding_is_stable(text: str) -> None:
    """What is folded has nothing left to fold."""
    folded = fold_letters(text)
    assert fold_letters(folded) == folded
