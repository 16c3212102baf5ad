"""Abbreviations and sentence-starting words of Russian, Belarusian and English, as data for `sentences`.

Keys are written without the final dot and without inner spaces ("т.д", "U.S"). A key in lower case matches any
case; a key with a capital matches only that spelling or all capitals, because "Sat." is a day and "sat." a verb.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

__all__ = ["Abbreviations", "Ending", "for_language"]


class Ending(Enum):
    """When the dot of an abbreviation also ends the sentence."""

    NEVER = auto()
    """A name or number always follows: "Mr.", "вул."."""
    BEFORE_STARTER = auto()
    """Only before a function word, as names follow it: "U.S.", "Inc.", «им.» (which is also a pronoun)."""
    BEFORE_CAPITAL = auto()
    """Before any capital or number: «и др.», "etc."."""
    MEASURE = auto()
    """Before a capital; a number continues the sentence: «5 руб. 30 коп.», "Jan. 5"."""
    YEAR = auto()
    """As BEFORE_CAPITAL after a number («2024 г.», «XX в.»), else NEVER («г. Минск»)."""
    UNIT = auto()
    """As MEASURE after a number («100 м.»), else NEVER («м. Немига»)."""
    REFERENCE = auto()
    """An ordinary word unless a number follows: "No. 5", «рис. 3»."""


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """The words that decide about sentence boundaries in one language, or in several."""

    endings: Mapping[str, Ending]
    starters: frozenset[str]
    """Function words, lower case, that begin sentences and are no names."""
    continuations: frozenset[str]
    """Capitalised words, lower case here, that go on after a time: "5 p.m. Monday"."""
    temporal: frozenset[str]
    """Words of a date that opens a sentence: «В мае 2024 г. Минск принял ...»."""

    def ending(self, key: str) -> Ending | None:
        """How the abbreviation `key` ends a sentence; None when it is not known as one."""
        ending = self.endings.get(key) or self.endings.get(key.lower())
        return ending or (self.endings.get(key.capitalize()) if key.isupper() else None)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _endings(**groups: str) -> dict[str, Ending]:
    """The table of words grouped by the name of their `Ending`."""
    pairs = [(word, Ending[name.upper()]) for name, words in groups.items() for word in words.split()]
    endings = dict(pairs)
    assert len(endings) == len(pairs), "an abbreviation stands in two groups"
    return endings


RUSSIAN = Abbreviations(
    endings=_endings(
        never=(
            "ул просп пр-т пр-кт пер наб б-р бул ш пл мкр пос дер хут оз о-в о св акад проф доц д-р инж г-н г-жа "
            "гос зам зав пом сен деп мин-во т.е т.к т.н т.наз т.о и.о вр.и.о к.т.н к.э.н д.м.н д.т.н напр ср кв "
            "куб корп д п пп подп абз стр дж ж-л гл англ фр лат греч исп итал букв досл прибл преп асп пр пр-д "
            "г.п"
        ),
        before_starter="им тов гр ген полк лейт кап ред реж худ муз нач канд засл нар чл изд авт род ум прим соч ок",
        before_capital="др проч т.д т.п н.э р.х и.пр",
        measure=(
            "тыс млн млрд трлн руб коп долл дол кг км мм мг га чел шт экз ед сек янв февр фев апр июн июл авг "
            "сент окт нояб дек обл р-н пн вт чт пт сб вс"
        ),
        year="г гг в вв ст",
        unit="р м с ч т к см мин л мл ц",
        reference="рис табл илл разд вып тел факс",
    ),
    starters=_words(
        "я ты он она оно мы вы они это этот эта эти тот та те там тут здесь так такой такая такие все всё в во на с "
        "со к ко о об обо от до из изо у по за под над при про без для между через после перед и а но или да же ни не "
        "если когда пока хотя чтобы поэтому потому однако также тоже кроме например именно только уже ещё еще затем "
        "потом тогда теперь сейчас сегодня вчера завтра как какой какая какие кто что где куда откуда почему зачем "
        "сколько который его её ее их мой наш ваш свой сам сама сами другие другой многие некоторые каждый вместе "
        "среди около более менее самый ранее позже далее итак вот ведь впрочем впервые согласно отметим напомним "
        "накануне сначала всего один два три"
    ),
    continuations=_words("мск гмт"),
    temporal=_words(
        "в во на с к до по от после перед около начале конце середине января февраля марта апреля мая июня июля "
        "августа сентября октября ноября декабря январе феврале марте апреле мае июне июле августе сентябре октябре "
        "ноябре декабре янв фев февр апр авг сент окт нояб дек весной летом осенью зимой уже ещё только и"
    ),
)

BELARUSIAN = Abbreviations(
    endings=_endings(
        never=(
            "вул пр пр-т зав наб б-р пл мкр хут воз в-аў св акад праф дац д-р інж сп сп-ня спн дэп г.зн г.зв г.п "
            "т.зв т.б т.е напр параўн кв корп д п пп падп абз стар гл дж англ фр лац польск дасл прыбл выкл в.а"
        ),
        before_starter="ім імя тав гр ген палк лейт рэд рэж маст муз нач канд засл нар чл выд аўт пас",
        before_capital="інш г.д т.п н.э р.х і.г.п і.пр",
        measure=(
            "тыс млн млрд трлн руб дол долл кг км мм мг га чал шт экз адз сек гадз хв студз лют сак крас чэрв ліп "
            "жн вер кастр ліст снеж вобл р-н пн чц пт сб нд"
        ),
        year="г гг в вв ст стст",
        unit="р м с ч т к см л мл ц кап",
        reference="мал табл іл разд вып том тэл факс",
    ),
    starters=_words(
        "я ты ён яна яно мы вы яны гэта гэты гэтая гэтыя той тая тыя там тут так такі такая такія усе ўсе усё ўсё у ў "
        "ва на з са са к да аб ад праз па за пад над пры пра без для між паміж пасля перад і а але або ці дык жа ні "
        "не ня калі пакуль хаця хоць каб таму аднак таксама акрамя апроч напрыклад менавіта толькі ўжо ужо яшчэ затым "
        "потым тады цяпер зараз сёння учора ўчора заўтра як які якая якія хто што дзе куды адкуль чаму навошта колькі "
        "каторы яго яе іх мой наш ваш свой сам сама самі іншыя іншы многія некаторыя кожны разам сярод каля больш "
        "менш самы раней пазней далей вось бо урэшце упершыню ўпершыню паводле згодна адзначым нагадаем напярэдадні "
        "спачатку гэтак усяго адзін два тры"
    ),
    continuations=frozenset(),
    temporal=_words(
        "у ў ва на з да к па ад пасля перад каля пачатку канцы сярэдзіне студзеня лютага сакавіка красавіка мая "
        "траўня чэрвеня ліпеня жніўня верасня кастрычніка лістапада снежня студзені лютым сакавіку красавіку маі "
        "траўні чэрвені ліпені жніўні верасні кастрычніку лістападзе снежні студз лют сак крас чэрв ліп жн вер кастр "
        "ліст снеж вясной летам увосень увесну зімой ужо і"
    ),
)

ENGLISH = Abbreviations(
    endings=_endings(
        never=(
            "Mr Mrs Ms Mx Dr Prof Gen Sen Rep Gov Lt Col Sgt Capt Cpl Maj Adm Cmdr Cdr Brig Rev Hon Pres Supt Det "
            "Fr Messrs Mme Mlle Msgr Amb Sec-Gen Reps Sens Govs Gens Profs Drs e.g i.e vs v cf viz approx Mt Ft "
            "incl"
        ),
        before_starter=(
            "St Ave Blvd Rd Inc Ltd Corp Co Cos Bros LLC Plc Jr Sr U.S U.K U.N E.U U.S.A U.S.S.R U.A.E D.C L.A "
            "N.Y N.J B.C Ph.D M.D B.A M.A B.S M.B.A Esq al Calif Conn Mass Fla Wash Ore Mich Minn Ill Tenn Ariz "
            "Colo Tex Okla Ont Que Dept Univ Assn Intl Natl Gov't Bldg"
        ),
        before_capital="etc a.m p.m A.D C.E B.C.E",
        measure=(
            "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun ft lb "
            "lbs oz hrs mph km kg mi yds"
        ),
        reference="no nos p pp vol vols fig figs art arts sec secs ch chap para ext tel ver op eq ed pt",
    ),
    starters=_words(
        "a an the i he she it we you they this that these those there here his her its our your their my in on at by "
        "for from to with without of as about after before during since until under over between among against "
        "through and but or nor so yet if when while although though because unless whether however moreover "
        "meanwhile still also then now today yesterday tomorrow later earlier what which who whom whose where why how "
        "not no yes all some many most more less few several each every both either neither one two three other "
        "another such only even just once again is are was were be been has have had do does did can could may might "
        "must should would despite instead thus hence therefore according nearly almost perhaps"
    ),
    continuations=_words(
        "monday tuesday wednesday thursday friday saturday sunday gmt utc est edt et cet cest cst cdt mst mdt pst pdt "
        "pt ct msk eastern pacific central local"
    ),
    temporal=_words(
        "at by around about until till since on in from before after jan feb mar apr jun jul aug sep sept oct nov dec"
    ),
)


@cache
def for_language(language: str | None) -> Abbreviations:
    """The tables of one language; the union of all for None or a language without tables."""
    tables = {"ru": RUSSIAN, "be": BELARUSIAN, "en": ENGLISH}
    if language in tables:
        return tables[language]
    endings: dict[str, Ending] = {}
    for table in tables.values():
        for key, ending in table.endings.items():
            if key not in endings or ending in (Ending.YEAR, Ending.UNIT):  # they look at what stands before
                endings[key] = ending
    return Abbreviations(
        endings,
        frozenset[str]().union(*(table.starters for table in tables.values())),
        frozenset[str]().union(*(table.continuations for table in tables.values())),
        frozenset[str]().union(*(table.temporal for table in tables.values())),
    )
