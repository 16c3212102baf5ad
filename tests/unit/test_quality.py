import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.engine.base import Direction
from talmach.quality import GRAVE, LOW_CONFIDENCE_SCORE, Flag, check, foreign_letters, localize_numbers
from talmach.quality.scripts import CYRILLIC, LATIN, _has_third_script
from talmach.quality.signs import has_sign_mismatch, sign_spans
from tests.cases import parameters

RU_EN, EN_RU = Direction("ru", "en"), Direction("en", "ru")
BE_EN, EN_BE = Direction("be", "en"), Direction("en", "be")
RU_BE, BE_RU = Direction("ru", "be"), Direction("be", "ru")

TRIPLES = [
    (
        "Бюджет на 2025 год вырос на 1,5 млрд рублей, сообщил министр 21 мая.",
        "Бюджэт на 2025 год вырас на 1,5 млрд рублёў, паведаміў міністр 21 мая.",
        "The 2025 budget has grown by 1.5 billion roubles, the minister said on May 21.",
    ),
    (
        "«Динамо» выиграло 3:1, на трибунах было 12 500 зрителей.",
        "«Дынама» выйграла 3:1, на трыбунах было 12 500 гледачоў.",
        "Dinamo won 3-1 in front of 12,500 spectators.",
    ),
    (
        "Поезд отправляется в 21:30 и идёт семь часов.",
        "Цягнік адпраўляецца ў 21:30 і ідзе сем гадзін.",
        "The train leaves at 9:30 p.m. and takes 7 hours.",
    ),
    (
        "В 1990-х годах здесь жило около 40 тысяч человек.",
        "У 90-х гадах тут жыло каля 40 тыс. чалавек.",
        "In the 1990s some 40,000 people lived here.",
    ),
    (
        "В XVI веке город получил первый герб.",
        "У 16 стагоддзі горад атрымаў першы герб.",
        "In the 16th century the town was given its first coat of arms.",
    ),
    (
        "Подробности на news.example.com, пишите на info@example.by или @example_news.",
        "Падрабязнасці на news.example.com, пішыце на info@example.by або @example_news.",
        "Details are on news.example.com, write to info@example.by or @example_news.",
    ),
    (
        "Очень, очень, очень холодно!",
        "Вельмі, вельмі, вельмі холадна!",
        "It is very, very, very cold!",
    ),
    ("Смартфон iPhone 15 Pro подешевел.", "Смартфон iPhone 15 Pro патаннеў.", "The iPhone 15 Pro has become cheaper."),
    ("Да.", "Так.", "Yes."),
    ("Семья и дети.", "Сямʼя і дзеці.", "A family and children."),
    ("2 + 2 = 4", "2 + 2 = 4", "2 + 2 = 4"),
]


@pytest.mark.parametrize("triple", TRIPLES, ids=lambda triple: triple[2][:24])
@pytest.mark.parametrize("direction", [RU_EN, EN_RU, BE_EN, EN_BE, RU_BE, BE_RU], ids=str)
def test_true_translations_pass(triple: tuple[str, str, str], direction: Direction) -> None:
    """Good translations get no flag in any direction."""
    texts = dict(zip(("ru", "be", "en"), triple, strict=True))
    assert check(texts[direction.source], texts[direction.target], direction) == frozenset()


def test_flags_keep_the_order_of_the_contract() -> None:
    """The enumeration on the wire is numbered in this order."""
    assert [flag.name for flag in Flag] == [
        "REPETITION",
        "LENGTH_RATIO",
        "NUMBER_MISMATCH",
        "PROTECTED_TOKEN_MISMATCH",
        "UNTRANSLATED",
        "WRONG_SCRIPT",
        "TRUNCATED",
        "LOW_CONFIDENCE",
        "SOURCE_LANGUAGE_MISMATCH",
        "GLOSSARY_NOT_APPLIED",
        "SIGN_MISMATCH",
        "MARKUP",
        "SOURCE_LANGUAGE_UNCERTAIN",
        "NAME_MISMATCH",
        "UNKNOWN_WORD",
    ]
    assert {flag.name for flag in GRAVE} == {"REPETITION", "LENGTH_RATIO", "WRONG_SCRIPT", "TRUNCATED", "UNTRANSLATED"}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Дождь шёл весь день, и дороги размыло.", "It rained all all all all day and roads washed out."),
        ("Дождь шёл весь день, и дороги размыло.", "It rained all day, all day, all day, all day."),
        ("Он смеялся весь вечер.", "He laughed hahahahahahahahaha all evening."),
        (
            "Комиссия проверила школы, больницы, мосты, дороги и склады во всех районах области за год.",
            "The board checked schools, the board checked roads, the board checked schools, the board checked roads.",
        ),
        ("Раз за разом, раз за разом он терял ключ.", "Time after time, " * 5 + "he lost the key."),
    ],
)
def test_loops(source: str, target: str) -> None:
    """Words, phrases, letters and phrases with changing parts that repeat as in no text."""
    assert Flag.REPETITION in check(source, target, RU_EN)


def test_repetition_of_the_source_is_no_loop() -> None:
    """A chant is repeated in its translation as well; long numbers repeat groups of zeros."""
    assert Flag.REPETITION not in check("Гол, гол, гол, гол!", "Goal, goal, goal, goal!", RU_EN)
    assert Flag.REPETITION not in check("Один квадриллион.", "1 000 000 000 000 000.", RU_EN)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Правительство утвердило программу развития малых городов до конца десятилетия.", "The government.", True),
        ("Правительство утвердило программу.", "The government approved the programme. " * 3, True),
        ("Он ушёл.", "", True),
        ("12:30", "", False),
        ("СМИ", "The mass media", False),
        ("Commonwealth", "СНГ", False),
    ],
)
def test_length(source: str, target: str, expected: bool) -> None:
    """Short texts may differ much, long ones not, and nothing is never a translation."""
    direction = EN_RU if source.isascii() and source.isalpha() else RU_EN
    assert (Flag.LENGTH_RATIO in check(source, target, direction)) is expected


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Погибли 3 человека.", "Three people died."),
        ("Приехали двенадцать команд.", "12 teams came."),
        ("Ей двадцать пять лет.", "She is 25."),
        ("Цена 1,50 рубля.", "The price is 1.5 roubles."),
        ("Ценой в 1.500 евро.", "At a price of 1,500 euros."),
        ("Всего 1 234 567,89 рубля.", "1,234,567.89 roubles in all."),
        ("От 2 до 3 млн тонн.", "2-3 million tonnes."),
        ("1,5 тыс. жителей", "1,500 inhabitants"),
        ("Выделен миллион рублей.", "1 million roubles were granted."),
        ("Два миллиона человек.", "2,000,000 people."),
        ("$5 млрд", "$5bn"),
        ("В 9.30 утра", "At 9:30 am"),
        ("В 21:00", "At 9 p.m."),
        ("12.05.2024", "May 12, 2024"),
        ("Сезон 1995/96", "The season of 1995-1996"),
        ("21-я серия, 3-й сезон", "21st episode, 3rd season"),
        ("Рост 07 %", "A growth of 7%"),
        ("15 кв. км", "15 km2"),
        ("См. https://example.com/2024/5", "See https://example.com/2024/5"),
        ("Полтора часа", "1.5 hours"),
        ("Код 1234567890123456789012345678901234", "Code 1234567890123456789012345678901234"),
    ],
)
def test_the_same_numbers_in_other_notations(source: str, target: str) -> None:
    """Notation and words for small numbers are a translator's business, in both directions."""
    assert Flag.NUMBER_MISMATCH not in check(source, target, RU_EN)
    assert Flag.NUMBER_MISMATCH not in check(target, source, EN_RU)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Погибли 3 человека.", "Five people died."),
        ("Погибли 3 человека.", "People died."),
        ("Прошло много лет.", "17 years have passed."),
        ("5 млн рублей", "5 billion roubles"),
        ("5 млн рублей", "5,000 roubles"),
        ("В 1970-х годах", "In the 1870s"),
        ("Счёт 2:2", "The score was 5:2"),
        ("12,5 %", "12.6%"),
        ("11 000 евро", "11,010 euros"),
        ("В 9:30", "At 9:50"),
        ("В 2023 и 2024 годах", "In 2023 and 2023"),
    ],
)
def test_other_numbers(source: str, target: str) -> None:
    """A number that is changed, lost or added is found."""
    assert Flag.NUMBER_MISMATCH in check(source, target, RU_EN)


@pytest.mark.parametrize("direction", [RU_EN, EN_RU, BE_EN, EN_BE, RU_BE, BE_RU], ids=str)
def test_changed_digits_are_caught(direction: Direction) -> None:
    """Of all changes of one digit in true translations, more than 95 % are noticed."""
    caught = []
    for triple in TRIPLES:
        texts = dict(zip(("ru", "be", "en"), triple, strict=True))
        source, target = texts[direction.source], texts[direction.target]
        for digit in re.finditer(r"\d", target):
            for other in set("0123456789") - {digit.group()}:
                changed = target[: digit.start()] + other + target[digit.end() :]
                caught.append(Flag.NUMBER_MISMATCH in check(source, changed, direction))
    assert sum(caught) / len(caught) > 0.95


@pytest.mark.parametrize(
    "target",
    [
        "Пішыце на info@example.by або example.com/b?x=1 #Мінск",
        "Пішыце на example.com/a?x=1 #Мінск",
        "Пішыце на info@example.by або example.com/a?x=1 #Minsk",
    ],
)
def test_protected_tokens_must_survive(target: str) -> None:
    """Each link, address and tag of the source is wanted unchanged; more of them do no harm."""
    source = "Пишите на info@example.by или example.com/a?x=1 #Мінск"
    good = "Пішыце на info@example.by або example.com/a?x=1 #Мінск"
    assert Flag.PROTECTED_TOKEN_MISMATCH in check(source, target, RU_BE)
    assert Flag.PROTECTED_TOKEN_MISMATCH not in check(source, good, RU_BE)
    assert Flag.PROTECTED_TOKEN_MISMATCH in check(f"{source} #Мінск", good, RU_BE)
    assert Flag.PROTECTED_TOKEN_MISMATCH not in check(source, f"{good} #Мінск", RU_BE)


@pytest.mark.parametrize(
    ("source", "target", "direction", "expected"),
    [
        ("Хорошо.", "хорошо", RU_EN, True),
        ("🎉🎉🎉 Спасибо всем. 👏", "🎉 👏", RU_EN, True),
        ("Пишите на info@site.by", "info@site.by", RU_EN, True),
        ("No. 5", "№ 5", EN_RU, False),
        ("The weather is fine.", "The weather is fine.", EN_BE, True),
        ("Yes.", "yes", EN_RU, False),
        ("no", "No", EN_RU, True),
        ("BBC News", "BBC News", EN_RU, False),
        ("Microsoft Office 2024", "Microsoft Office 2024", RU_EN, False),
        ("https://example.com 🙂", "https://example.com 🙂", RU_EN, False),
        (
            "The council approved the new plan for the old town.",
            "Совет approved the new plan for the old вчера.",
            EN_RU,
            True,
        ),
        ("Дрэва расло каля дома.", "Дрэва расло каля дома.", BE_RU, False),
        ("Мая хата", "Мая хата", RU_BE, False),
        ("Правительство утвердило новый бюджет", "Правительство утвердило новый бюджет!", RU_BE, True),
        ("Урад зацвердзіў новы бюджэт", "Урад зацвердзіў новы бюджэт", BE_RU, True),
        (
            "Зноў распачалася вялікая стройка каля старога парку",
            "Зноў распачалася вялікая стройка каля старога парку",
            BE_RU,
            True,
        ),
    ],
)
def test_untranslated(source: str, target: str, direction: Direction, expected: bool) -> None:
    """Names may stay, and a few words of one spelling between the Cyrillic languages; sentences may not."""
    assert (Flag.UNTRANSLATED in check(source, target, direction)) is expected


@pytest.mark.parametrize(
    ("source", "target", "direction", "expected"),
    [
        ("Премьер прибыл в Минск.", "The премьер arrived in Minsk.", RU_EN, True),
        ("The minister arrived.", "The minister прыехаў.", EN_BE, True),
        ("The Beatles gave a concert.", "The Beatles далі канцэрт.", EN_BE, False),
        ("Газета «Известия» вышла.", "Газета «Известия» выйшла.", RU_BE, False),
        ("The minister has arrived in the city.", "The minister has arrived у горад.", EN_BE, True),
        ("Он и она пришли.", "Ён и яна прыйшлі.", RU_BE, True),
        ("Ён і яна прыйшлі.", "Он і она пришли.", BE_RU, True),
        ("Щука плавает.", "Шчупак плавае ъ.", RU_BE, True),
        ("Компания Apple.", "Кампанія Apple.", RU_BE, False),
        ("Слово «λόγος» греческое.", "The word λόγος is Greek.", RU_EN, False),
        ("Слово это греческое.", "The word λόγος is Greek.", RU_EN, True),
        ("He came.", "Он пришёл 先生.", EN_RU, True),
        ("Его й", "Яго \u0438\u0306", RU_BE, False),
        ("#Навіны: сёння", "#Навіны: today", BE_EN, False),
        ("Он родился здесь.", "Ён bordзіўся тут.", RU_BE, True),
        ("Mинск и Cочи.", "Minsk and Sochi.", RU_EN, False),
        ("У него iPhone’ы.", "У яго iPhone’ы.", RU_BE, False),
    ],
)
def test_wrong_script(source: str, target: str, direction: Direction, expected: bool) -> None:
    """Letters outside of the target's alphabet, unless the word is a name, a tag or a quotation of the source."""
    assert (Flag.WRONG_SCRIPT in check(source, target, direction)) is expected


@pytest.mark.parametrize(("kind", "source", "target", "expected"), parameters("signs"))
def test_the_table_of_signs(kind: str, source: str, target: str, expected: str) -> None:
    """A sign may be a word on the other side, but not vanish, come or change."""
    assert (Flag.SIGN_MISMATCH in check(source, target, RU_EN)) is (expected == "yes")


@pytest.mark.parametrize(("direction", "source", "target", "expected"), parameters("numbers"))
def test_the_table_of_numbers(direction: str, source: str, target: str, expected: str) -> None:
    """Times, sums, scales and words are read as each language writes them."""
    flags = check(source, target, Direction(*direction.split("-")))
    assert (Flag.NUMBER_MISMATCH in flags) is (expected == "yes")


@pytest.mark.parametrize(("direction", "source", "target", "expected"), parameters("notation"))
def test_the_table_of_notations(direction: str, source: str, target: str, expected: str) -> None:
    """A number keeps its value when a model copies the marks of the other language, or drops them."""
    assert localize_numbers(source, target, Direction(*direction.split("-"))) == expected


@given(st.text(alphabet="19٣,.: 05", max_size=40), st.sampled_from([RU_EN, EN_BE, BE_RU]))
def test_numbers_keep_their_digits(text: str, direction: Direction) -> None:
    """Only marks change."""
    written = localize_numbers(text, text, direction)
    assert [char for char in written if char.isdecimal()] == [char for char in text if char.isdecimal()]


@given(st.text(alphabet="€₴±²½→😊5., aб", max_size=60))
def test_the_spans_of_signs_cover_them(text: str) -> None:
    """They are in order and apart, and outside of them there is no sign."""
    position, rest = 0, ""
    for span in sign_spans(text):
        assert position <= span.start < span.end
        rest += text[position : span.start]
        position = span.end
    assert not has_sign_mismatch(rest + text[position:], "")


def test_the_span_of_a_sign_has_the_minus_of_its_number() -> None:
    """What is kept from the model is the whole temperature; the dash of a range is no minus."""
    text = "Ночью −5 °C, билеты по 2–3 €."
    assert [span.slice(text) for span in sign_spans(text)] == ["−5 °", "3 €"]


def test_letters_that_a_language_lacks() -> None:
    """Belarusian has no и щ ъ, Russian no і ў, English no Cyrillic letter at all."""
    assert (foreign_letters("be"), foreign_letters("ru")) == ("ищъ", "іў")
    assert set("яўщё") <= set(foreign_letters("en"))


def test_what_the_decoder_knows() -> None:
    """Truncation and the score come from the hypothesis; a score at the limit is good enough."""
    assert check("Да.", "Yes.", RU_EN, truncated=True) == {Flag.TRUNCATED}
    assert check("Да.", "Yes.", RU_EN, score=LOW_CONFIDENCE_SCORE - 0.01) == {Flag.LOW_CONFIDENCE}
    assert check("Да.", "Yes.", RU_EN, score=LOW_CONFIDENCE_SCORE) == frozenset()
    assert check("Да.", "Yes.", RU_EN, score=-0.9, low_confidence_score=-0.5) == {Flag.LOW_CONFIDENCE}


@given(
    st.text(max_size=80), st.text(alphabet="аі5., :тысm-kbn19٣²", max_size=80), st.sampled_from([RU_EN, EN_BE, BE_RU])
)
def test_any_text_can_be_checked(source: str, target: str, direction: Direction) -> None:
    """No text makes a check fail, and numbers always equal themselves."""
    assert check(source, target, direction) <= frozenset(Flag)
    assert Flag.NUMBER_MISMATCH not in check(target, target, direction)
    assert Flag.PROTECTED_TOKEN_MISMATCH not in check(source, source, direction)


@given(st.text(st.characters(categories=("L", "M", "N")), max_size=20))
def test_no_third_script_escapes_the_look_that_comes_first(word: str) -> None:
    """A letter that is neither Latin nor Cyrillic, whatever else it is."""
    letters = (char for char in word if char.isalpha() and unicodedata.category(char) != "Lm")
    is_foreign = any(not LATIN.match(char) and not CYRILLIC.match(char) for char in letters)
    assert _has_third_script(word, frozenset()) == is_foreign
