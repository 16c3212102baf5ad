"""Which sentences may stand in a summary."""

import pytest

from talmach.summary.candidates import objections
from talmach.text.article import Article

OPENING = "У горадзе Вербна адкрылі новую школу."


def objection(sentence: str) -> str | None:
    """What is said against a sentence that follows another one."""
    return objections(Article.parse("Новая школа", "", f"{OPENING}\n\n{sentence}"), include_lead=False)[2]


@pytest.mark.parametrize(
    "sentence",
    [
        "Школа стаіць у самым цэнтры горада.",
        "«Мы вельмі доўга чакалі гэтага дня», — сказала дырэктар Ганна Лясная.",
        "“We waited long for this day,” said Anna Lyasnaya.",
        '"We waited long for this day," said Anna Lyasnaya.',
        "«Нёман» выйграў матч у мінскага «Дынама».",
        "Дырэктар Ганна Лясная сказала: «Мы вельмі доўга чакалі гэтага дня».",
        "В школе будут учиться 420 детей!",
        "Itself a small town, Verbna has two schools now.",
        "«Белавежская пушча»: турыстаў стала больш.",
    ],
)
def test_sentences_that_stand_alone(sentence: str) -> None:
    """Also those that begin with a name in quotation marks, or quote someone they name."""
    assert objection(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("А вы ўжо былі ў новай школе?", "question"),
        ("Ці былі вы ўжо ў новай школе?!", "question"),
        ("Дарога на аўтобусе адтуль", "fragment"),
        ("Гадзіну ехалі.", "fragment"),
        ("«Мы вельмі доўга чакалі гэтага дня».", "quotation without its speaker"),
        ("«Мы вельмі доўга чакалі гэтага дня.", "quotation without its speaker"),
        ("Цяпер мы вельмі рады гэтаму дню», — сказала дырэктар.", "end of a quotation"),
        ("«Мы вельмі доўга чакалі», — сказала яна журналістам.", "quotation of someone named before"),
        ("“We waited long for this day,” she said.", "quotation of someone named before"),
        ("«Мы очень долго ждали», — добавил он.", "quotation of someone named before"),
        ("Яна шмат гадоў працавала настаўніцай у горадзе.", "points back to another sentence"),
        ("Он много лет работал в этой школе.", "points back to another sentence"),
        ("It has a large library and a gym.", "points back to another sentence"),
        ("У ёй будуць вучыцца 420 дзяцей з горада.", "points back to another sentence"),
        ("With them the town has two hundred pupils.", "points back to another sentence"),
        ("Аднак дарога займала амаль гадзіну на аўтобусе.", "points back to another sentence"),
        ("This took them almost an hour by bus.", "points back to another sentence"),
        ("Чытайце таксама: Новы мост у горадзе Вербна.", "boilerplate (related)"),
    ],
)
def test_sentences_that_do_not(sentence: str, expected: str) -> None:
    """The reason is named."""
    assert objection(sentence) == expected


def test_the_headline_is_never_a_candidate() -> None:
    """Nor the sentence that says it again."""
    article = Article.parse("У Вербне адкрылі новую школу", "", f"У Вербне адкрылі новую школу.\n\n{OPENING}")
    assert objections(article, include_lead=False) == ["headline", "headline again", None]
    assert objections(article, include_lead=True) == ["headline", "headline again", None]


def test_the_lead_is_a_candidate_when_it_must_be() -> None:
    """Whatever it points back to; the sentences after it are judged as ever, and lines above it are no lead."""
    article = Article.parse("Школа", "", "Спорт\n\nЯна адкрыта ў цэнтры горада.\n\nЯна вельмі вялікая і новая.")
    points_back = "points back to another sentence"
    assert objections(article, include_lead=False) == ["headline", "fragment", points_back, points_back]
    assert objections(article, include_lead=True) == ["headline", "fragment", None, points_back]
