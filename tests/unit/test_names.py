"""Names that are spelled in several ways within one text are doubtful; names that are merely inflected are not."""

import pytest

from talmach.engine.base import Direction
from talmach.quality import Mentions, names_in

# Direction, two sentences with their translations, whether a name is spelled in two ways.
CASES = [
    ("be-en", ("У Вербне мост.", "A bridge in Werbn."), ("Горад Вербна рады.", "The town of Verbno is glad."), True),
    ("be-en", ("Клуб «Маяк» выйграў.", "Miak won."), ("Гульцы «Маяка» рады.", "The players of Meak are glad."), True),
    ("be-en", ("Тут Луговічы.", "Here is Luhavichi."), ("Там Луговічы.", "There is Luhavichy."), True),
    ("ru-en", ("Пришёл Верес.", "Verez came."), ("Ушёл Верес.", "Veres went."), True),
    ("ru-en", ("Это Ольховская.", "This is Olkhovskaya."), ("Ольховская рада.", "Alkhova is glad."), True),
    ("ru-en", ("Пришёл Дроздов.", "Drozdov came."), ("Ждали Дроздова.", "They waited for Drozdov."), False),
    ("ru-en", ("Пришёл Иванов.", "Ivanov came."), ("Пришла Иванова.", "Ivanova came."), False),
    ("ru-en", ("Лес Сокольского.", "Sokolsky’s wood."), ("Вот Сокольская.", "Here is Sokolskaya."), False),
    ("ru-en", ("Это Украина.", "This is Ukraine."), ("Он с Украины.", "He is Ukrainian."), False),
    ("ru-en", ("Вот Франция.", "Here is France."), ("Флот Франции.", "The French navy."), False),
    ("ru-en", ("Это Москва.", "This is Moscow."), ("Он в Москве.", "He is in Moscow."), False),
    ("en-ru", ("Ramenskaya is long.", "Раменская длинна."), ("On Ramenskaya.", "На Романской."), True),
    ("en-ru", ("Blue Hill won.", "Победила Blue Hill."), ("Blue Hill's goal.", "Гол Блю Хилла."), True),
    ("en-ru", ("In Prague.", "В Праге."), ("Prague is old.", "Прага стара."), False),
    ("en-ru", ("Moscow is big.", "Москва велика."), ("Moscow Region.", "Московская область."), False),
    ("en-be", ("In Alshany.", "У Альшанах."), ("Alshany is small.", "Алшані маленькія."), True),
    ("en-be", ("Prague is old.", "Прага старая."), ("In Prague.", "У Празе."), False),
    ("en-be", ("Piotr came.", "Пётр прыйшоў."), ("Piotr's house.", "Дом Пятра."), False),
    ("ru-be", ("Тут Луговичи.", "Тут Лугавічы."), ("Нет Луговичей.", "Няма Лухавічаў."), True),
    ("ru-be", ("Тут Луговичи.", "Тут Лугавічы."), ("В Луговичах.", "У Лугавічах."), False),
    ("be-ru", ("Тут Лугавічы.", "Тут Лугавичи."), ("У Лугавічах.", "В Луговичах."), True),
    ("be-ru", ("Павел прыйшоў.", "Павел пришёл."), ("Дом Паўла.", "Дом Павла."), False),
    # Nothing tells which of two likely words stands for the name.
    ("ru-en", ("Верес и Верас.", "Veres and Veraz."), ("Ушёл Верес.", "Verez went."), False),
    # A common word at the beginning of a sentence is no name.
    ("ru-en", ("Новости дня.", "News of the day."), ("Новости.", "Novasti."), False),
]


@pytest.mark.parametrize(("direction", "first", "second", "expected"), CASES)
def test_two_spellings_of_a_name(
    direction: str, first: tuple[str, str], second: tuple[str, str], expected: bool
) -> None:
    """The second mention says so, and both sentences are doubtful; in the other order, too."""
    for pairs in ([first, second], [second, first]):
        mentions = Mentions()
        found = [mentions.see(number, names_in(*pair, Direction.parse(direction))) for number, pair in enumerate(pairs)]
        assert found == [False, expected]
        assert mentions.doubtful == ({0, 1} if expected else set())


def test_a_third_spelling_leaves_what_agrees_with_the_first_alone() -> None:
    """Of four mentions the first and the one that differs are doubtful."""
    mentions = Mentions()
    for number, spelling in enumerate(("Miak", "Miak", "Meak", "Miak")):
        mentions.see(number, names_in("Клуб «Маяк».", f"The club {spelling}.", Direction("ru", "en")))
    assert mentions.doubtful == {0, 2}


def test_a_list_of_names_is_cut_short() -> None:
    """Thousands of names in one sentence cost no more than its words."""
    names = " ".join(f"Ab{chr(97 + number % 26)}rk{chr(97 + number // 26)}n" for number in range(600))
    assert len(names_in(names, names, Direction("en", "ru"))) <= 32
