"""What a sentence of an article knows of those before it."""

import pytest

from talmach.text.article import Article, Field
from talmach.text.markup import TextFormat


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("«Мы тут, — сказаў ён. — Мы будзем. Заўсёды». Потым пайшоў.", ["", "«", "", ""]),
        ('"Мы тут, - сказаў ён. - Мы будзем".', ["", '"']),
        # A dash of direct speech without quotation marks, and a quotation that nobody interrupts.
        ("— Мы тут, — сказаў ён. — Мы будзем.", ["", ""]),
        ("Ён сказаў: «Мы тут. Мы будзем».", ["", ""]),
        # Another quotation, or another paragraph.
        ("«Мы тут», — сказаў ён. — Мы будзем.", ["", ""]),
        ("«Мы тут, — сказаў ён.\n— Мы будзем».", ["", ""]),
        ("«Клуб „Нёман“ тут, — сказаў ён. — Мы будзем».", ["", "«"]),
    ],
)
def test_a_sentence_knows_that_it_resumes_a_quotation(text: str, expected: list[str]) -> None:
    """Behind the words of who speaks, in the same paragraph."""
    assert [each.resumes for each in Article.of({Field.TEXT: text}, "be").sentences] == expected


def test_marks_in_tags_are_no_quotation() -> None:
    """Only what a reader sees counts."""
    text = '<p><a href="/x">«Мы тут</a>, — сказаў ён. — Мы <b class="y">будзем</b>». Потым пайшоў. — Так.</p>'
    article = Article.of({Field.TEXT: text}, "be", TextFormat.HTML)
    assert [each.resumes for each in article.sentences] == ["", "«", "", ""]
