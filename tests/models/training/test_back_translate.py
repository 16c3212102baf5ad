"""English for genuine Belarusian: what is read, and what of the translations is kept."""

import gzip
import io
from pathlib import Path

from models.training import back_translate
from models.training.experiment import Data
from talmach.quality import Flag
from talmach.text.article import Field
from talmach.text.span import Span
from talmach.translation.values import ArticleTranslation, Segment, SegmentStatus, Timings, Totals, Usage

DATA = Data(400, 100, 120, 2.0, 0, ())


def translation(english: str, *flags: Flag) -> ArticleTranslation:
    """Return what the service would answer for a sentence."""
    span = Span(0, len(english))
    segment = Segment(0, 0, Field.TEXT, span, span, "", english, "be", SegmentStatus.TRANSLATED, frozenset(flags))
    return ArticleTranslation(
        {Field.TEXT: english},
        (segment,),
        Totals(1, complete=True, model_ids=(), glossary_usages=(), timings=Timings(), usage=Usage()),
    )


def write(path: Path, *lines: str) -> None:
    """Write a file of the corpus."""
    path.parent.mkdir(exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_monolingual_sentences_come_once_and_without_fragments(tmp_path: Path) -> None:
    """Of all Belarusian files, normalised; other languages are left alone."""
    write(tmp_path / "mono" / "be.news.txt.gz", "Горад  адкрыў новую школу.", "Змест", "Сёння ідзе моцны дождж.")
    write(tmp_path / "mono" / "be.prose.txt.gz", "Сёння ідзе моцны дождж.")
    write(tmp_path / "mono" / "ru.news.txt.gz", "Город открыл новую школу.")
    assert back_translate.read_monolingual(tmp_path) == ["Горад адкрыў новую школу.", "Сёння ідзе моцны дождж."]


def test_parallel_sentences_are_those_of_running_text(tmp_path: Path) -> None:
    """The ru-be pairs of prose; fragments and other pairs are left out."""
    write(
        tmp_path / "prose.tsv.gz",
        "ru\tbe\tГород открыл новую школу.\tГорад адкрыў новую школу.\tx",
        "ru\tbe\tСодержание\tЗмест\tx",
        "en\tbe\tThe town opened a new school.\tГорад адкрыў новую школу.\tx",
    )
    assert back_translate.read_parallel(tmp_path, DATA) == [("Город открыл новую школу.", "Горад адкрыў новую школу.")]


def test_what_is_gravely_flagged_is_left_out() -> None:
    """A loop would teach loops; a doubtful score is what such a model has nearly always."""
    output = io.StringIO()
    kept = back_translate.write_pairs(
        [
            (translation("It rains.", Flag.LOW_CONFIDENCE), "Ідзе дождж."),
            (translation("Rain and rain and rain and rain.", Flag.REPETITION), "Моцны дождж."),
            (translation(" "), "Вецер."),
        ],
        output,
    )
    assert kept == 1
    assert output.getvalue() == "en\tbe\tIt rains.\tІдзе дождж.\tbelarusian.synthetic\n"
