"""Which sentences may stand in a summary."""

import time
from pathlib import Path

import pytest

from talmach.summary.candidates import Verdict, judge
from talmach.summary.context import Dependence, dependence
from talmach.summary.quotations import parts_of_quotations
from talmach.summary.verbs import has_verb
from talmach.text.article import Article, Field, Sentence
from talmach.text.span import Span
from tests.articles import an_article
from tests.cases import parameters

ARTICLES = Path(__file__).parents[2] / "data" / "articles"
OPENING = "У горадзе Вербна адкрылі новую школу."


def objection(sentence: str) -> str | None:
    """What is said against a sentence that follows another one."""
    return judge(an_article("Новая школа", "", f"{OPENING}\n\n{sentence}"), include_lead=False)[2].objection


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
        ("Дарога на аўтобусе адтуль заняла гадзіну", "line without a full stop"),
        ("Гадзіну ехалі.", "fragment"),
        ("«Мы вельмі доўга чакалі гэтага дня».", "quotation without its speaker"),
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


@pytest.mark.parametrize(
    "sentence",
    [
        "Паводле яе разлікаў, школа патрэбная гораду.",
        "По её мнению, школа очень нужна городу.",
        "In her opinion, the town needs the new school.",
        "Its library has more than nine thousand books.",
        "In the 35th minute, however, the home side scored again.",
        "Зыходны код яны апублікавалі 2 сакавіка.",
        "Помогали им бабушки и даже священник.",
        "It still lacks two anaesthetists and a speech therapist.",
    ],
)
def test_pointing_back_in_other_ways(sentence: str) -> None:
    """Possessives, a connective behind the opening, a pronoun within the first clause."""
    assert objection(sentence) == "points back to another sentence"


@pytest.mark.parametrize(
    "sentence",
    [
        "There is a playroom on every floor of the hospital.",
        "It is not known exactly how the craftsman lost his treasure.",
        "It took two and a half years to put up the overhead wires.",
        "Анна Лесная сказала, что она ждала этого дня.",
        "Вербна — малы горад на поўначы вобласці.",
    ],
)
def test_pronouns_that_name_nothing_before(sentence: str) -> None:
    """Empty subjects, and a pronoun whose name stands in the same sentence."""
    assert objection(sentence) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Новая бібліятэка ў цэнтры горада.",
        "Новая библиотека в центре города.",
        "The new library in the centre of town.",
    ],
)
def test_a_line_without_a_verb_is_a_fragment(sentence: str) -> None:
    """A caption with a full stop."""
    assert objection(sentence) == "fragment without a verb"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("pilgrims arrived at the mosque in the year 2008.", "fragment"),
        ("дзеці прыехалі ў новую школу ў панядзелак.", "fragment"),
        ("iPhone sales in the region grew by a third.", None),
        ("85 метраў мае новы мост цераз раку.", None),
    ],
)
def test_what_begins_in_the_middle_is_a_fragment(sentence: str, expected: str | None) -> None:
    """A caption that was cut, or a sentence that was."""
    assert objection(sentence) == expected


def test_a_text_without_capitals_has_sentences() -> None:
    """Where everything begins with a small letter, that says nothing."""
    article = Article.of({Field.TEXT: "дзеці прыехалі ў новую школу.\n\nшкола стаіць у цэнтры горада."})
    assert judge(article, include_lead=False) == [Verdict(), Verdict()]


@pytest.mark.parametrize("path", sorted(ARTICLES.glob("*.txt")), ids=lambda path: path.stem)
def test_no_sentence_of_a_story_is_a_fragment(path: Path) -> None:
    """The guess about verbs errs on the safe side."""
    headline, _, body = path.read_text(encoding="utf-8").partition("\n")
    verdicts = judge(an_article(headline, "", body), include_lead=False)
    assert not any((verdict.objection or "").startswith("fragment") for verdict in verdicts)


def test_what_a_sentence_needs() -> None:
    """The sentence before it, across boilerplate, in a chain; nothing helps when that one is no candidate."""
    chain = f"{OPENING}\n\nФото: Ганна Лясная\n\nЯна стаіць у цэнтры горада. Яе будавалі два гады і тры месяцы."
    assert [verdict.needs for verdict in judge(an_article("", "", chain), include_lead=False)] == [None, None, 0, 2]
    broken = f"{OPENING}\n\nА вы ўжо былі ў новай школе?\n\nЯна стаіць у самым цэнтры горада."
    assert not judge(an_article("", "", broken), include_lead=False)[2].is_candidate


def test_the_headline_is_never_a_candidate() -> None:
    """Nor the sentence that says it again."""
    article = an_article("У Вербне адкрылі новую школу", "", f"У Вербне адкрылі новую школу.\n\n{OPENING}")
    expected = [Verdict("headline", is_story=False), Verdict("headline again", is_story=False), Verdict()]
    assert judge(article, include_lead=False) == expected
    assert judge(article, include_lead=True) == expected


def test_the_lead_is_a_candidate_when_it_must_be() -> None:
    """Whatever it points back to; the sentences after it are judged as ever, and lines above it are no lead."""
    article = an_article(
        "Школа", "", f"Спорт\n\nЯна адкрыта ў цэнтры горада.\n\nЯна вельмі вялікая і новая.\n\n{OPENING}"
    )
    points_back = "points back to another sentence"
    without = judge(article, include_lead=False)
    assert [each.objection for each in without] == ["headline", "fragment", points_back, points_back, None]
    assert [each.is_candidate for each in without] == [False, False, False, False, True]
    assert judge(article, include_lead=True)[2:4] == [Verdict(), Verdict(points_back, needs=2)]


def test_a_lead_without_a_verb_is_a_candidate_in_its_own_field() -> None:
    """There it is no caption; above the body it may be one."""
    verbless = "Новая бібліятэка ў цэнтры горада."
    of_lead, of_body = an_article("Школа", verbless, OPENING), an_article("Школа", "", f"{verbless}\n\n{OPENING}")
    assert [each.is_candidate for each in judge(of_lead, include_lead=True)] == [False, True, True]
    assert [each.is_candidate for each in judge(of_lead, include_lead=False)] == [False, False, True]
    assert [each.is_candidate for each in judge(of_body, include_lead=True)] == [False, False, True]


def test_the_lead_is_never_a_part_of_a_quotation() -> None:
    """The summary would open it and never close it."""
    article = an_article("Школа", "", f"«Мы чакалі. Мы рады», — сказала дырэктар.\n\n{OPENING}")
    assert [each.is_candidate for each in judge(article, include_lead=True)] == [False, False, False, True]


@pytest.mark.parametrize(("kind", "expected", "language", "line"), parameters("verbs"))
def test_a_verb_is_found_in_what_says_something(kind: str, expected: str, language: str, line: str) -> None:
    """The table of cases: bare past tenses and imperatives are verbs, nouns that end like them are none."""
    assert has_verb(line) == (expected == "verb")


@pytest.mark.parametrize(("kind", "expected", "language", "line"), parameters("amounts"))
def test_a_list_gives_amounts_in_lines(kind: str, expected: str, language: str, line: str) -> None:
    """The table of cases: none of these lines is chosen before a sentence."""
    objects = objection(line) in ("line without a full stop", "fragment", "fragment without a verb")
    assert objects == (expected == "line")


def test_an_amount_among_sentences_is_one_of_them() -> None:
    """The dash is its verb."""
    assert objection("Плошча новага дома — 85 кв. м. Вучыцца ў ім будуць 420 дзяцей.") is None


LACKING = {
    "none": None,
    "points back": Dependence.POINTS_BACK,
    "question": Dependence.QUESTION,
    "speaker before": Dependence.QUOTES_SOMEONE_NAMED_BEFORE,
    "no speaker": Dependence.LACKS_SPEAKER,
    "source": Dependence.ONLY_NAMES_SOURCE,
}


@pytest.mark.parametrize(("kind", "lacking", "be", "ru", "en"), parameters("dependence"))
def test_a_sentence_lacks_the_same_in_every_language(kind: str, lacking: str, be: str, ru: str, en: str) -> None:
    """The table of cases: a rule of one language alone would make the summaries of translations differ."""
    assert [dependence(text) for text in (be, ru, en)] == [LACKING[lacking]] * 3


@pytest.mark.parametrize(("kind", "language", "marked"), parameters("quotations"))
def test_parts_of_longer_quotations_are_told(kind: str, language: str, marked: str) -> None:
    """The table of cases: and what holds a whole quotation is let through."""
    parts = marked.split("‖")
    expected = {index for index, part in enumerate(parts) if part.startswith("‹")}
    sentences = [Sentence(index, Field.BODY, 0, Span(0, 0), part.strip("‹›"), None) for index, part in enumerate(parts)]
    assert parts_of_quotations(sentences) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Мост закрылі на рамонт\n\nАб'езд ідзе праз Вербну\n\nСпорт", [True, True, False]),
        ("Мост закрыли на ремонт\n\nОбъезд идёт через Вербну\n\nСпорт", [True, True, False]),
        ("The bridge was closed\n\nTraffic goes through Verbna\n\nSport", [True, True, False]),
        ("Мост закрылі", [True]),
        ("Хто заплаціць за мост?", [True]),
        ("Яна адкрыта.", [True]),
        ("«Мы чакалі. Мы рады», — сказала дырэктар.", [True, True]),
        ("«Мы чакалі. Мы рады», — сказала дырэктар.\n\nСпорт", [False, False, True]),
        ("Фота: Ганна Лясная", [False]),
    ],
)
def test_what_stands_in_where_nothing_is_fit(body: str, expected: list[bool]) -> None:
    """Lines that say something before other lines, parts of quotations last; boilerplate never."""
    assert [each.is_candidate for each in judge(Article.of({Field.TEXT: body}), include_lead=False)] == expected


@pytest.mark.parametrize("marks", ["«", "“", "„“", "«»", '"', "» "])
def test_nothing_but_quotation_marks_takes_no_time(marks: str) -> None:
    """As many as an article may have."""
    text = f"У {marks * (99_000 // len(marks))} горадзе."
    start = time.thread_time()
    parts_of_quotations([Sentence(0, Field.BODY, 0, Span(0, len(text)), text, None)])
    dependence(text)
    assert time.thread_time() - start < 1
