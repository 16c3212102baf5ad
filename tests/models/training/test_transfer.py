"""Statistical Russian -> Belarusian on a handful of sentences."""

import io
from itertools import chain, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training import synthesize
from models.training.data.transfer import words
from models.training.data.transfer.alignment import align
from models.training.data.transfer.decoder import BigramModel, Transfer
from models.training.data.transfer.phrases import build_table, extract, likeliest_words
from models.training.data.transfer.spelling import SpellingModel, are_cognates, pair_letters
from models.training.experiment import Source

PAIRS = [
    ("город открыл новую школу", "горад адкрыў новую школу"),
    ("школу открыл президент", "школу адкрыў прэзідэнт"),
    ("президент открыл город", "прэзідэнт адкрыў горад"),
    ("в течение года открыл школу", "на працягу года адкрыў школу"),
    ("в течение недели закрыл школу", "на працягу тыдня закрыў школу"),
    ("в школу", "у школу"),
]
COGNATES = [
    ("радость", "радасць"),
    ("старость", "старасць"),
    ("гордость", "гордасць"),
    ("бедность", "беднасць"),
    ("новый", "новы"),
    ("рад", "рад"),
]
LETTERS = st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіў'", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def transfer() -> Transfer:
    """Return a transfer that learnt from `PAIRS` and `COGNATES`."""
    russian, belarusian = ([pair[side].split() for pair in PAIRS] for side in (0, 1))
    aligned = zip(russian, belarusian, align(russian, belarusian), strict=True)
    table = build_table(pair for sentences in aligned for pair in extract(*sentences))
    return Transfer(table, SpellingModel(COGNATES), BigramModel(belarusian))


@given(st.text())
def test_words_and_gaps_are_the_text(text: str) -> None:
    """Nothing of a text is lost between the words."""
    found, gaps = words.split(text)
    assert "".join(chain.from_iterable(zip_longest(gaps, found, fillvalue=""))) == text


@pytest.mark.parametrize(
    ("model", "word", "expected"),
    [("Город", "горад", "Горад"), ("США", "зша", "ЗША"), ("В", "на працягу", "На працягу"), ("мир", "свет", "свет")],
)
def test_capitals_are_carried_over(model: str, word: str, expected: str) -> None:
    """A single capital is the beginning of a sentence, several are an abbreviation."""
    assert words.with_case_of(model, word) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("краіна увайшла у склад", "краіна ўвайшла ў склад"),
        ("дом у горадзе", "дом у горадзе"),
        ("яна, у горадзе", "яна, у горадзе"),
        ("яна Уладзімір", "яна Уладзімір"),
    ],
)
def test_short_u_follows_a_vowel(text: str, expected: str) -> None:
    """ў stands after a vowel where there is no pause."""
    assert words.restore_short_u(text) == expected


@given(LETTERS, LETTERS)
def test_letters_are_paired_without_loss(russian: str, belarusian: str) -> None:
    """Every letter of both words stands in exactly one pair, in order."""
    pairs = pair_letters(russian, belarusian)
    assert "".join(letter for letter, _ in pairs) == russian
    assert "".join(output for _, output in pairs) == belarusian


def test_spelling_is_learnt_from_cognates() -> None:
    """What the ending -ость becomes is known from other words; a letter that was never seen stays."""
    model = SpellingModel(COGNATES)
    assert model.spell("новость") == "новасць"
    assert model.spell("novost") == "novost"


def test_cognates_are_told_from_other_translations() -> None:
    """`час` is no spelling of `время`."""
    assert are_cognates("вертолёт", "верталёт")
    assert not are_cognates("время", "час")


def test_words_are_linked_by_what_they_are_seen_with() -> None:
    """Rare words too, where they look alike."""
    russian, belarusian = ([pair[side].split() for pair in PAIRS] for side in (0, 1))
    links = align(russian, belarusian)
    assert links[0] == {(0, 0), (1, 1), (2, 2), (3, 3)}
    assert (2, 2) in links[1], "президент"


def test_phrases_keep_their_links_inside() -> None:
    """A phrase that a link leaves is none; a word without a link is at no phrase's edge."""
    found = set(extract(["а", "б", "в"], ["x", "y"], {(0, 1), (2, 0)}))
    assert found == {(("а",), ("y",)), (("в",), ("x",)), (("а", "б", "в"), ("x", "y"))}


def test_a_known_sentence_is_translated_in_phrases(transfer: Transfer) -> None:
    """Phrases of several words come from the table, with marks and capitals as they were."""
    assert transfer.translate("В течение года, президент открыл школу!") == "На працягу года, прэзідэнт адкрыў школу!"


def test_an_unknown_word_is_spelled(transfer: Transfer) -> None:
    """It counts as unknown, and letters of other alphabets are left alone."""
    assert transfer.translate("радость NATO") == "радасць NATO"
    assert transfer.unknown_share("радость открыл") == 0.5


@given(st.text(alphabet="гордткылшу .,!()«»\n19", max_size=40))
def test_marks_survive(text: str) -> None:
    """What is not a word stands in the translation as it stood in the source."""
    translated = _TRANSFER.translate(text)
    assert words.split(translated)[1] == words.split(text)[1]


_TRANSFER = Transfer({}, SpellingModel(COGNATES), BigramModel([["горад"]]))


def test_the_likeliest_words_are_single() -> None:
    """A word that becomes two is no cognate of anything."""
    table = build_table([(("а",), ("x",)), (("а",), ("x",)), (("а",), ("y",)), (("б",), ("x", "y"))])
    assert list(likeliest_words(table)) == [("а", "x")]


def test_synthetic_pairs_are_written_both_ways(transfer: Transfer) -> None:
    """One pair with the English side and one with the Russian; a sentence of unknown words is left out."""
    output = io.StringIO()
    pairs = [("The president opened a city.", "президент открыл город"), ("Unknown.", "неведомое слово")]
    synthesize.synthesize(transfer, pairs, output, "news")
    assert output.getvalue().splitlines() == [
        "en\tbe\tThe president opened a city.\tпрэзідэнт адкрыў горад\tnews.synthetic",
        "ru\tbe\tпрезидент открыл город\tпрэзідэнт адкрыў горад\tnews.synthetic",
    ]


def test_files_are_named_once() -> None:
    """Two synthetic sources of one file need it once; genuine ones need nothing."""
    sources = [
        Source("news", "en-be", 1.0, synthetic=True),
        Source("news", "ru-be", 1.0, synthetic=True),
        Source("ui", "en-be", 1.0),
    ]
    assert synthesize.files(sources) == ["news"]
