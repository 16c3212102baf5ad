"""What tells Russian, Belarusian and English from each other and from their neighbours, as data for `language`.

Weights are log-likelihood ratios in nats against a language of the same script that lacks the feature. The Cyrillic
ones were counted on some 30,000 words of Russian and of Belarusian text and rounded down, because features of one
word are not independent; those of their neighbours were set so that few of the sentences in the tests, cut to any
length, are taken for ours. Belarusian spelling makes this sharp: р, ж, ш, ч are always hard («ры», «чэ»; never «ри»,
«че»), soft т and д are written ц and дз, unstressed о becomes а, and в after a vowel becomes ў.
"""

import re
from collections.abc import Mapping
from pathlib import Path

UKRAINIAN = "uk"
OTHER_CYRILLIC = "other-cyrillic"  # Bulgarian, Serbian, Macedonian, Kazakh ...
OTHER_LATIN = "other-latin"  # German, Polish, French, romanised Russian ...

_NOT_BELARUSIAN = ("ru", UKRAINIAN, OTHER_CYRILLIC)
_V = "аеёиіоуыэюя"

FEATURES: tuple[tuple[re.Pattern[str], tuple[str, ...], float], ...] = tuple(
    (re.compile(pattern), languages, weight)
    for pattern, languages, weight in (
        ("ў", ("be",), 4.0),
        ("і", ("be", UKRAINIAN), 3.5),
        ("[ищ]", _NOT_BELARUSIAN, 3.5),
        ("ъ[еёюя]", ("ru", OTHER_CYRILLIC), 2.0),
        ("ъ(?![еёюя])", (OTHER_CYRILLIC,), 2.5),
        ("[ыё]", ("ru", "be"), 2.5),
        ("э", ("ru", "be"), 2.0),
        ("[їєґ]", (UKRAINIAN,), 5.0),
        ("[ђѓєѕјљњќћџѝәғқңөұүһҳӣӯҷјѣѳѵ]", (OTHER_CYRILLIC,), 4.0),
        ("[а-яёіў][’'ʼ][еёюяі]", ("be",), 2.5),
        ("[а-яіїє][’'ʼ][єїюяе]", (UKRAINIAN,), 2.5),
        ("[дтр][еиюяьё]|[жшч][еиёь]", _NOT_BELARUSIAN, 3.0),
        ("[чжш]ы|[рчжшдт]э", ("be",), 3.0),
        ("дз[ьіеюяё]|цц", ("be",), 3.0),
        ("ц[ьяюі]", ("be", UKRAINIAN), 2.5),
        ("[сзц]ь[нцвл]|дзь|ньн|^[сз]ь", ("be",), 2.0),  # Taraškievica writes the assimilated softness
        (f"[{_V}]в(?![{_V}йїєь])", _NOT_BELARUSIAN, 2.0),
        ("о[бвгджзйклмнпрстфхцчшщь]+о", _NOT_BELARUSIAN, 1.2),
        ("^(?:по|от|об)", _NOT_BELARUSIAN, 1.2),
        ("^(?:па|ад|аб|пера|гэт|шт|як)", ("be",), 1.0),
        ("[дтржчш]і", (UKRAINIAN,), 3.5),
        ("[зц]ьк|ськ|[йь]о|(?<!^)дн[іо]|[ії]й$|[іо]й?ї", (UKRAINIAN,), 2.0),
        ("[^ь]ск|[сзц]к(?=[аіуо])", ("ru", "be", OTHER_CYRILLIC), 0.8),
        ("(?:[оеё]го|ому|ться)$", ("ru", UKRAINIAN), 1.5),
        ("(?:ость|ости|ение|ения|ении|ению|[ыи]й|ой|ые|ие|[аеиуя]ть|[ое]м|ая|яя|ую|[иы]х|[иы]ми|сь|ся)$", ("ru",), 1.2),
        ("(?:[аи]ет|[ую]т|[ия]т|[аяие]л|[аяие]л[аио]|тся|[ое]в|ами|ями|ях|ии|ию|ия|чка|ник|щик)$", ("ru",), 0.8),
        ("(?:[ая]га|асць|асці|[эае]нне|[эае]ння|ыя|цца|аму|ае)$", ("be",), 0.8),
        ("[аеиіяы]ц[аыу]$", ("ru", "be"), 1.2),
        ("[аеиіяы]ц[яюі]$", (UKRAINIAN,), 0.8),
        ("(?:[аяуюіы]ць|ніц[аыу]|[нлк]ы|ная|нае|ныя|ную|[аяыу]ў)$", ("be",), 0.8),
        ("(?:ння|ття|ість|ості|ськ[иа]й?|ого|ій|ів|ами)$", (UKRAINIAN,), 0.8),
        ("(?:[аяиіоеує]ти|[аяиіоую]тися|[ую]ть|ують|ється|ила|или|ило|ував|увати|ли|ий|ла)$", (UKRAINIAN,), 1.2),
        ("(?:[аяиіеує]в)$", (UKRAINIAN,), 1.0),
        ("(?:ото|ият|ата|ята|ите|ува|ях|ше|ха|ваме|ния|лен|ане|ени|ието)$", (OTHER_CYRILLIC,), 1.0),
        ("(?:ството|ията|ъта|ът|ието|овете|ище)$", (OTHER_CYRILLIC,), 2.5),
        ("(?:ити|ула|ио|ије|ија|ом|ама|има|ске|ска|ски|нут[аои]?|ено|ода|аци|ици|ти|ку|ци)$", (OTHER_CYRILLIC,), 0.8),
        ("[çèéêëïñ]", (OTHER_LATIN,), 1.0),  # also in English: naïve, café
        ("[àáâãäåæìíîðòóôõöøùúûüýþÿāăąćčďęěėğįıłńňőœřśšşťţůűųūźżž]", (OTHER_LATIN,), 3.0),
        ("th|wh|sh(?!t)|gh|[aeo]y|[eo]w|ea|oa|ck(?!t)", ("en",), 1.0),
        ("(?:ing|ly|ness|ful|less|ity|[rtlnd]y|ed|ies|ngs|['’]s|n['’]t|sion|ture)$", ("en",), 1.2),
        ("sch|cz|sz|rz|dz|eau|oux|ij|tz|pf|cht|[^aeiouyl]j|q(?!u)|ieu|oeu|uo|gn[aeio]", (OTHER_LATIN,), 1.5),
        (
            (
                "(?:ung|ungen|keit|heit|isch|ische[nrms]?|lich|chen|mente|zione|aient|ique|eux|euse|[iy]ch|ego|emu|"
                "owi?e?"
                "|owa[ćn]?|stw[ao]|[aei]nci?a|ja|ij|zi|eit|echt|ade[sn]|ando|iendo|[iae]re|ti|lla|lle|ois|ais|ez|"
                "ski|aux)$"
            ),
            (OTHER_LATIN,),
            1.2,
        ),
    )
)

_WORDS = {
    "ru": (
        "и в во с со к ко что из он или от но его они чтобы все если был когда были также могут быть более которые "
        "может же где при является есть этого ее её чем она будет очень еще ещё который себя хотя всех однако этот эти "
        "них через несколько нет меня него поэтому здесь нужно между сказал теперь сейчас сегодня кто перед это эта "
        "тоже потому лишь уже только после как об около вы мы тебя мне нельзя вчера завтра спасибо "
        "привет на за не у до по да а то так там тут без для под над"
    ),
    "be": (
        "і й ў з што па як гэта калі ад ён яны яна іх якія каб яго але толькі таго ці які якая аб пры пасля пра тым "
        "яшчэ быў або таксама таму яе былі можа вельмі будзе нават усё ўсё могуць дзе праз аднак адзін акрамя падчас "
        "ж ва гэты гэтая гэтыя каля бо трэба са ёсць альбо разам сёння паміж дзякуючы менавіта хто некалькі зь ня бяз "
        "ды цяпер учора заўтра вы мы мне дзякуй прывітанне так на за не у да "
        "а то там тут без для над"
    ),
    UKRAINIAN: (
        "що це цей ця ці від він вона вони воно було буде будуть який яка які якого після щоб бути його її їх року є й "
        "під між дуже тільки та не у до як за але або і про також коли якщо ще вже ми ви дякую привіт день так немає "
        "треба був була були на в з із зі для без через над при по а ні чи бо хто де там тут наш наша наші ваш мій "
        "свій своє свої всі все усі цього цьому того тому тих ту той ця сьогодні вчора завтра зараз тепер потім завжди "
        "ніколи нічого нас вас мене тебе себе йому їй їм нам вам мені тобі собі проти біля серед крім навіть може "
        "можна люди людей місто міста дітей діти рік роки років час новий нова нове нові один одна два дві три лише "
        "знову разом перший перша перше жінка чоловік робота вода рада сказав каже має мають"
    ),
    OTHER_CYRILLIC: (
        "се са ще като беше бяха който която което които това този тази е след преди я съм сме също или и на в от за "
        "вчера днес утре сега много няма има бе ги му им го ми ти ни ви още вече само така тук там кой коя какво кога "
        "къде защо всички един една едно два три година години хора страна град нов нова ново нови с по не най "
        "је су који која које као није ће од што да у со към през са из или али ово то тај та био била било данас јуче "
        "сутра сада већ још веома где када како зашто шта ко нема људи наши нашите вода деца до"
    ),
    "en": (
        "the a an of and in to is was for that on with as by at he she it they we you i are be been were from this "
        "these those his her its their our your my have has had not but or which who what when where why how will "
        "would can could should may might must do does did there here about after before than then more most no yes "
        "one two all any some new into over under between said says if so up out off only also other such them him "
        "us me just now while against during through because since until today please not hello thanks set get add "
        "open close save show use make file select enter failed error search settings "
        "people first like work well last world take same still long good state want number found much told life end "
        "help second next home week group come several four five able put best around again ago left came side half "
        "report reports reported women woman men children law court police government become another better water "
        "media change story news later never always every each both few many own too very back down away read view "
        "send share sign log user password account page site web link name list key table text title time date size "
        "type old free full empty copy paste delete remove cancel move print edit find start stop run turn hide lock "
        "mail message phone email support network download upload load update install folder device screen window "
        "button field value default custom public current required available invalid missing unknown connect choose "
        "connected disconnect manage create reset apply click tap press keep let got get made "
        "monday tuesday wednesday thursday friday saturday sunday january february april june july october december"
    ),
    OTHER_LATIN: (
        "der die das und ist nicht ein eine einen einem einer mit von zu den dem des auf für im sich auch es wird "
        "werden hat haben sind war was bei nach aus wie oder aber über nur noch kann als in ich du wir ihr guten "
        "tag le la les est et un une dans pour que qui pas sur avec ce cette au aux du sont nous vous ils elle mais "
        "ou où "
        "par plus ne se été je tu il bonjour merci de en l d "
        "się nie jest na w z i do że to jak ale o po przez dla od są był była było być który która które oraz czy jego "
        "ich może tylko już także dzień dobry dziękuję "
        "el los las y por con para del es no su lo como más pero sus ya este esta sí porque está hola gracias "
        "gli di e che per della non sono è da anche più ma nel alla dei delle questo ciao buongiorno grazie "
        "os em não uma com mas foi ao dos das você obrigado het een van dat op te zijn voor niet aan er om ook maar "
        "naar uit wordt hij zij is och att det som på är av för med till inte ett har jag ir yra kad je jsou ve bir bu"
    ),
}
FUNCTION_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _WORDS.items()}

# Frequent words, counted by models.training.data.lexicon.
LEXICON: dict[str, frozenset[str]] = {
    language: frozenset((Path(__file__).parent / "lexicon" / f"{language}.txt").read_text(encoding="utf-8").split())
    for language in ("ru", "be", "en")
}
# What it says that a word is in some of these lists, by the lists: logarithms of the shares of such words in the
# development set to those in other languages of the script (of Ukrainian 67 % are in no list, 13 % in the Russian one,
# 5 % in the Belarusian one, 15 % in both; of Polish and romanised Russian 7 % in the English one).
LEXICON_NATS: Mapping[frozenset[str], Mapping[str, float]] = {
    frozenset({"ru"}): {"ru": 1.0, "be": -1.0},
    frozenset({"be"}): {"ru": -1.0, "be": 2.5},
    frozenset({"ru", "be"}): {"ru": 0.3, "be": 0.3},
    frozenset({"en"}): {"en": 2.5},
}
UNKNOWN_NATS: Mapping[str, float] = {"ru": -0.9, "be": -1.0, "en": -1.8}
