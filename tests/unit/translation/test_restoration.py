"""What the models cannot give back: quotation marks, apostrophes, ellipses, the missing stop of headlines, capitals."""

import pytest

from talmach.translation.restoration import Manner
from tests.cases import parameters


def restored(source: str, target: str, language: str = "en", *, all_caps: bool = False, before: str = "") -> str:
    """A translation in the manner of its source, which is one part."""
    return Manner.of(source, language, all_caps=all_caps).restore(source, target, before)


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("Він «Нёман» тут.", 'The "Neman" is here.', "en", "The “Neman” is here."),
        ("The “Neman” won.", '"Нёман" перамог.', "be", "«Нёман» перамог."),
        ("The “Neman” won.", '("Нёман" — "Днепр")', "ru", "(«Нёман» — «Днепр»)"),
        ("„Нёман“ тут.", '"Neman" here.', "en", "“Neman” here."),
        ("Победили «Шахтёр»/«БАТЭ».", '"Shakhtyor"/"BATE" won.', "en", "“Shakhtyor”/“BATE” won."),
        ("“Shakhtyor”/“BATE” won.", 'Перамаглі "Шахцёр"/"БАТЭ".', "be", "Перамаглі «Шахцёр»/«БАТЭ»."),
        ("“Shakhtyor”–“BATE” 1:0.", '"Шахтёр"–"БАТЭ" 1:0.', "ru", "«Шахтёр»–«БАТЭ» 1:0."),
        ("«Але я…» — сказаў ён.", '"But I—" he said.', "en", "“But I—” he said."),
        ("«Але я…» — сказаў ён.", '"But I–" he said.', "en", "“But I–” he said."),
        ("«Мы рады», — сказаў ён.", '"We are glad," he said.', "en", "“We are glad,” he said."),
        ("Ён сказаў: «Мы рады.", 'He said: "We are glad.', "en", "He said: “We are glad."),
        ("Мы рады», — сказаў ён.", 'We are glad," he said.', "en", "We are glad,” he said."),
    ],
)
def test_quotation_marks_are_those_of_the_target_language(
    source: str, target: str, language: str, expected: str
) -> None:
    """Also where a quotation begins or ends in another sentence."""
    assert restored(source, target, language) == expected


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        (
            "«Стаўка „перагрэта“, — лічыць ён».",
            '"Ставка "перегрета", — считает он".',
            "ru",
            "«Ставка „перегрета“, — считает он».",
        ),
        (
            "«Стаўка „перагрэта“», — лічыць ён.",
            "\"The rate is 'overheated',\" he says.",
            "en",
            "“The rate is ‘overheated’,” he says.",
        ),
        ("“It is ‘hot’ here,” she said.", '"Тут "горача", — сказала яна".', "be", "«Тут „горача“, — сказала яна»."),
        # Who uses one kind of marks for both, gets one kind.
        (
            "«Сёння «Эпл» тут», — сказаў ён.",
            '"Сегодня "Эппл" здесь", — сказал он.',
            "ru",
            "«Сегодня «Эппл» здесь», — сказал он.",
        ),
    ],
)
def test_a_quotation_inside_of_another_has_marks_of_its_own(
    source: str, target: str, language: str, expected: str
) -> None:
    """As the source tells them apart, in the marks of the target language."""
    assert restored(source, target, language) == expected


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        # The closing mark is lost, at the end.
        ("He said, “I am here. I will win.”", 'Ён сказаў: "Я тут. Я выйграю.', "be", "Ён сказаў: «Я тут. Я выйграю»."),
        (
            "Ён сказаў: «Я тут. Я выйграю!»",
            'He said, "I am here. I will win!',
            "en",
            "He said, “I am here. I will win!”",
        ),
        ("Ён сказаў: «Я тут…»", 'He said, "I am here...', "en", "He said, “I am here…”"),
        # The opening mark is lost, at the beginning.
        ("«Мы тут», — сказаў ён.", 'We are here," he said.', "en", "“We are here,” he said."),
        # Direct speech behind a dash, of which English makes a quotation.
        ("Мы тут, — сказаў ён.", 'We are here," he said.', "en", "“We are here,” he said."),
        ("Мы тут, — сказаў ён.", '"We are here, he said.', "en", "We are here, he said."),
        # No quotation mark at all.
        ("Экран — 15 цаляў.", 'The screen has 15".', "en", "The screen has 15”."),
        # A quotation that goes on in another sentence has one mark in both.
        ("«Мы тут, — сказаў ён.", '"We are here, he said.', "en", "“We are here, he said."),
        ("Мы тут», — сказаў ён.", 'We are here," he said.', "en", "We are here,” he said."),
    ],
)
def test_quotation_marks_come_in_pairs(source: str, target: str, language: str, expected: str) -> None:
    """A model that mislays one gets it back, or loses the other, where the source tells which."""
    assert restored(source, target, language) == expected


@pytest.mark.parametrize(("kind", "language", "source", "target", "expected"), parameters("restoration"))
def test_the_table_of_restoration(kind: str, language: str, source: str, target: str, expected: str) -> None:
    """What models mislay comes back where the source tells how it was; what is right stays."""
    assert restored(source, target, language) == expected


def test_english_opens_a_quotation_again_behind_the_words_of_who_speaks() -> None:
    """«Мы тут, — сказаў ён. — Мы будзем». English has closed it before he said so; the others have not."""
    for source, mark, language, target, expected in (
        ("Мы будзем».", "«", "en", 'We will be."', "“We will be.”"),
        ("Мы будзем».", "«", "en", '"We will be."', "“We will be.”"),
        ("Мы будзем.", "«", "en", "We will be.", "“We will be."),
        ("Мы будзем.", '"', "en", "We will be.", '"We will be.'),
        ("Мы будзем».", "«", "ru", 'Мы будем".', "Мы будем»."),
    ):
        manner = Manner.of(source, language, all_caps=False, resumes=mark)
        assert manner.restore(source, target, "") == expected


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("“We are here,” he said.", '"Мы тут", - сказаў ён.', "be", "«Мы тут», — сказаў ён."),
        ('"We are here," he said.', '"Мы здесь", - сказал он.', "ru", '"Мы здесь", — сказал он.'),
        ("«Слуцк» – «Гомель» 0:0.", '"Slutsk" - "Gomel" 0:0.', "en", "“Slutsk” – “Gomel” 0:0."),
        ("Падрабязнасці — на сайце.", "Details - on the site.", "en", "Details — on the site."),
        # Who types hyphens instead, keeps them.
        ("Навіны - Спорт", "Новости - Спорт", "ru", "Новости - Спорт"),
        ("Слуцк перамог.", "Slutsk - the winner.", "en", "Slutsk - the winner."),
        # What the models were never shown.
        ("Тур пройдзе 5–6 снежня.", "Тур пройдет 5-6 декабря.", "ru", "Тур пройдет 5–6 декабря."),
        ("Лік 7,5—8,2 %.", "The rate of 7.5-8.2%.", "en", "The rate of 7.5–8.2%."),
        ("З 5–6 на 17-6.", "С 5-6 на 17-6.", "ru", "С 5–6 на 17-6."),
        ("Да −5 °C, удзень +3.", "До —5 °C, днём +3.", "ru", "До −5 °C, днём +3."),
        ("Да −5 °C.", "To -5 °C.", "en", "To −5 °C."),
    ],
)
def test_dashes_hyphens_and_minus_signs_are_told_apart(source: str, target: str, language: str, expected: str) -> None:
    """Folded together for the models, they come back as the source has them and the target language writes them."""
    assert restored(source, target, language) == expected


@pytest.mark.parametrize(
    ("source", "target", "before", "expected"),
    [
        ("в феврале её не меняли.", "It was not changed in February.", "", "it was not changed in February."),
        ("за суткі набраў 12 тыс.", "In a day, it got 12,000.", " ", "in a day, it got 12,000."),
        ("12 мая адкрылі музей.", "On May 12, a museum opened.", " ", "on May 12, a museum opened."),
        # Words that have a capital of their own, or that no list has.
        ("учора быў дождж.", "Yesterday Minsk had rain.", "", "yesterday Minsk had rain."),
        ("у Мінску дождж.", "Minsk has rain.", "", "Minsk has rain."),
        ("я тут.", "I am here.", "", "I am here."),
        ("у газеце The Times.", "The Times has it.", "", "The Times has it."),
        ("у маі дождж.", "May 12 has rain.", "", "May 12 has rain."),
        # A sentence that begins like one.
        ("За суткі набраў 12 тыс.", "In a day, it got 12,000.", "", "In a day, it got 12,000."),
        ("12 мая адкрылі музей.", "On May 12, a museum opened.", "", "On May 12, a museum opened."),
        ("iPhone тут.", "The iPhone is here.", "", "The iPhone is here."),
    ],
)
def test_what_goes_on_with_a_small_letter_does_so_in_translation(
    source: str, target: str, before: str, expected: str
) -> None:
    """Items of a list, and what stands behind a link or a name that is kept: models begin it like a sentence."""
    assert Manner.of(source, "en", all_caps=False).restore(source, target, before) == expected


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("цана 15 рублёў.", "Price 15 roubles.", "en", "price 15 roubles."),
        ("у маі 15 дзён дажджу.", "May 15 had rain.", "en", "May 15 had rain."),
        ("прыехалі госці.", "Приехали гости.", "ru", "приехали гости."),
        ("цена 15 рублей.", "Цана 15 рублёў.", "be", "цана 15 рублёў."),
        ("сёння Мінск спіць.", "Минск спит сегодня.", "ru", "Минск спит сегодня."),
        ("сёння Мінск спіць.", "Сегодня Минск спит.", "ru", "сегодня Минск спит."),
        ("account posted a photo.", "Учётная запись опубликовала фото.", "ru", "учётная запись опубликовала фото."),
        ("today Zhlobin sleeps.", "Жлобін сёння спіць.", "be", "Жлобін сёння спіць."),
    ],
)
def test_what_goes_on_behind_a_kept_token(source: str, target: str, language: str, expected: str) -> None:
    """A word that no list has is lowered where the source shows that it is no name."""
    assert Manner.of(source, language, all_caps=False).restore(source, target, " ") == expected


def test_a_part_knows_what_stands_before_it() -> None:
    """A mark right behind a kept word closes."""
    manner = Manner.of("Сайт «example.by» тут.", "en", all_caps=False)
    assert manner.restore("тут", '" is here', "y") == "” is here"
    assert manner.restore("тут", '"here', " ") == "“here"


def test_straight_marks_stay_straight() -> None:
    """Where the source writes them so, and where it writes nothing typographic at all."""
    assert restored('Он сказал "да".', 'He said "yes".') == 'He said "yes".'
    assert restored('У сям’і ёсць "так".', 'A family\'s "yes".') == 'A family’s "yes".'
    assert restored("У сям'і «так».", 'A family\'s "yes".') == "A family's “yes”."
    assert restored("Сям'я тут.", "It's here.") == "It's here."


def test_an_author_of_dashes_gets_typographic_marks() -> None:
    """Nobody types a dash by accident."""
    for dash in "—–":
        assert restored(f"Мы тут, {dash} сказаў ён.", '"It\'s here," he said.') == "“It’s here,” he said."


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("«Нёман»", "Neman's players' bus", "en", "Neman’s players’ bus"),
        ("It’s here.", "Сям'я тут.", "be", "Сям’я тут."),
        ("It’s here.", "Жанна д'Арк тут.", "ru", "Жанна д'Арк тут."),
    ],
)
def test_apostrophes_are_those_of_the_target_language(source: str, target: str, language: str, expected: str) -> None:
    """Russian has none of its own."""
    assert restored(source, target, language) == expected


def test_ellipses_are_as_in_the_source() -> None:
    """One character or three, as the source has it."""
    assert restored("Так…", "Yes...") == "Yes…"
    assert restored("Так...", "Yes...") == "Yes..."


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Адкрылі школу", "A school has opened.", "A school has opened"),
        ("Адкрылі школу.", "A school has opened.", "A school has opened."),
        ("«Адкрылі школу.»", "A school has opened.", "A school has opened."),
        ("Адкрылі школу!", "A school has opened.", "A school has opened."),
        ("Прэзідэнт ЗША", "President of the U.S.", "President of the U.S."),
        ("Адкрылі школу", "A school has opened...", "A school has opened..."),
        ("Адкрылі школу", ".", ""),
        ("Адкрылі школу", "", ""),
    ],
)
def test_headlines_get_no_full_stop(source: str, target: str, expected: str) -> None:
    """The model's habit is undone; the dot of an abbreviation is none of it."""
    assert restored(source, target) == expected


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("Бюджэт на 2024–2025 гады", "Бюджет на 2024–2025 гг.", "ru", "Бюджет на 2024–2025 гг."),
        ("Білет за 5 рублёў", "Билет за 5 руб.", "ru", "Билет за 5 руб."),
        ("Хлеб, соль і іншае", "Хлеб, соль и др.", "ru", "Хлеб, соль и др."),
        ("Хлеб, соль и другое", "Хлеб, соль і інш.", "be", "Хлеб, соль і інш."),
        ("Хлеб, соль и другое", "Bread, salt, etc.", "en", "Bread, salt, etc."),
        ("Суд над Джонам Ліндам-малодшым", "The trial of John Lind Jr.", "en", "The trial of John Lind Jr."),
        ("Новы завод Lind Inc.", "Новый завод Lind Inc.", "ru", "Новый завод Lind Inc."),
        ("Эвакуіравалі 12 тысяч", "Эвакуировали 12 тыс.", "ru", "Эвакуировали 12 тыс."),
        # Words that look like abbreviations, and units that are written without a dot.
        ("Доктар дапамог ім", "Доктор помог им.", "ru", "Доктор помог им"),
        ("Музей знайшоў письмо", "Музей знайшоў ліст.", "be", "Музей знайшоў ліст"),
        ("Музей современного искусства", "A museum of modern art.", "en", "A museum of modern art"),
        ("Бягун адолеў 42 км", "Бегун преодолел 42 км.", "ru", "Бегун преодолел 42 км"),
    ],
)
def test_the_dot_of_an_abbreviation_stays(source: str, target: str, language: str, expected: str) -> None:
    """A headline may end in one that the target language's table knows."""
    assert restored(source, target, language) == expected


def test_capitals_are_given_back_but_for_protected_tokens() -> None:
    """As in the source."""
    assert restored("АДКРЫЛІ", "Opened at example.by today", all_caps=True) == "OPENED AT example.by TODAY"


def test_belarusian_is_spelled_officially() -> None:
    """A letter that only the other orthography has is written as the official one does; in other languages it stays."""
    assert restored("Greenland is Denmark's.", "Ґрэнландыя і ґанак.", "be") == "Грэнландыя і ганак."
    assert restored("Ґанак тут.", "The letter ґ is here.") == "The letter ґ is here."
    # What a glossary puts into the source is wanted as it is.
    assert restored("Ґмах is here.", "Ґмах тут.", "be") == "Ґмах тут."
