import time

import pytest

from talmach.text.boilerplate import BoilerplateKind, find, kind_of
from talmach.text.document import Document
from tests.cases import parameters

K = BoilerplateKind

LINES = [
    # pictures
    ("Фото: Иван Петров", K.CREDIT),
    ("Фото: А. Смирнова / БелТА.", K.CREDIT),
    ("Фото: kp.ru", K.CREDIT),
    ("Фото из архива: пресс-служба МЧС", K.CREDIT),
    ("Фото: пресс-служба Министерства Обороны", K.CREDIT),
    ("Фота: БелТА", K.CREDIT),
    ("Фота: Марыя Каваль, з асабістага архіва", K.CREDIT),
    ("Фотаздымак: Янка Лес / «Зорка»", K.CREDIT),
    ("Photo: Reuters", K.CREDIT),
    ("Photo by Jane Miller", K.CREDIT),
    ("(Photo: AP/Tom Brown)", K.CREDIT),
    ("Image credit: NASA", K.CREDIT),
    ("Getty Images", K.CREDIT),
    ("Tom Brown/Getty Images", K.CREDIT),
    ("© Reuters", K.CREDIT),
    ("Фото носит иллюстративный характер.", K.CAPTION),
    ("Иллюстративное фото", K.CAPTION),
    ("Фота мае ілюстрацыйны характар", K.CAPTION),
    ("Архіўнае фота", K.CAPTION),
    ("File photo", K.CAPTION),
    ("На фото: премьер открывает новый мост через реку", K.CAPTION),
    ("На здымку злева: дырэктар завода", K.CAPTION),
    ("Pictured: the new bridge at sunrise", K.CAPTION),
    # share
    ("Поделиться", K.SHARE),
    ("Поделиться в Telegram", K.SHARE),
    ("Поделитесь с друзьями!", K.SHARE),
    ("Падзяліцца", K.SHARE),
    ("Падзяліцеся з сябрамі", K.SHARE),
    ("Share this", K.SHARE),
    ("Share this article", K.SHARE),
    ("Share on Facebook", K.SHARE),
    ("Share | Tweet | Print | Email", K.SHARE),
    # subscribe
    ("Подписывайтесь на наш Telegram", K.SUBSCRIBE),
    ("Подписывайтесь на наш канал и узнавайте новости первыми!", K.SUBSCRIBE),
    ("Подпишитесь на рассылку.", K.SUBSCRIBE),
    ("Читайте нас в Дзене", K.SUBSCRIBE),
    ("Следите за нашими новостями в соцсетях", K.SUBSCRIBE),
    ("Мы в Telegram", K.SUBSCRIBE),
    ("Падпісвайцеся на наш Telegram-канал", K.SUBSCRIBE),
    ("Чытайце нас у Тэлеграме", K.SUBSCRIBE),
    ("Сачыце за нашымі навінамі", K.SUBSCRIBE),
    ("Мы ў Instagram і Facebook", K.SUBSCRIBE),
    ("Follow us", K.SUBSCRIBE),
    ("Follow us on Twitter and Facebook", K.SUBSCRIBE),
    ("Subscribe to our daily newsletter", K.SUBSCRIBE),
    ("Sign up for our weekly politics newsletter.", K.SUBSCRIBE),
    ("Subscribe", K.SUBSCRIBE),
    # other articles
    ("Читайте также", K.RELATED),
    ("Читайте также: В Минске открыли новый парк", K.RELATED),
    ("Читайте также: Что дальше? Мнение эксперта. Прогноз", K.RELATED),
    ("По теме:", K.RELATED),
    ("Последние новости", K.RELATED),
    ("Самое читаемое", K.RELATED),
    ("Чытайце таксама: У Гродне адкрылі тэатр", K.RELATED),
    ("Глядзіце таксама", K.RELATED),
    ("Апошнія навіны", K.RELATED),
    ("Па тэме: бюджэт на новы год", K.RELATED),
    ("Read also: New bridge opens in Minsk", K.RELATED),
    ("Read more", K.RELATED),
    ("Recent news", K.RELATED),
    ("Related: What the budget means for you", K.RELATED),
    ("Most popular", K.RELATED),
    ("You might also like", K.RELATED),
    # who, where, when
    ("МИНСК, 5 мая — РИА Новости.", K.DATELINE),
    ("МОСКВА, 12 янв - ТАСС.", K.DATELINE),
    ("5 мая, Минск /Корр. БЕЛТА/.", K.DATELINE),
    ("Минск, 5 мая", K.DATELINE),
    ("МІНСК, 5 мая — БелТА.", K.DATELINE),
    ("Гродна, 17 верасня 2025", K.DATELINE),
    ("MINSK, May 5 (Reuters) -", K.DATELINE),
    ("LONDON (AP) —", K.DATELINE),
    ("23 ноября 2026, 14:05", K.DATELINE),
    ("23 лістапада 2026, 14:05", K.DATELINE),
    ("November 23, 2026 2:05 pm", K.DATELINE),
    ("23.11.2026", K.DATELINE),
    ("14:05", K.DATELINE),
    ("Сегодня, 14:05", K.DATELINE),
    ("Опубликовано: 5 мая 2024 в 10:30", K.DATELINE),
    ("Абноўлена 5 мая 2024 г.", K.DATELINE),
    ("Updated: 5 May 2024, 10:30 GMT", K.DATELINE),
    ("2 hours ago", K.DATELINE),
    ("5 минут назад", K.DATELINE),
    ("By John Smith", K.BYLINE),
    ("By John Smith and Mary Lee", K.BYLINE),
    ("By JOHN SMITH, Political Correspondent", K.BYLINE),
    ("Reporting by John Smith in Minsk; Editing by Mary Lee", K.BYLINE),
    ("Mary Lee, BBC correspondent", K.BYLINE),
    ("Иван Иванов, корреспондент", K.BYLINE),
    ("Иван Иванов, специальный корреспондент «Зари»", K.BYLINE),
    ("Автор: Анна Белова", K.BYLINE),
    ("Источник: ТАСС", K.BYLINE),
    ("Подготовила Анна Белова", K.BYLINE),
    ("Аўтар: Ганна Белая", K.BYLINE),
    ("Крыніца: БелТА", K.BYLINE),
    ("Янка Лес, карэспандэнт", K.BYLINE),
    ("Падрыхтаваў Янка Лес", K.BYLINE),
    # terms, counters, advertisements, menus
    ("© 2024 ООО «Вестник»", K.COPYRIGHT),
    ("Все права защищены.", K.COPYRIGHT),
    ("Усе правы абаронены", K.COPYRIGHT),
    ("Copyright 2024 The Herald. All rights reserved.", K.COPYRIGHT),
    ("Перепечатка материалов разрешена только с активной ссылкой на сайт.", K.COPYRIGHT),
    ("Пры выкарыстанні матэрыялаў спасылка на сайт абавязковая", K.COPYRIGHT),
    ("This website uses cookies to improve your experience.", K.COPYRIGHT),
    ("Мы используем файлы cookie, чтобы сайт работал лучше", K.COPYRIGHT),
    ("Мы выкарыстоўваем файлы cookie", K.COPYRIGHT),
    ("Комментарии (15)", K.NAVIGATION),
    ("15 комментариев", K.NAVIGATION),
    ("Каментары: 3", K.NAVIGATION),
    ("1.2K views", K.NAVIGATION),
    ("5 min read", K.NAVIGATION),
    ("Оставить комментарий", K.NAVIGATION),
    ("Leave a comment", K.NAVIGATION),
    ("#Минск #спорт #новости", K.NAVIGATION),
    ("Теги: экономика, бюджет", K.NAVIGATION),
    ("Tags: economy, budget", K.NAVIGATION),
    ("Реклама", K.ADVERTISEMENT),
    ("Рэклама", K.ADVERTISEMENT),
    ("Advertisement", K.ADVERTISEMENT),
    ("Главная | Новости | Спорт | О нас", K.NAVIGATION),
    ("Галоўная > Навіны > Культура", K.NAVIGATION),
    ("Home | News | Sport | About us", K.NAVIGATION),
    ("Перейти к содержанию", K.NAVIGATION),
    ("Back to top", K.NAVIGATION),
]

SENTENCES = [
    # photo
    "Фото президента появилось на первой полосе газеты.",
    "Фото с места событий опубликовали местные жители.",
    "На фото видно, как машина выезжает на встречную полосу.",
    "Фото: на нём хорошо видно, как рушится мост.",
    "Фото и видео с места аварии изучают следователи.",
    "Видео: минский трамвай сошёл с рельсов на площади Победы",
    "Он сделал это фото в 1986 году, когда работал в агентстве.",
    "Фота прэзідэнта з'явілася на першай паласе газеты.",
    "На здымку бачна, як аўтамабіль едзе па мосце.",
    "Фота зрабілі мясцовыя жыхары, якія бачылі пажар.",
    "Photos of the bridge were shared by thousands of people.",
    "Photo evidence was presented to the court on Monday.",
    "The picture shows the minister shaking hands with workers.",
    "Getty Images sued the company for copyright infringement.",
    "Reuters could not immediately verify the report.",
    # share, subscribe
    "Поделиться опытом приехали врачи из шести стран.",
    "Поделиться впечатлениями смогли все участники форума.",
    "Поделитесь своим мнением, предложил депутат собравшимся.",
    "Подписывайтесь под петицией, призвали активисты горожан.",
    "Подписаться на газету можно на почте до конца месяца.",
    "Подписывайтесь на курсы первой помощи, советуют спасатели.",
    "Мы в Минске живём уже десять лет.",
    "Следите за здоровьем, советует врач.",
    "Читайте детям книги каждый вечер, говорит педагог.",
    "Падзяліцца вопытам прыехалі ўрачы з шасці краін.",
    "Падпісвайцеся пад петыцыяй, заклікалі актывісты.",
    "Сачыце за здароўем, раіць урач.",
    "Мы ў Мінску жывём ужо дзесяць гадоў.",
    "Share prices fell by two percent on Tuesday.",
    "Share this with your doctor before you start the treatment.",
    "Shares of the company rose after the report.",
    "Follow us, the guide said, and nobody will get lost.",
    "Follow the instructions of the rescuers, officials said.",
    "Subscribe to the theory or not, the numbers are clear.",
    "Sign up for military service doubled last year.",
    "Email addresses of thousands of clients leaked on Friday.",
    # other articles
    "Читайте между строк, посоветовал он журналистам.",
    "По теме бюджета депутаты спорили три часа.",
    "Последние новости из столицы обрадовали инвесторов.",
    "Подробнее о плане министр расскажет в пятницу.",
    "Апошнія навіны са сталіцы ўзрадавалі інвестараў.",
    "Па тэме бюджэту дэпутаты спрачаліся тры гадзіны.",
    "Related industries lost a third of their orders.",
    "Recent news about the merger surprised investors.",
    "Read more books, the teacher told her pupils.",
    "Most popular among tourists is the old town.",
    "See also how the neighbours deal with waste, the mayor added.",
    # who, where, when
    "Минск, 5 мая 1945 года, раннее утро, тишина.",
    "Минск 5 мая примет международный форум.",
    "Минск — ТАСС сообщил о визите министра вечером.",
    "5 мая президент подписал указ.",
    "23 ноября 2026 года откроется новая станция метро.",
    "В 14:05 поезд отправился в Гомель.",
    "Иван Иванов, корреспондент газеты, видел аварию своими глазами.",
    "Автор книги рассказал о своей работе.",
    "Источник в министерстве подтвердил эту информацию.",
    "Подготовила к печати сборник его вдова.",
    "5 мая прэзідэнт падпісаў указ.",
    "Крыніца ў міністэрстве пацвердзіла гэтую інфармацыю.",
    "Аўтар кнігі расказаў пра сваю працу.",
    "By Monday evening all roads were open again.",
    "By John Smith's own account, the meeting was short.",
    "John Smith, a reporter, saw the accident with his own eyes.",
    "On May 5 the president signed the decree.",
    "Two hours ago the train left for Gomel.",
    "May 5 was the coldest day of the month.",
    "MINSK, May 5 (Reuters) - The president signed a decree on Monday.",
    "МИНСК, 5 мая — РИА Новости. Президент подписал указ.",
    # terms, counters, menus
    "Все права защищены законом, напомнил адвокат.",
    "Использование материалов из дерева снижает расходы на отопление.",
    "Выкарыстанне матэрыялаў з дрэва зніжае выдаткі на ацяпленне.",
    "Copyright law protects the authors of songs.",
    "We use cookies and milk to make this dessert.",
    "Комментарии чиновников разошлись.",
    "15 комментариев удалили модераторы за день.",
    "Five comments were deleted by the moderators.",
    "Реклама алкоголя запрещена с июля.",
    "Рэклама алкаголю забаронена з ліпеня.",
    "Advertising revenue fell by a third.",
    "Поиск пропавшего рыбака продолжается.",
    "Search and rescue teams reached the village.",
    "Новости",
    "Динамо — Спартак — 2:1",
    "Иванов, Петров, Сидоров",
]


@pytest.mark.parametrize(("line", "kind"), LINES)
def test_a_line_of_chrome_is_found(line: str, kind: BoilerplateKind) -> None:
    """A paragraph that only a page needs is reported with its kind, all its sentences alike."""
    document = Document.parse(f"Президент открыл завод.\n\n{line}\n\nЗавод построили за год.")
    found = find(document)
    assert list(range(1, len(document.sentences) - 1)) == sorted(found)
    assert {kind} == set(found.values())


@pytest.mark.parametrize("sentence", SENTENCES)
def test_an_ordinary_sentence_is_kept(sentence: str) -> None:
    """A sentence of the story is no boilerplate, alone in its paragraph or not, whatever words it begins with."""
    kinds = [kind_of(sentence, alone=True), kind_of(sentence, alone=False)]
    assert kinds == [None, None]


def test_a_dateline_before_the_news_is_told_from_the_news() -> None:
    """Only the sentence that says where and who is reported; the news behind it is not."""
    document = Document.parse("МИНСК, 5 мая — РИА Новости. Президент подписал указ о бюджете.")
    assert find(document) == {0: K.DATELINE}


def test_a_credit_at_the_end_of_a_paragraph_is_found() -> None:
    """A rule that needs no paragraph of its own also finds the last sentence."""
    document = Document.parse("Мост открыли утром. Движение пустили в полдень. Фото: БелТА.")
    assert find(document) == {2: K.CREDIT}


@pytest.mark.parametrize(("kind", "language", "text"), parameters("boilerplate"))
def test_the_table_of_cases(kind: str, language: str, text: str) -> None:
    """Captions with their credits, what asks something of the reader, and what the same words say in a story."""
    document = Document.parse(text, language)
    found = find(document)
    allowed = {"caption", "credit"} if kind == "caption" else {kind}
    assert len(found) == (0 if kind == "story" else len(document.sentences))
    assert {each.value for each in found.values()} <= allowed


@pytest.mark.parametrize(
    ("text", "datelines"),
    [
        ("МИНСК, 12 мая /Корр. БЕЛТА/. Мост открыли утром.", 1),
        ("МІНСК, 12 мая /Кар. БЕЛТА/. Мост адкрылі раніцай.", 1),
        ("МОСКВА, 12 мая. /ТАСС/. Мост открыли утром.", 2),
        ("Москва. 12 мая. INTERFAX.RU - Мост открыли утром.", 2),
        ("Мінск. 12 мая. Інтэрфакс-Захад - Мост адкрылі раніцай. Рух пусцілі.", 2),
        ("Весна. 12 мая. Мост открыли утром.", 0),
        ("Вясна. 12 мая. Мост адкрылі раніцай.", 0),
        ("Spring. May 12. Reuters reported on the bridge.", 0),
    ],
)
def test_the_dateline_in_front_of_a_paragraph_is_found(text: str, datelines: int) -> None:
    """Whole, and nothing behind it; a day between other sentences is none."""
    assert find(Document.parse(text)) == dict.fromkeys(range(datelines), K.DATELINE)


def test_a_caption_of_two_sentences_has_a_date() -> None:
    """As agencies write them; without it they are the story's."""
    document = Document.parse("Мост открывают 5 мая 2025 года. На нём флаги. Фото: БелТА.")
    assert find(document) == {0: K.CAPTION, 1: K.CAPTION, 2: K.CREDIT}


def test_menus_around_the_article_are_found() -> None:
    """Short lines before and behind the article are a menu when several are known menu words."""
    top = "Главная\nПолитика\nЗа рубежом\nСпорт\n"
    bottom = "\nО нас\nКонтакты\nПисьма читателей\nРедакция"
    document = Document.parse(top + "Новый мост через реку открыли в столице.\nДвижение пустили в полдень." + bottom)
    expected = dict.fromkeys((0, 1, 2, 3, 6, 7, 8, 9), K.NAVIGATION)
    assert expected == find(document)


@pytest.mark.parametrize(
    "text",
    [
        "Мост открыт\nДвижение пустили в полдень.",
        "Новости\nМост открыли в столице.",
        "Состав сборной\nИван Иванов\nПётр Петров\nАнна Белова",
        "Спорт\nНовый стадион\nСтадион построили за год.",
        "Culture\nThe New Bridge\nIt was built in a year.",
    ],
)
def test_a_heading_is_no_menu(text: str) -> None:
    """Headings, a section name over an article and lists of names are kept."""
    assert find(Document.parse(text)) == {}


def test_an_article_without_chrome_has_no_boilerplate() -> None:
    """Nothing is found in running text."""
    text = (
        "Учёные Минска создали новый сплав\n\n"
        "Группа физиков представила сплав, который не боится холода. Об этом сообщила пресс-служба института.\n\n"
        "— Мы работали пять лет, — рассказал Иван Иванов. — Теперь нужны испытания.\n\n"
        "Фотографии образцов институт обещает показать в мае. Подписывать договор с заводом пока рано."
    )
    assert find(Document.parse(text, "ru")) == {}


@pytest.mark.parametrize(
    "unit", ["А", "A", "а ", "A ", "Фото: А", "#", "5 ", "| ", "Share ", "By A", "«A/", "Telegram "]
)
def test_a_hostile_line_takes_no_time(unit: str) -> None:
    """No rule backtracks without bound on repeated input."""
    started = time.thread_time()
    for length in (40, 399):
        kind_of((unit * 400)[:length] + "!?", alone=True)
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    "line",
    [
        "Фото: " + "http://a,,,, " * 9 + "нет",
        "Фото: " + "Аб.вг,, " * 30 + "нет",
        "мы в " + "соцсет," * 40 + "нет",
        "поделиться" + ",сацсет" * 40 + "!нет",
        "© REGNUM. " + "Аб.." * 90 + " нет",
        "Written by " + "A B in C, " * 38 + "нет",
        "Written by A B" + ". editing by A. B." * 20 + "нет",
        "Использование " + "материалов ссылка на прямая " * 13 + "нет",
        "Копирование " + "текстов ссылка " * 25 + "нет",
        "Поддержите нас" + " добавил" * 40 + "?",
        "есть а а а новост" + " у вас есть новость" * 18 + "?",
        "пишите " * 50 + "нет",
    ],
)
def test_a_line_that_can_be_read_in_many_ways_takes_no_time(line: str) -> None:
    """A sign that may belong to a word or stand between two does not multiply the tries."""
    started = time.thread_time()
    assert kind_of(line, alone=True) is None
    assert time.thread_time() - started < 1
