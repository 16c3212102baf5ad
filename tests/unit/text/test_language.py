import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.text.language import LANGUAGES, detect, determine, normalize_code
from tests.cases import rows

RUSSIAN = """
Парламент принял бюджет на следующий год во втором чтении.
Учёные нашли в озере новый вид рыбы.
Сборная обыграла соперника и вышла в финал турнира.
Цены на хлеб в магазинах столицы почти не изменились.
Масса людей не вышла на работу в понедельник.
Врачи советуют пить больше воды в жару.
Он сказал, что поезда пойдут по новому пути.
Мы не знаем, когда они вернутся домой.
Суд оставил решение без изменений.
Новый мост соединил два берега реки.
На сайте kp.ru открыли новый раздел.
Apple показала iPhone 17 и часы.
Жюри назвало имя победителя конкурса.
Погода в выходные будет тёплой и сухой.
Школы города ждут первоклассников.
ПРЕЗИДЕНТ ПОДПИСАЛ УКАЗ О ВЫБОРАХ
«Это наша общая победа», — отметил тренер.
Рубль вырос к доллару и евро.
Почему опять подорожал бензин?
Полиция задержала двух человек.
Туристы застряли в горах из-за снега.
Театр покажет премьеру в пятницу.
Кто поедет на форум в Минск?
Спасатели нашли пропавших детей.
""".strip().split("\n")
BELARUSIAN = """
Парламент прыняў бюджэт на наступны год у другім чытанні.
Навукоўцы знайшлі ў возеры новы від рыбы.
Зборная абыграла саперніка і выйшла ў фінал турніру.
Цэны на хлеб у крамах сталіцы амаль не змяніліся.
Маса людзей не выйшла на працу ў панядзелак.
Урачы раяць піць больш вады ў спёку.
Ён сказаў, што цягнікі пойдуць па новым шляху.
Мы не ведаем, калі яны вернуцца дадому.
Суд пакінуў рашэнне без змен.
Новы мост злучыў два берагі ракі.
На сайце nn.by адкрылі новы раздзел.
Apple паказала iPhone 17 і гадзіннік.
Журы назвала імя пераможцы конкурсу.
Надвор’е на выходных будзе цёплае і сухое.
Школы горада чакаюць першакласнікаў.
ПРЭЗІДЭНТ ПАДПІСАЎ УКАЗ АБ ВЫБАРАХ
«Гэта наша агульная перамога», — адзначыў трэнер.
Рубель вырас да долара і еўра.
Чаму зноў падаражэў бензін?
Міліцыя затрымала двух чалавек.
Турысты засталіся ў гарах праз снег.
Тэатр пакажа прэм'еру ў пятніцу.
Хто паедзе на форум у Мінск?
Ратавальнікі знайшлі зніклых дзяцей.
Сьнег і зьмены надвор'я чакаюцца ў нядзелю.
Дзьве сястры напісалі плян і паслалі ліст.
Зь вёскі ён ня выйшаў, бо ня меў сілаў.
Сьвет зьмяніўся, і моладзь гэта бачыць.
На рынку прадаюць бульбу, цыбулю ды моркву.
Праезд у метро каштуе даражэй.
Выданне надрукавала адказ урада.
Выбары адбылiся ў нядзелю.
""".strip().split("\n")
ENGLISH = """
Parliament passed the budget for next year at second reading.
Scientists found a new species of fish in the lake.
The team beat its rival and reached the final.
Bread prices in the capital hardly changed.
Many people stayed away from work on Monday.
Doctors advise drinking more water in the heat.
He said that trains would take a new route.
We do not know when they will come home.
The court left the ruling unchanged.
A new bridge joined the two banks of the river.
Angela Müller met José Peña in São Paulo on Friday.
PRESIDENT SIGNS DECREE ON ELECTIONS
“This is our common victory,” the coach said.
Why has petrol become more expensive again?
Police detained two people.
Rescuers found the missing children.
Weather at the weekend will be warm and dry.
Schools are waiting for their pupils.
The rouble gained against the dollar.
Who will go to the forum in Minsk?
Tourists were trapped by snow in the mountains.
The theatre opens its season this week.
""".strip().split("\n")
FOREIGN = """
Der Bundestag hat das neue Gesetz beschlossen.
Die Regierung kündigte heute neue Maßnahmen an.
Ich liebe dich
Guten Tag
Das Haus ist rot und groß.
Le président a déclaré mardi que la loi serait votée.
Les enfants jouent dans le parc.
Je ne sais pas
Bonjour tout le monde
Prezydent spotkał się z premierem w Warszawie.
Rząd przyjął nową ustawę o podatkach.
Dzień dobry
El presidente habló ayer con la prensa.
Il governo ha approvato la legge di bilancio.
O governo não aprovou a lei.
De regering heeft het nieuwe plan niet aangenomen.
Vyriausybė priėmė įstatymą.
Верховна Рада ухвалила закон про державний бюджет.
Президент України підписав указ.
Що це таке?
Він не є депутатом.
Від нього та його друзів чекають відповіді.
Добрий день
Київ сьогодні
Дуже дякую
Влада је усвојила закон о буџету.
""".strip().split("\n")
CASES = [
    *(("ru", sentence) for sentence in RUSSIAN),
    *(("be", sentence) for sentence in BELARUSIAN),
    *(("en", sentence) for sentence in ENGLISH),
]
BARE = [
    "",
    " \n",
    "12 345,67",
    "https://kp.ru/a-b",
    "www.nn.by",
    "a.b@mail.ru",
    "@name",
    "😀🎉",
    "— … !?",
    "5 GB",
    "中文新聞",
]


@pytest.mark.parametrize(("language", "sentence"), CASES)
def test_a_sentence_is_determined(language: str, sentence: str) -> None:
    """A sentence of news is told from its neighbours' languages, Taraškievica and capitals included."""
    assert determine(sentence) == language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Привет"),
        ("ru", "Новые правила"),
        ("ru", "Сейчас"),
        ("be", "Прывітанне"),
        ("be", "Мінск"),
        ("be", "Сям’я"),
        ("be", "Дзяржаўны тэатр"),
        ("en", "Hello"),
        ("en", "Thank you"),
        ("en", "Breaking news"),
    ],
)
def test_a_short_text_with_evidence_is_determined(language: str, text: str) -> None:
    """One telling letter, spelling or word is enough."""
    assert determine(text) == language


@pytest.mark.parametrize("text", FOREIGN)
def test_another_language_is_not_determined(text: str) -> None:
    """Ukrainian is no Belarusian, German no English: no confident answer, mostly no candidate."""
    assert determine(text) is None


@pytest.mark.parametrize("text", BARE)
def test_nothing_to_go_by_gives_no_candidates(text: str) -> None:
    """Numbers, links, addresses, emoji, units and other scripts are no evidence."""
    assert detect(text) == []
    assert determine(text) is None


@pytest.mark.parametrize("text", ["Google", "парк", "Мама", "такт"])
def test_a_word_of_several_languages_is_left_open(text: str) -> None:
    """A word that several languages spell alike has candidates but no certain one."""
    assert determine(text) is None
    assert {candidate.language for candidate in detect(text)} == set(LANGUAGES)


def test_a_text_in_two_languages_is_not_certain() -> None:
    """Equal parts of Russian and Belarusian leave both with a share, however long the text is."""
    text = " ".join(f"{russian} {belarusian}" for russian, belarusian in zip(RUSSIAN, BELARUSIAN, strict=False))
    first, second, *_ = detect(text)
    assert {first.language, second.language} == {"ru", "be"}
    assert second.confidence > 0.05


def test_a_typed_latin_i_counts_as_the_cyrillic_one() -> None:
    """Old Belarusian texts have Latin i for і."""
    assert determine("Гiсторыя лiтаратуры") == "be"


@given(st.text())
def test_candidates_are_ordered_shares(text: str) -> None:
    """For any text there is no candidate or each supported language once, the likeliest first, summing to 1."""
    candidates = detect(text)
    confidences = [candidate.confidence for candidate in candidates]
    assert sorted(confidences, reverse=True) == confidences
    if candidates:
        assert sorted(LANGUAGES) == sorted(candidate.language for candidate in candidates)
        assert math.isclose(sum(confidences), 1)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_is_accepted(text: str) -> None:
    """Lone surrogates and controls raise nothing, and what is determined is a supported language."""
    assert determine(text) in (None, *LANGUAGES)


@pytest.mark.parametrize("unit", ["а", "a", "a.", "a@", "a-", "a'", "www.", "слово ", "Ў", "\ud800"])
def test_large_inputs_take_linear_time(unit: str) -> None:
    """The search for links does not go over a text again and again."""
    text = unit * (500_000 // len(unit))
    started = time.thread_time()
    detect(text)
    assert time.thread_time() - started < 3


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("ru", "ru"),
        ("RU", "ru"),
        ("be-BY", "be"),
        ("be_by", "be"),
        ("be-tarask", "be"),
        ("en-US", "en"),
        ("eng", "en"),
        ("bel", "be"),
        ("rus-Cyrl", "ru"),
        ("uk", None),
        ("de-DE", None),
        ("", None),
        ("b", None),
        ("be-", None),
        ("be BY", None),
        ("русский", None),
        ("russian", None),
        ("ru\n", None),
    ],
)
def test_a_language_code_is_normalised(code: str, language: str | None) -> None:
    """A BCP 47 code of a supported language gives its two letters, anything else None."""
    assert normalize_code(code) == language


SAMPLES = [(row[0], row[1]) for row in rows("languages")]
WORDS = (1, 2, 3, 5, 8, 12)


def _heads(*languages: str) -> list[tuple[str, str]]:
    """The first words of each sample of these languages, as many as the table says, each once."""
    return sorted({(code, " ".join(text.split()[:n])) for code, text in SAMPLES for n in WORDS if code in languages})


def test_neighbours_are_not_taken_for_ours() -> None:
    """Of Ukrainian, Bulgarian, Serbian, Polish and romanised texts of any length few look like one of ours."""
    heads = _heads("uk", "bg", "sr", "pl", "ru-Latn", "be-Latn")
    taken = [head for _, head in heads if (found := detect(head)) and found[0].confidence > 0.7]
    assert len(taken) <= 0.05 * len(heads), taken


@pytest.mark.parametrize("code", ["ru", "be", "en"])
def test_short_texts_of_ours_are_told(code: str) -> None:
    """Headlines of two words or more, with brands, units and foreign names in them."""
    heads = [head for _, head in _heads(code) if " " in head]
    wrong = [head for head in heads if determine(head) not in (None, code)]
    found = [head for head in heads if determine(head) == code]
    assert wrong == []
    assert len(found) >= 0.85 * len(heads)
