"""Whether a sentence can be understood without the ones around it: pronouns, connectives, questions, speakers.

Every rule says the same in Russian, Belarusian and English: a sentence refused in one language only would make the
summaries of translations differ.
"""

import re
from enum import Enum

from talmach.summary.terms import terms_of
from talmach.text.characters import word_set


class Dependence(Enum):
    """What a sentence lacks when it stands alone."""

    QUESTION = "question"
    POINTS_BACK = "points back to another sentence"
    QUOTES_SOMEONE_NAMED_BEFORE = "quotation of someone named before"
    LACKS_SPEAKER = "quotation without its speaker"
    ONLY_NAMES_SOURCE = "only names the source"

    @property
    def is_met_by_previous(self) -> bool:
        """Whether the sentence before it usually has what is missing."""
        return self in (Dependence.POINTS_BACK, Dependence.QUOTES_SOMEONE_NAMED_BEFORE)


def _phrases(text: str) -> re.Pattern[str]:
    """Any of the phrases, one a line, as whole words at the beginning."""
    return re.compile(rf"(?:{'|'.join(text.strip().splitlines())})\b", re.IGNORECASE)


_PRONOUNS = word_set("он она оно они ён яна яно яны he she it they")
_OBLIQUE = word_set("ней нем нём них нему ним ними него неё нее ёй ім імі іх яго яе яму him her them it")
_POSSESSIVES = word_set("его её ее их яго яе іх his her its their")
_DEMONSTRATIVES = word_set(
    "этот эта это эти этого этой этому этим этими этих этом эту такой такая такое такие таков такова таковы "
    "гэты гэтая гэта гэтыя гэтага гэтай гэтаму гэтым гэтымі гэтых гэтую такі такая такое такія "
    "this that these those such"
)
# «Згаданыя гісторыі», «Указанная сумма»: what languages without an article say for "the".
_MENTIONED = re.compile(
    r"(?:данн|указанн|упомянут|подобн|дадзен|указан|згадан|згаданн|вышэйзгадан|падобн)(?:ый|ая|ое|ые|ого|ой|ому|ым|ых|ыми|ы|ае|ыя|ага|ай|аму|ымі|ую)$"
)
_DEFINES = re.compile(r"who|with|of|in|\w+ing")  # "those who exercise", "those taking part"
# "this year", «этой осенью», «гэтым летам»: the reader of the summary knows which.
_TIMES = re.compile(
    r"(?:год|недел|тыдн|тыдзен|месяц|весн|весной|вясн|вясной|лет[оаеу]м?$|осен|восен|зим|зім|сезон|утр|раніц|ноч|"
    r"year|month|week|spring|summer|autumn|winter|season|morning|evening|night)"
)
# A pronoun or connective in front points back to a sentence that the reader of the summary may not see.
_OPENERS = _PRONOUNS | _POSSESSIVES | word_set("ему ей им там тогда яму ёй там тады there then")
_CONNECTIVES = _phrases(
    r"""
поэтому|потому|следовательно|таким образом|в результате этого|затем|потом
таму|адпаведна|такім чынам|у выніку гэтага|затым|потым
therefore|thus|hence|consequently|as a result|subsequently|afterwards
кроме (?:того|этого)|помимо (?:того|этого)|более того|к тому же|вдобавок|сверх того
акрамя (?:таго|гэтага)|апр[ао]ча? (?:таго|гэтага)|больш за тое|да таго ж|дадаткова да гэтага|звыш таго
besides(?=,)|moreover|furthermore|additionally|in addition(?! to)|what is more
тем не менее|зато|впрочем|с другой стороны|в то же время|при этом|вместе с тем
тым не менш|затое|зрэшты|аднача|з другога боку|у той жа час|пры гэтым|разам з тым
nevertheless|nonetheless|on the other hand|at the same time|meanwhile
"""
)
_CONTRASTS = word_set("однако аднак however")
_CONTRAST_WITHIN = 6  # words: "In the 35th minute, however, ..."
# The same behind a preposition: «У ёй», «О них», "With them", "In her opinion", «Паводле яе разлікаў», "Among these".
_PREPOSITIONS = word_set(
    "в во на с со к о об от до из у за под над при про без для по среди между после перед из-за благодаря несмотря "
    "ў ва з са да пра аб ад паводле сярод паміж пасля перад праз дзякуючы нягледзячы "
    "in on with for at of by from among between after before despite under about without"
)
# Russian and Belarusian free their word order, but put a comma in front of every clause: a pronoun this early, in the
# first clause, has its name in another sentence. His and her often belong to a name beside them.
_PRONOUN_WITHIN = 4  # words: «За одну ночь он ...»
_EARLY_PRONOUNS = word_set("он она оно они ему ей ён яна яно яны яму ёй ім им")
_FIRST_CLAUSE = re.compile(r"[^,;:—–«»“”\"(]*")
_IN_THE_NAME_OF = re.compile(r"\b(?:им|ім)\.")  # an abbreviation
_CALENDAR = (
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|"
    r"October|November|December"
)
# A pronoun behind an opening without a name: "In one night it ...", "On Monday he ...", "Ten years later, he ...",
# «Во время своего выступления он ...», «Праз дзесяць гадоў яна ...».
_NAMELESS_OPENING = re.compile(
    r"(?:According|After|As|At|Before|By|During|For|From|In|On|Since|Under|Until|With)"
    rf"(?:\s(?:[a-z\d]\S*|{_CALENDAR})){{1,6}}?\s(?:he|she|it|they|him|them)\b"
    r"|\w+(?:\s[a-z\d]+){0,2}\s(?:later|earlier|ago),?\s(?:he|she|it|they)\b"
    r"|(?:Today|Yesterday|Now|Later|Soon|Earlier|Previously|Initially|Finally|Eventually|Recently|Also),?"
    r"\s(?:he|she|it|they)\b"
    r"|(?:\d+|В|Во|За|На|О|Об|От|До|По|После|Перед|При|С|Через|Среди|Из-за|Благодаря|Сегодня|Вчера|Теперь|Сейчас|Позже|"
    r"Недавно|Также|У|Ва|З|Са|Аб|Ад|Да|Па|Пасля|Перад|Падчас|Пры|Праз|Сярод|З-за|Дзякуючы|Сёння|Учора|Цяпер|Зараз|"
    r"Пазней|Нядаўна|Таксама)(?:\s[а-яёіў\d][^\s,]*){0,6}?,?\s(?:он|она|оно|они|ён|яна|яно|яны)\b"
)
# «Об этом сообщил музей», "The museum announced this on Monday": who said what the sentence before says.
_SOURCE = re.compile(
    r"(?:Об?|Аб|Про|Пра)\s(?:этом|это|гэтым|гэта)\s(?:[^,.]{1,40}\s)?(?:сообщ|паведам|рассказ|расказ|расказв|заяви|заяві|пиш|"
    r"піш|говор|гавор|стало|стала|напис|напіс|інфарм|информ)\w*"
    r"|[^,;]{1,80}\b(?:announced|reported|said|confirmed) this\b(?:\s(?:on|in|to|at|yesterday|today)\b[^,;]{0,60})?\W*$"
    r"|This was (?:announced|reported|said|confirmed)\b"
)
_ABOUT_THIS = re.compile(r"(?:Об?|Аб|Про|Пра)\s(?:этом|это|гэтым|гэта)\b")
# "In her speech in Minsk, Anna Lesnaya said": the name that the pronoun stands for comes behind it.
_NAME_FOLLOWS = re.compile(r"[^,]{3,80},\s(?:the\s)?(?!(?:I|It|He|She|They)\b)[A-ZА-ЯЁІЎ]\w")
# "There is ...", "It took two years to ...", "It is not known how ..." name nothing before them.
_EXPLETIVE = re.compile(
    r"There\s+(?:is|are|was|were|has|have|had|will|would|may|might|can|could)\b"
    r"|It\s+(?:is|was|takes|took|will\s+take)\b(?!\s+(?:expected|planned|due|set|going)\b).{0,60}?"
    r"\b(?:that|how|whether|why|who|what|to)\b"
)
_QUESTION = re.compile(r"\?!?[\"'»”’)\]]*$")
_OPENING_QUOTES = '«“„"'
_CLOSING_QUOTE = re.compile(r"[»”“\"]")  # “ closes what „ opened
_SPEAKER_WITHIN = 3  # words behind a quotation: «сказал он», "he said", «расказала нам яна»


def dependence(text: str) -> Dependence | None:
    """Return what the sentence `text` lacks, None when it stands alone."""
    if _QUESTION.search(text):
        return Dependence.QUESTION
    if _SOURCE.match(text):
        return Dependence.ONLY_NAMES_SOURCE
    if _points_back(text):
        return Dependence.POINTS_BACK
    return _lacking_of_quotation(text)


def _points_back(text: str) -> bool:
    words = terms_of(text)
    if not words or _EXPLETIVE.match(text):
        return False
    if words[0] in _OPENERS or _is_demonstrative(words) or _CONNECTIVES.match(text) or _NAMELESS_OPENING.match(text):
        return True
    if not _CONTRASTS.isdisjoint(words[:_CONTRAST_WITHIN]) or _ABOUT_THIS.match(text):
        return True
    if words[0] in _PREPOSITIONS and _refers(words[1:3]) and not _NAME_FOLLOWS.match(text):
        return True
    first_clause = _FIRST_CLAUSE.match(_IN_THE_NAME_OF.sub("", text))
    assert first_clause is not None  # it matches the empty text too
    return not _EARLY_PRONOUNS.isdisjoint(terms_of(first_clause.group())[:_PRONOUN_WITHIN])


def _refers(words: list[str]) -> bool:
    """Whether words behind a preposition begin with a reference to something before."""
    return not (_OBLIQUE | _POSSESSIVES).isdisjoint(words[:1]) or _is_demonstrative(words)


def _is_demonstrative(words: list[str]) -> bool:
    if not words or not (words[0] in _DEMONSTRATIVES or _MENTIONED.match(words[0])):
        return False
    return len(words) == 1 or not (_TIMES.match(words[1]) or (words[0] == "those" and _DEFINES.fullmatch(words[1])))


def _lacking_of_quotation(text: str) -> Dependence | None:
    if text[0] not in _OPENING_QUOTES:
        return None
    closing = _CLOSING_QUOTE.search(text, 1)
    following = terms_of(text[closing.end() :]) if closing else []
    if not following:
        return Dependence.LACKS_SPEAKER
    if not _PRONOUNS.isdisjoint(following[:_SPEAKER_WITHIN]):
        return Dependence.QUOTES_SOMEONE_NAMED_BEFORE
    return None
