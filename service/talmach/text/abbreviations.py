"""Abbreviations and sentence-starting words of Russian, Belarusian and English, as data for `sentences`.

Keys are written without the final dot and without inner spaces ("т.д", "U.S"). A key in lower case matches any
case; a key with a capital matches only that spelling or all capitals, because "Sat." is a day and "sat." a verb.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache

from talmach.text.characters import word_set


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
    MONEY = auto()
    """As MEASURE, but the country whose money it is goes on: «5 млрд долл. США»."""
    YEAR = auto()
    """As BEFORE_CAPITAL after a number («2024 г.», «XX в.»), else NEVER («г. Минск»)."""
    UNIT = auto()
    """As MEASURE after a number («100 м.»), else NEVER («м. Немига»)."""
    QUANTITY = auto()
    """As MEASURE after a number («30 град.»), else an ordinary word («Пошёл град.»)."""
    REFERENCE = auto()
    """An ordinary word unless a number follows: "No. 5", «рис. 3»."""


AFTER_NUMBER = (Ending.YEAR, Ending.UNIT, Ending.QUANTITY)
"""What these endings say depends on a number in front of the abbreviation."""


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """The words that decide about sentence boundaries in one language, or in several."""

    endings: Mapping[str, Ending]
    starters: frozenset[str]
    """Function words, lower case, that begin sentences and are no names."""
    continuations: frozenset[str]
    """Capitalised words, lower case here, that go on after a time: "5 p.m. Monday"."""
    subjects: frozenset[str]
    """Nouns, lower case, that go on in a court report and are no surnames: «гражданина К. Мужчина»."""
    labels: frozenset[str]
    """Nouns that a letter follows as a label, no initial: "plan B", «витамин С»."""
    weak_labels: frozenset[str]
    """The same where the name of a person may follow, too: «группа А», «группа А. Пугачёвой»."""
    temporal: frozenset[str]
    """Words of a date that opens a sentence: «В мае 2024 г. Минск принял ...»."""

    def ending(self, key: str) -> Ending | None:
        """How the abbreviation `key` ends a sentence; None when it is not known as one."""
        ending = self.endings.get(key) or self.endings.get(key.lower())
        return ending or (self.endings.get(key.capitalize()) if key.isupper() else None)


def _endings(**groups: str) -> dict[str, Ending]:
    """The table of words grouped by the name of their `Ending`."""
    pairs = [(word, Ending[name.upper()]) for name, words in groups.items() for word in words.split()]
    endings = dict(pairs)
    assert len(endings) == len(pairs), "an abbreviation stands in two groups"
    return endings


# The sentence goes on after the currency: «5 млрд долл. США».
ISSUERS = word_set("сша рф рб беларуси канады австралии гонконга сингапура ссср зша беларусі аўстраліі ганконга")

RUSSIAN = Abbreviations(
    # An abbreviated adjective precedes a noun in small letters: «мед. служба» needs no entry.
    endings=_endings(
        never=(
            # addresses and places
            "ул просп пр-т пр-кт пер наб б-р бул ш пл мкр мкрн пос дер хут оз о-в о-ва св о пр пр-д г.п г.о пгт с.п "
            "п-ов вдхр кв куб корп оф пом ж.-д ж.д "
            # titles, ranks and degrees
            "акад проф доц д-р инж г-н г-жа гг-да гос зам зав деп мин-во сен и.о вр.и.о к.т.н к.э.н к.ф.н к.и.н к.м.н "
            "к.ю.н д.м.н д.т.н д.э.н д.ф.н д.и.н д.ю.н э.н м.н ф.н ю.н преп адм чл.-корр чл.-кор асп сотр "
            # law and documents
            "п пп подп абз д стр гл разд вит "
            # churches
            "митр архиеп еп прот иером архим игум прп вмч вмц мч мц свв сщмч свщмч блж равноап протод "
            # languages and grammar
            "англ фр франц лат греч исп итал польск слав герм евр тюрк тат укр блр яп санскр сканд чеш болг венг фин "
            "швед норв нидерл голл эст букв досл перен устар сокр прибл напр ср т.е т.к т.н т.наз т.о т.ч т.с тж "
            # press and works
            "ж ж-л фаб ф-ка з-д корр спецкорр кн"
        ),
        before_starter=(
            "им тов гр ген полк подполк лейт кап серж ефр ред реж худ муз нач канд засл нар арт чл авт род урожд ум "
            "прим соч ок дир предс секр губ сер нем рус патр свт"
        ),
        before_capital="др проч т.д т.п н.э р.х и.пр рт.ст вод.ст",
        measure=(
            "тыс млн млрд трлн кг км мм мг га чел экз сек мес янв фев февр апр июн июл авг сент окт нояб дек обл "
            "р-н пн вт чт пт сб вс кв.м кв.км кв.см куб.м куб.км куб.см л.с у.е"
        ),
        money="руб коп долл дол ф.ст",
        year="г гг в вв",
        unit="шт р м с ч т к см мин л мл ц ст эт изд пог",
        quantity="град ед проц",
        reference="рис табл ил илл вып том тел факс прил",
    ),
    starters=word_set(
        "я ты он она оно мы вы они это этот эта эти тот та те там тут здесь так такой такая такие все всё в во на с "
        "со к ко о об обо от до из изо у по за под над при про без для между через после перед и а но или да же ни не "
        "если когда пока хотя чтобы поэтому потому однако также тоже кроме например именно только уже ещё еще затем "
        "потом тогда теперь сейчас сегодня вчера завтра как какой какая какие кто что где куда откуда почему зачем "
        "сколько который его её ее их ему ей им мой наш ваш свой сам сама сами другие другой многие некоторые каждый "
        "вместе среди около более менее самый ранее позже далее итак вот ведь впрочем впервые согласно отметим "
        "напомним накануне сначала всего один два три"
    ),
    continuations=word_set("мск гмт цельсия фаренгейта"),
    subjects=word_set(
        "мужчина мужчину мужчине женщина женщину женщине девушка девушку девушке юноша подросток пенсионер пенсионерка "
        "ребёнок ребенок водитель водителя водителю пациент пациентка пациента подозреваемый подозреваемая "
        "подозреваемого подозреваемому обвиняемый обвиняемая обвиняемого обвиняемому подсудимый подсудимая подсудимого "
        "подсудимому осуждённый осужденный задержанный задержанная задержанного задержанному пострадавший пострадавшая "
        "пострадавшего потерпевший потерпевшая погибший суд следствие следователи прокуратура полиция милиция врачи "
        "приговор поиски"
    ),
    labels=word_set(
        "вариант варианта варианту вариантом варианте гепатит гепатита гепатиту "
        "гепатитом гепатите витамин витамина витамину витамином витамине витаминов категория категории категорию "
        "категорией пункт пункта пункту пунктом пункте точка точки точке точку точкой сектор сектора секторе секторов "
        "блок блока блоке класс класса классе классу тип типа типу типом типе буква буквы букве букву буквой литера "
        "литеры литеру подгруппа подгруппы подгруппе подгруппу зона зоны зоне зону лига лиги лиге лигу разряд разряда "
        "грипп гриппа гриппу гриппом штамм штамма площадка площадки площадке трибуна трибуны трибуне трибуну "
        "серия серии серию подъезд подъезда корпус корпуса корпусе линия линии линию терминал терминала терминале"
    ),
    weak_labels=word_set(
        "план плана плану планом плане группа группы группе группу группой школа школы школе школу дом дома доме часть "
        "части"
    ),
    temporal=word_set(
        "в во на с к до по от после перед около начале конце середине января февраля марта апреля мая июня июля "
        "августа сентября октября ноября декабря январе феврале марте апреле мае июне июле августе сентябре октябре "
        "ноябре декабре янв фев февр апр авг сент окт нояб дек весной летом осенью зимой уже ещё только и"
    ),
)

BELARUSIAN = Abbreviations(
    endings=_endings(
        never=(
            # addresses and places
            "вул пр прасп пр-т зав наб б-р пл мкр мкрн хут воз в-аў св пас г.п пгт кв куб корп пав пам "
            # titles, ranks and degrees
            "акад праф дац д-р інж сп сп-ня спн дэп в.а чл.-кар чл.-карэсп к.т.н к.ф.н к.г.н к.м.н д.т.н д.ф.н д.г.н "
            "д.м.н э.н г.н м.н ф.н "
            # law and documents
            "п пп падп абз д стар гл разд дад віт "
            # churches
            "а мітр архіеп еп прат іерам архім ігум прп вмч свв "
            # languages and grammar
            "англ фр франц лац грэч ням польск слав герм яўр цюрк тат укр яп санскр чэш балг ісп італ эст дасл прыбл "
            "выкл напр параўн г.зн г.зв т.зв т.б т.е т.л т.ч гутар устар скар "
            # press and works
            "фаб зб Кар спецкар кн"
        ),
        before_starter=(
            "ім імя тав гр ген палк падпалк лейт сярж рэд рэж маст муз нач пач канд засл нар арт чл выд аўт сакр дыр "
            "сяр рус патр свт"
        ),
        before_capital="інш г.д т.п н.э р.х і.г.п і.пр рт.ст рт.сл вад.ст",
        measure=(
            "тыс млн млрд трлн кг км мм мг га чал экз адз сек мес гадз хв студз лют сак крас чэрв ліп жн вер кастр "
            "ліст снеж вобл р-н пн чц пт сб нд кв.м кв.км кв.см куб.м куб.км куб.см к.с у.а"
        ),
        money="руб дол долл",
        year="г гг в вв стст",
        unit="шт р м с ч т к см л мл ц кап ст",
        quantity="град прац",
        reference="мал табл іл вып том тэл факс каб",
    ),
    starters=word_set(
        "я ты ён яна яно мы вы яны гэта гэты гэтая гэтыя той тая тыя там тут так такі такая такія усе ўсе усё ўсё у ў "
        "ва на з са са к да аб ад праз па за пад над пры пра без для між паміж пасля перад і а але або ці дык жа ні "
        "не ня калі пакуль хаця хоць каб таму аднак таксама акрамя апроч напрыклад менавіта толькі ўжо ужо яшчэ затым "
        "потым тады цяпер зараз сёння учора ўчора заўтра як які якая якія хто што дзе куды адкуль чаму навошта колькі "
        "каторы яго яе іх яму ёй ім мой наш ваш свой сам сама самі іншыя іншы многія некаторыя кожны разам сярод каля "
        "больш менш самы раней пазней далей вось бо урэшце упершыню ўпершыню паводле згодна адзначым нагадаем "
        "напярэдадні спачатку гэтак усяго адзін два тры"
    ),
    continuations=word_set("цэльсія фарэнгейта"),
    subjects=word_set(
        "мужчына мужчыну мужчыне жанчына жанчыну жанчыне дзяўчына дзяўчыну юнак падлетак пенсіянер пенсіянерка дзіця "
        "кіроўца кіроўцу вадзіцель пацыент пацыентка пацыента падазраваны падазраваная падазраванага падазраванаму "
        "абвінавачаны абвінавачаная абвінавачанага абвінавачанаму падсудны падсудная падсуднага падсуднаму асуджаны "
        "затрыманы затрыманая затрыманага затрыманаму пацярпелы пацярпелая загінулы суд следства следчыя пракуратура "
        "паліцыя міліцыя ўрачы урачы прысуд пошукі"
    ),
    labels=word_set(
        "варыянт варыянта варыянту варыянтам варыянце гепатыт гепатыту гепатытам гепатыце "
        "вітамін вітаміну вітамінам вітаміне вітамінаў катэгорыя катэгорыі катэгорыю катэгорыяй пункт пункта пункту "
        "пунктам пункце кропка кропкі кропцы кропку сектар сектара сектары блок блока блоку клас класа класу класе тып "
        "тыпу тыпам літара літары літару падгрупа падгрупы падгрупу падгрупе зона зоны зоне зону ліга лігі лізе лігу "
        "разрад разраду грып грыпу штам штаму пляцоўка пляцоўкі пляцоўцы трыбуна трыбуны трыбуне серыя серыі серыю "
        "пад'езд пад'езда пад’езд пад’езда корпус корпуса лінія лініі лінію тэрмінал тэрмінала"
    ),
    weak_labels=word_set(
        "план плана плану планам плане група групы групе групу групай школа школы школе школу дом дома доме частка "
        "часткі"
    ),
    temporal=word_set(
        "у ў ва на з да к па ад пасля перад каля пачатку канцы сярэдзіне студзеня лютага сакавіка красавіка мая "
        "траўня чэрвеня ліпеня жніўня верасня кастрычніка лістапада снежня студзені лютым сакавіку красавіку маі "
        "траўні чэрвені ліпені жніўні верасні кастрычніку лістападзе снежні студз лют сак крас чэрв ліп жн вер кастр "
        "ліст снеж вясной летам увосень увесну зімой ужо і"
    ),
)

ENGLISH = Abbreviations(
    endings=_endings(
        never=(
            # titles and ranks
            "Mr Mrs Ms Mx Dr Prof Gen Sen Rep Gov Lt Col Sgt Capt Cpl Maj Adm Cmdr Cdr Brig Rev Hon Pres Supt Det "
            "Messrs Mme Mlle Msgr Amb Sec-Gen Reps Sens Govs Gens Profs Drs Asst Assoc Insp Const Atty Rt Comdr "
            "Ens Pvt Pfc "
            # churches
            "Fr Sts Bp Abp Archbp Br "
            # places
            "Mt Mts Ft "
            # languages, law, press
            "Lat Gk Ger e.g i.e vs v cf viz approx incl sq cu n.a deg temp"
        ),
        before_starter=(
            "St Ave Blvd Rd Inc Ltd Corp Co Cos Bros LLC Plc Jr Sr U.S U.K U.N E.U U.S.A U.S.S.R U.A.E D.C L.A "
            "N.Y N.J B.C Ph.D M.D B.A M.A B.S M.B.A Esq al Calif Conn Mass Fla Wash Ore Mich Minn Ill Tenn Ariz "
            "Colo Tex Okla Ont Que Dept Univ Assn Intl Natl Gov't Bldg"
        ),
        before_capital="etc a.m p.m A.D C.E B.C.E",
        measure=(
            "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun ft lb "
            "lbs oz hrs mph m.p.h km kg mi yds yd sq.ft sq.mi sq.m sq.km sq.yd cu.ft cu.m mln bn mn k.p.h"
        ),
        unit="fl",
        quantity="min secs mins",
        reference=(
            "no nos p pp vol vols fig figs art arts sec ch chap para paras ext tel ver op eq ed eds pt app apt Ste c b "
            "d r Rs"
        ),
    ),
    starters=word_set(
        "a an the i he she it we you they this that these those there here his her its our your their my in on at by "
        "for from to with without of as about after before during since until under over between among against "
        "through and but or nor so yet if when while although though because unless whether however moreover "
        "meanwhile still also then now today yesterday tomorrow later earlier what which who whom whose where why how "
        "not no yes all some many most more less few several each every both either neither one two three other "
        "another such only even just once again is are was were be been has have had do does did can could may might "
        "must should would despite instead thus hence therefore according nearly almost perhaps"
    ),
    continuations=word_set(
        "monday tuesday wednesday thursday friday saturday sunday gmt utc est edt et cet cest cst cdt mst mdt pst pdt "
        "pt ct msk moscow eastern pacific central local"
    ),
    subjects=frozenset(),  # "The man" begins with a starter
    labels=word_set(
        "plan hepatitis vitamin vitamins group type class grade category section part appendix exhibit schedule block "
        "option platform terminal zone gate building unit phase series point side team row league division pool court "
        "hall annex influenza strain level stage variant letter tower wing pier lane"
    ),
    weak_labels=frozenset(),
    temporal=word_set(
        "at by around about until till since on in from before after jan feb mar apr jun jul aug sep sept oct nov dec"
    ),
)


@cache
def for_language(language: str | None) -> Abbreviations:
    """The tables of one language; the union of all for None or a language without tables."""
    tables = {"ru": RUSSIAN, "be": BELARUSIAN, "en": ENGLISH}
    if language in tables:
        table = tables[language]
        return replace(table, endings={**ENGLISH.endings, **table.endings})  # «Apple Inc.» in Russian news
    endings: dict[str, Ending] = {}
    for table in tables.values():
        for key, ending in table.endings.items():
            if key not in endings or ending in AFTER_NUMBER:  # they look at what stands before
                endings[key] = ending

    def union(name: str) -> frozenset[str]:
        return frozenset[str]().union(*(getattr(table, name) for table in tables.values()))

    words = ("starters", "continuations", "subjects", "labels", "weak_labels", "temporal")
    return Abbreviations(endings, **{name: union(name) for name in words})
