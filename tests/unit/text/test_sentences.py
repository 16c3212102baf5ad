import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.text.sentences import INVISIBLE, split
from talmach.text.span import Span
from tests.cases import parameters

# Each example lists the sentences of one paragraph; joined with blanks they must be found again.
RUSSIAN = [
    ["Парламент собрался утром.", "Премьер выступил первым."],
    ["Завод построили в 2024 г.", "Президент открыл его сам."],
    ["В 2024 г. Минск принял форум.", "Гости остались довольны."],
    ["15 янв. Банк снизил ставку."],
    ["Город основан в XI в.", "Крепость появилась позже."],
    ["В XIX в. Россия строила железные дороги."],
    ["Он работал там в 1990-х гг.", "Потом уехал."],
    ["Делегация прибыла в г. Минск вчера."],
    ["Музей стоит на ул. Ленина, д. 5, кв. 12.", "Вход свободный."],
    ["Театр им. Янки Купалы открыл сезон.", "Зал был полон."],
    ["Врач помог им.", "Потом они уехали."],
    ["На счёте 5 тыс. руб.", "Банк доволен."],
    ["Билет стоит 5 руб. 30 коп.", "Цена не изменится."],
    ["Бюджет вырос до 3 млрд.", "Доходы выросли сильнее."],
    ["Бюджет вырос до 3,5 млрд. рублей за год."],
    ["Они взяли хлеб, соль и т. д.", "Потом ушли."],
    ["Там были врачи, учителя и др.", "Все они молчали."],
    ["Там были яблоки, груши и пр.", "Цены не выросли."],
    ["Это, т. е. Минск, и есть столица."],
    ["Он, т.к. Иванов болел, выступил сам."],
    ["Роман написал А. С. Пушкин.", "Его издали в 1833 г."],
    ["Роман написал А.С. Пушкин.", "Его издали быстро."],
    ["Книгу Дж. Р. Р. Толкина перевели."],
    ["Премьер Дж. Смит ушёл."],
    ["Главное здесь — витамин С.", "Он полезен."],
    ["Тогда правил Николай I.", "Царь умер в 1855 г."],
    ["Речь идёт о группе А.", "В ней пять команд."],
    ["Акад. Сахаров и проф. Иванов были против.", "Д-р Петров молчал."],
    ["См. рис. 3 и гл. 5 отчёта."],
    ["Это было в 5 в. до н. э.", "Римляне победили."],
    ["Цена выросла с 3.5 до 4.2 доллара.", "Курс — 3,27."],
    ["Встреча 12.05.2024 в 10.30.", "Она закрыта."],
    ["Выборы 12. 05. 2024 прошли спокойно."],
    ["Турнир завершился.", "25 августа начнётся новый."],
    ["Вышла версия 2.0.1.", "Ошибок нет."],
    ["Подробности на kp.ru.", "Там есть и видео."],
    ["Смотрите www.x.by/a?b=1.", "Сайт работает."],
    ["Пишите на a.b@mail.ru.", "Ответим завтра."],
    ["Он ждал... потом ушёл...", "Дверь закрылась."],
    ["Он молчал… и думал…", "Потом заговорил."],
    ["Что?!", "Как это вышло?", "Никто не знает!.."],
    ["«Мы победим!» — сказал он.", "Зал встал."],
    ["«Мы победим!» — Иванов поднял руку."],
    ["«Куда?» — спросила она."],
    ["«Он пришёл.»", "Потом все ушли."],
    ["«Я ждал.", "Долго», — сказал он."],
    ["(Он ушёл.)", "Все молчали."],
    ["Все ждали (см. ниже).", "Никто не пришёл."],
    ["Он назвал это (!) Победой."],
    ["Сервис «Яндекс. Новости» закрыт.", "Причина неизвестна."],
    ["Компания показала телефон.", "iPhone подешевел."],
    ["Село в Минской обл.", "Там тихо."],
    ["1. Первое дело.", "2. Второе дело."],
    ["Фильм вышел.[3]", "Критики молчали."],
    ["Он купил «Правду».", "Прочёл и лёг спать."],
    ["Тов. Иванов и гр. Петров спорили."],
    ["Дистанция — 100 м.", "Спортсмен упал."],
    ["Встречаемся у ст. м. Немига в 5."],
    ["Ура!", "🎉 Мы победили."],
    ["Фирма Apple Inc.", "Она растёт."],
]
BELARUSIAN = [
    ["Парламент сабраўся раніцай.", "Прэм'ер выступіў першы."],
    ["Завод пабудавалі ў 2024 г.", "Прэзідэнт адкрыў яго сам."],
    ["У 2024 г. Мінск прыняў форум.", "Госці засталіся задаволеныя."],
    ["Горад заснаваны ў XI ст.", "Крэпасць з'явілася пазней."],
    ["У г. Гродна адкрылі музей."],
    ["Ён жыве на вул. Я. Коласа, д. 5, кв. 12.", "Дом стары."],
    ["Тэатр імя Янкі Купалы адкрыў сезон.", "Зала была поўная."],
    ["Музей ім. Максіма Багдановіча зачынены."],
    ["На рахунку 5 тыс. руб.", "Банк задаволены."],
    ["Квіток каштуе 5 руб. 30 кап.", "Цана не зменіцца."],
    ["Бюджэт вырас да 3 млрд.", "Даходы выраслі мацней."],
    ["Купілі хлеб, соль і г. д.", "Потым пайшлі."],
    ["Купілі хлеб, соль і г.д.", "Потым пайшлі."],
    ["Там былі ўрачы і інш.", "Усе яны маўчалі."],
    ["Гэта, г. зн. Мінск, і ёсць сталіца."],
    ["Верш напісаў Я. Колас.", "Яго надрукавалі хутка."],
    ["Кнігу А. С. Пушкіна пераклалі."],
    ["Акад. Іваноў і праф. Лес былі супраць."],
    ["Гл. мал. 3 і табл. 2."],
    ["Ён з’ехаў.", "Яна аб'явіла пра гэта."],
    ["Сям’я прыехала.", "Бацька маўчаў."],
    ["Надвор’е добрае!", "Ці надоўга?", "Ніхто не ведае."],
    ["«Мы пераможам!» — сказаў ён.", "Зала ўстала."],
    ["«Куды?» — спытаў ён.", "Яна маўчала."],
    ["«Ён прыйшоў.»", "Потым усе пайшлі."],
    ["(Ён пайшоў.)", "Усе маўчалі."],
    ["Ён чакаў... потым пайшоў…", "Дзверы зачыніліся."],
    ["Турнір завяршыўся.", "25 жніўня пачнецца новы."],
    ["Курс — 3,27.", "Цана вырасла з 3.5 да 4.2."],
    ["Падрабязнасці на nn.by.", "Там ёсць відэа."],
    ["Дыстанцыя — 100 м.", "Спартсмен упаў."],
    ["Ён дапамог ім.", "Потым яны паехалі."],
    ["Сп. Іваноў і спн. Лес спрачаліся."],
    ["Вёска ў Мінскай вобл.", "Там ціха."],
    ["Ён, напр. Іваноў, не згодны."],
    ["Ў канцы дня ўсё сціхла.", "Ўсе заснулі."],
    ["Ён жыў у 1990-х гг.", "Потым з'ехаў."],
    ["Зьмены прыйшлі ў 1991 г.", "Сьвет стаў іншы."],
]
ENGLISH = [
    ["Parliament met in the morning.", "The premier spoke first."],
    ["Mr. Smith met Mrs. Jones and Dr. Brown.", "They talked."],
    ["Gen. Miller, Sen. Lee, Rep. Cox and Gov. Hill came.", "Prof. Dale did not."],
    ["George W. Bush met J. K. Rowling.", "They shook hands."],
    ["The book by J.K. Rowling sold well."],
    ["The U.S. Senate voted.", "The U.K. Parliament did not."],
    ["He lives in the U.S.", "He likes it."],
    ["Apple Inc. Chairman Lee left.", "He was 60."],
    ["She works for Acme Corp.", "It makes anvils."],
    ["Acme Ltd. Directors met.", "The meeting was long."],
    ["The talks began on Jan. 5 in Geneva.", "They end on Feb. 7."],
    ["The talks began at 5 p.m. Monday."],
    ["The shop opens at 9 a.m.", "Customers wait."],
    ["The train left at 5 p.m. EST."],
    ["See No. 5 on the list.", "It is good."],
    ["I said no.", "She said yes."],
    ["See e.g. Smith vs. Jones, i.e. the old case."],
    ["They sell tea, coffee, etc.", "Prices vary."],
    ["The rate rose from 3.5 to 4.2 percent.", "Nobody was surprised."],
    ["Version 2.0.1 is out.", "It has no bugs."],
    ["Visit www.x.by/a?b=1.", "The site works."],
    ["Write to a.b@mail.org.", "We will reply."],
    ["“He came.”", "Then they left."],
    ['"He came."', "Then they left."],
    ['"Really?" he asked.', "Nobody answered."],
    ['"Really?" Smith asked.', "Nobody answered."],
    ['"No!"', "He left the room."],
    ["(He left.)", "They stayed."],
    ["He waited... and left...", "The door closed."],
    ["What?!", "How?", "Nobody knows!"],
    ["Martin Luther King Jr. Day is a holiday."],
    ["He met King Jr.", "It was in 1960."],
    ["They moved to St. Louis.", "It was cold."],
    ["She lives on Main St.", "It is quiet there."],
    ["Plan B.", "It failed too."],
    ["He has a Ph.D. in physics.", "She has a Ph.D.", "They teach."],
    ["The U.N. Security Council met at 10 a.m. local time.", "It lasted an hour."],
    ["The tournament ended.", "25 teams had taken part."],
    ["Sales grew 5% vs. Q2.", "Profits fell."],
    ["1. First thing.", "2. Second thing."],
    ["The film came out.[3]", "Critics were silent."],
    ["Shares fell.", "“We are not worried,” she said.", "“Why should we be?”"],
    ["The phone is new.", "iPhone sales fell."],
]
CASES = [
    *(("ru", sentences) for sentences in RUSSIAN),
    *(("be", sentences) for sentences in BELARUSIAN),
    *(("en", sentences) for sentences in ENGLISH),
]


@pytest.mark.parametrize("with_language", [True, False], ids=["own rules", "union"])
@pytest.mark.parametrize(("language", "sentences"), CASES)
def test_the_sentences_of_a_paragraph_are_found(language: str, sentences: list[str], with_language: bool) -> None:
    """The splitter finds the sentences that an editor sees, with the rules of the language and with all rules."""
    text = " ".join(sentences)
    assert sentences == [span.slice(text) for span in split(text, language if with_language else None)]


@pytest.mark.parametrize("with_language", [True, False], ids=["own rules", "union"])
@pytest.mark.parametrize(("kind", "language", "marked"), parameters("sentences"))
def test_the_table_of_cases(kind: str, language: str, marked: str, with_language: bool) -> None:
    """Abbreviations by kind, labels, lists in a line, forgotten blanks, and texts in small letters."""
    text = marked.replace("‖", "")
    expected = [sentence.strip() for sentence in marked.split("‖")]
    assert expected == [span.slice(text) for span in split(text, language if with_language else None)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("— Да. — Он ушёл.", ["— Да.", "Он ушёл."]),
        ("— Не знаю, — ответил он. — Посмотрим.", ["— Не знаю, — ответил он.", "Посмотрим."]),
        ("— Куды? — спытаў ён. — Дадому.", ["— Куды? — спытаў ён.", "Дадому."]),
        ("Это прошло.Однако дождь идёт.", ["Это прошло.", "Однако дождь идёт."]),
        ("Гэта прайшло.Аднак дождж ідзе.", ["Гэта прайшло.", "Аднак дождж ідзе."]),
        ("Музей на ул.Ленина закрыт.", ["Музей на ул.Ленина закрыт."]),
        ("Сказал он.\nПотом ушёл.", ["Сказал он.", "Потом ушёл."]),
        ("Он пришёл. »\u00a0Потом ушёл.", ["Он пришёл. »", "Потом ушёл."]),
        ("Он пришёл .  Потом ушёл .", ["Он пришёл .", "Потом ушёл ."]),
        ("  Отступ.\u200b\u00a0 Конец. \ufeff", ["Отступ.", "Конец."]),
        ("! ? … !!!", ["! ? … !!!"]),
        ("", []),
        (" \t\u00a0\u200b\ufeff\u2066 ", []),
    ],
)
def test_boundaries_that_are_no_single_blank(text: str, sentences: list[str]) -> None:
    """Dashes of direct speech, missing, double and invisible blanks lie between the sentences, not in them."""
    assert sentences == [span.slice(text) for span in split(text)]


@given(st.text(alphabet=st.one_of(st.sampled_from("Аа Бг. в.!?…«»\"'()—-1 5\n\u00a0\u200bЎI"), st.characters())))
def test_what_lies_between_sentences_is_invisible_or_a_dash(text: str) -> None:
    """For any text the spans are ordered, not empty, trimmed, and lose nothing but blanks and speech dashes."""
    position = 0
    for span in split(text):
        assert position <= span.start < span.end
        assert not text[position : span.start].strip(INVISIBLE + "—–−-")
        assert span.slice(text) == span.slice(text).strip(INVISIBLE)
        position = span.end
    assert not text[position:].strip(INVISIBLE)


@pytest.mark.parametrize(
    "unit", ["а", "А. ", ".", "! ", "г. Минск ", "слово ", "…", "» ", '." ', "5 тыс. ", "\u200b", "A.B. "]
)
def test_a_megabyte_on_one_line_is_split_in_linear_time(unit: str) -> None:
    """No input makes the look around a stop grow with the text."""
    text = unit * (1_000_000 // len(unit))
    repeated = unit * 10_000
    started = time.thread_time()
    split(repeated)
    assert time.thread_time() - started < 2
    started = time.thread_time()
    split(text)
    assert time.thread_time() - started < 8


@pytest.mark.parametrize(
    "text",
    [
        "Слова ўзяла архівістка Т. П. Вясёлка.",
        "The minister, Mr. R. Ya. Kapusta, agreed.",
        "It was signed by Yu. Kh. Lis.",
    ],
)
def test_initials_that_look_like_something_else(text: str) -> None:
    """Initials spelled like «т. п.», and romanised ones of two letters, do not end the sentence."""
    assert split(text, None) == [Span(0, len(text))]
