"""What a person sees: a table where there is room, plain lines elsewhere, and texts that are never markup."""

import io

import pytest
import typer
from rich.console import Console

from talmach.cli import rendering
from talmach.cli.review import Review
from talmach.client import GetServerInfoResponse, ItemError, LanguagePair, ModelInfo, SegmentStatus
from talmach.pb.info_pb2 import ModelDirection
from tests.unit.cli.replies import reply, segment


def console(width: int, *, is_terminal: bool) -> tuple[Console, io.StringIO]:
    """Return a console like `terminal.console`, and what it writes to."""
    file = io.StringIO()
    made = Console(
        file=file,
        width=width,
        force_terminal=is_terminal,
        color_system=None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    return made, file


def test_a_wide_terminal_gets_two_columns() -> None:
    """Sentence beside sentence, numbered, a rule between paragraphs."""
    shown, file = console(100, is_terminal=True)
    rendering.show_translation(shown, reply().translation, ("be", "en"))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in file.getvalue().splitlines() if "│" in line]
    assert rows == [
        ["0", "Новая школа", "New school"],
        ["1", "Горад рады.", "The town is glad."],
        ["2", "Адкрылі школу.", "A school opened."],
        ["3", "І [мост] цераз раку.", "And a [bridge]."],
    ]
    assert file.getvalue().count("├") == 3


@pytest.mark.parametrize(("width", "is_terminal"), [(40, True), (100, False)])
def test_elsewhere_sentences_stand_below_each_other(width: int, is_terminal: bool) -> None:
    """On a narrow terminal or in a file there is no table."""
    shown, file = console(width, is_terminal=is_terminal)
    rendering.show_translation(shown, reply().translation, ("be", "en"))
    assert (
        "[2] Адкрылі школу.\n    A school opened.\n\n[3] І [мост] цераз раку.\n    And a [bridge].\n" in file.getvalue()
    )


def test_a_file_gets_long_lines_whole() -> None:
    """Only a terminal wraps; a narrow one loses no word."""
    text = "слова " * 100
    in_file, on_terminal = console(80, is_terminal=False), console(20, is_terminal=True)
    for shown, _ in (in_file, on_terminal):
        rendering.show_line(shown, text)
    assert in_file[1].getvalue() == f"{text}\n"
    assert on_terminal[1].getvalue().split() == text.split()
    assert all(len(line) <= 20 for line in on_terminal[1].getvalue().splitlines())


def test_what_was_not_translated_is_marked() -> None:
    """The source is never passed off as a translation."""
    translation = reply().translation
    translation.segments[1].status = SegmentStatus.SEGMENT_STATUS_FAILED
    shown, file = console(100, is_terminal=False)
    rendering.show_translation(shown, translation, ("be", "en"))
    assert "Горад рады. (failed)" in file.getvalue()


def test_a_summary_shows_sentences_and_places() -> None:
    """The translation, and below it where in the article the sentence stands, and what it says there."""
    shown, file = console(100, is_terminal=False)
    rendering.show_summary(shown, reply().summary)
    assert file.getvalue() == "1. A school opened.\n   body[0:14] Адкрылі школу.\n"


def test_facts_name_models_and_flags() -> None:
    """Only the models that took part, `draft` where it is one, and the flags by the number of their segment."""
    answer = reply()
    answer.model_ids.append("nmt")
    answer.usage.target_tokens, answer.timings.inference_ms = 50, 100
    models = [ModelInfo(id="nmt", version="1", draft=True, compute_type="int8", device="cpu"), ModelInfo(id="other")]
    shown, file = console(100, is_terminal=False)
    rendering.show_facts(shown, answer, GetServerInfoResponse(models=models), "en", "")
    assert file.getvalue().splitlines() == [
        "language  be (detected: nothing)",
        "models    nmt 1 (draft, int8 on cpu)",
        "time      0 ms (queue 0, inference 100)",
        "tokens    0 in, 50 out (500 out/s)",
        "flags     [3] LENGTH_RATIO, LOW_CONFIDENCE",
    ]


@pytest.mark.parametrize(
    ("others", "pivot", "named", "said"),
    [
        ((), "", "", "nmt is the only model for be-en"),
        (("own",), "", "", "nmt goes before own for be-en (`talmach models list` shows the order, "),
        (("own",), "", "own", "own was named by --model"),
        ((), "ru", "", "no model translates be-en: it goes through ru, and nmt begins"),
    ],
)
def test_facts_say_why_that_model_spoke(others: tuple[str, ...], pivot: str, named: str, said: str) -> None:
    """It is the only one, goes first, was named, or has a half of the way."""
    direction = ModelDirection(source_language_code="be", target_language_code="en")
    elsewhere = ModelDirection(source_language_code="en", target_language_code="be")
    server = GetServerInfoResponse(
        models=[
            ModelInfo(id="nmt", directions=[direction]),
            ModelInfo(id="elsewhere", directions=[elsewhere]),
            *(ModelInfo(id=other, directions=[direction]) for other in others),
        ],
        language_pairs=[
            LanguagePair(
                source_language_code="be",
                target_language_code="en",
                default_model="nmt",
                pivot_language_code=pivot,
            )
        ],
    )
    shown, file = console(200, is_terminal=False)
    rendering.show_facts(shown, reply(), server, "en", named)
    (line,) = [line for line in file.getvalue().splitlines() if line.startswith("why")]
    assert line.startswith(f"why       {said}")


def test_flags_are_counted_for_everyone(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on standard error, terminal or not; with --show-flags every sentence, on one line, before it."""
    counted = "talmach: 1 of 4 sentences is flagged: LENGTH_RATIO 1, LOW_CONFIDENCE 1\n"
    review = Review()
    review.add(reply().translation.segments)
    review.tell()
    assert capsys.readouterr() == ("", counted)
    review = Review(show_flags=True)
    review.add(reply().translation.segments)
    review.tell()
    shown = "talmach: segment 3: LENGTH_RATIO, LOW_CONFIDENCE: І [мост] цераз раку. => And a [bridge].\n"
    assert capsys.readouterr() == ("", shown + counted)


def test_flags_that_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 3 for what --fail-on names, in any case of letters, and only for that."""
    for fail_on, names in (("low_confidence", "LOW_CONFIDENCE"), ("LENGTH_RATIO,TRUNCATED", "LENGTH_RATIO")):
        review = Review(fail_on=fail_on)
        review.add(reply().translation.segments)
        with pytest.raises(typer.Exit) as caught:
            review.tell()
        assert caught.value.exit_code == 3
        assert capsys.readouterr().err.splitlines()[-1] == f"talmach: --fail-on: {names}"
    review = Review(fail_on="TRUNCATED")
    review.add(reply().translation.segments)
    review.tell()


def test_failed_sentences_are_told_to_everyone(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard error and the exit status say what standard output cannot; a failure weighs more than any flag."""
    review = Review(fail_on="LOW_CONFIDENCE")
    error = ItemError(reason="ENGINE_TIMEOUT", message="engine: took too long")
    review.add([segment(0, (0, "а"), (0, "а"), status=SegmentStatus.SEGMENT_STATUS_FAILED, error=error)], "line 7")
    review.add(reply().translation.segments)
    with pytest.raises(typer.Exit) as caught:
        review.tell()
    assert caught.value.exit_code == 1
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first == "talmach: line 7: engine: took too long"
    assert last == "talmach: 1 of 5 sentences could not be translated and stand in the original"
