from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.text.clauses import split_clauses


def at_most(size: int) -> Callable[[str], bool]:
    """What a model with a window of `size` code points takes."""
    return lambda text: len(text) <= size


def parts(text: str, size: int) -> list[str]:
    """The parts of `text` for a window of `size` code points."""
    return [span.slice(text) for span in split_clauses(text, at_most(size))]


@given(
    st.text(alphabet=st.one_of(st.sampled_from("аб ,;:—\n"), st.characters(exclude_categories=()))), st.integers(1, 30)
)
def test_parts_cover_the_text_and_fit(text: str, size: int) -> None:
    """For any text and any window the parts adjoin, are not empty, join to the text and fit."""
    result = parts(text, size)
    assert "".join(result) == text
    assert all(0 < len(part) <= size for part in result)


@given(st.text(min_size=1, max_size=60))
def test_what_cannot_be_split_further_is_returned(text: str) -> None:
    """Where not even a code point fits, the parts are single code points, and the split ends."""
    assert [span.slice(text) for span in split_clauses(text, lambda _: False)] == list(text)


@given(st.text(alphabet="слова, и; — ёў", max_size=300), st.integers(3, 40))
def test_a_window_in_other_units_is_kept(text: str, size: int) -> None:
    """`fits` may count what it likes, here bytes."""
    spans = split_clauses(text, lambda part: len(part.encode()) <= size)
    assert "".join(span.slice(text) for span in spans) == text
    assert all(len(span.slice(text).encode()) <= size for span in spans)


def test_a_boundary_at_the_start_of_a_part_does_not_count() -> None:
    """With room for one code point, the boundary where the last part ended is not chosen again, for ever."""
    text = "а; б; в, г"
    assert [span.slice(text) for span in split_clauses(text, lambda part: len(part) <= 1)] == list(text)


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("Short enough.", 20, ["Short enough."]),
        ("", 5, []),
        (
            "Мост открыли утром; движение пустили в полдень.",
            30,
            ["Мост открыли утром; ", "движение пустили в полдень."],
        ),
        ("Он сказал: мост откроют, движение пустят.", 32, ["Он сказал: ", "мост откроют, движение пустят."]),
        ("Мост — самый длинный — закрыли утром", 24, ["Мост — самый длинный ", "— закрыли утром"]),
        ("Мост закрыли утром и откроют ночью", 24, ["Мост закрыли утром ", "и откроют ночью"]),
        ("Мост закрылі раніцай і адкрыюць ноччу", 24, ["Мост закрылі раніцай ", "і адкрыюць ноччу"]),
        ("The bridge closed at dawn and opened at noon", 30, ["The bridge closed at dawn ", "and opened at noon"]),
        ("Хлеб соль, чай кофе, сахар мёд", 22, ["Хлеб соль, ", "чай кофе, сахар мёд"]),
        ("один два три четыре", 12, ["один два ", "три четыре"]),
        ("а" * 25, 10, ["а" * 10, "а" * 10, "а" * 5]),
    ],
)
def test_the_best_boundary_is_chosen(text: str, size: int, expected: list[str]) -> None:
    """Clauses before conjunctions before commas before words before characters."""
    assert parts(text, size) == expected


def test_parts_are_balanced() -> None:
    """No part is a scrap: the words are spread over as many windows as are needed."""
    sizes = [len(part) for part in parts("слово " * 41, 100)]
    assert len(sizes) == 3
    assert max(sizes) - min(sizes) <= 18


@pytest.mark.parametrize("cluster", ["е\u0301", "👩\u200d🚀", "👍🏽", "\r\n", "❤\ufe0f", "\ud83d\ude00"])
def test_a_combining_sequence_is_kept_whole(cluster: str) -> None:
    """A split between characters falls between what a reader sees as characters."""
    length = len(cluster)
    result = parts(cluster * 20, length * 3 + 1)
    assert all(len(part) % length == 0 for part in result)


def test_a_long_combining_sequence_is_split_nevertheless() -> None:
    """A letter under a thousand accents must still fit."""
    assert all(len(part) <= 50 for part in parts("а" + "\u0301" * 1000, 50))


def test_fits_is_asked_a_few_times_per_part() -> None:
    """The work of `fits` (a tokenizer) grows with the text, not with its square."""
    asked: list[int] = []

    def fits(text: str) -> bool:
        asked.append(len(text))
        return len(text) <= 500

    text = "слово, другое слово и третье " * 4000
    count = len(split_clauses(text, fits))
    assert len(asked) <= 12 * count
    assert sum(asked) <= 12 * len(text)


def test_long_runs_of_blanks_take_linear_time() -> None:
    """A hundred thousand blanks are split as fast as words."""
    text = " " * 100_000 + "и" + "; " * 50_000
    assert "".join(parts(text, 400)) == text
