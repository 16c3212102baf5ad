"""Numbers written as words in Russian, Belarusian and English, for `numerals`.

A number word only ever excuses a digit on the other side ("3 cars" - «три машины»); none is ever required, but for a
Roman numeral of several letters, which the other side has as a numeral, in digits or in words. So stems are generous:
«семинар» taken for a seven hides an error only where a lone seven appears or vanishes.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

# `*` = any ending. Months stand for their numbers, because dates are written both ways.
_WORDS = {
    "0": "ноль нол* нул* zero",
    "0.5": "half пол* палов* паў*",
    "1": "a an один одн* перв* однажды адзін адна* адно* адны* адну* аднойчы перш* one once first single "
    "январ* студзен* january",
    "1.5": "half полтор* полутор* паўтар*",
    "2": "два две дву* двое двой* втор* оба обе обо* пара пары пару парой дзве дзвю* двай* двух* другі* "
    "другая другое другую другой другім абодв* абедзв* two twice second* double* pair* both "
    "феврал* лют* february",
    "3": "три тре* трё* трое трой* тры* тро* трац* трэц* three thr* third* tripl* trio март* сакав* march",
    "4": "четыр* четвер* четвёр* чатыр* чацв* чвэрц* four* quarter* апрел* красав* april",
    "5": "пять пят* пяц* five fif* май мая мае маі may трав*",
    "6": "шест* шасц* шэсц* шост* six* июн* чэрв* june",
    "7": "сем* седьм* сям* сём* seven* июл* ліпен* july",
    "8": "восем* восьм* вось* васьм* eight* август* жні* august",
    "9": "девят* дзевя* дзявя* nine* ninth* сентябр* верас* september",
    "10": "десят* дзеся* дзяся* ten tenth* decade* октябр* кастрыч* october",
    "11": "одиннадц* адзінац* eleven* ноябр* лістапад* november",
    "12": "двенадц* дванац* twel* dozen* дюжин* тузін* декабр* снеж* december полдень поўдзень midnight noon полноч* "
    "поўнач*",
    "13": "тринадц* трынац* thirteen*",
    "14": "четырнадц* чатырнац* fourteen*",
    "15": "пятнадц* пятнац* fifteen*",
    "16": "шестнадц* шаснац* sixteen*",
    "17": "семнадц* сямнац* seventeen*",
    "18": "восемнадц* васямнац* васемнац* eighteen*",
    "19": "девятнадц* дзевятнац* nineteen*",
    "20": "двадцат* дваццат* дваццац* twent*",
    "30": "тридцат* трыццат* трыццац* thirt*",
    "40": "сорок* сорак* саракав* fort*",
    "50": "пятьдес* пятидес* пяцьдз* пяцідз* fift*",
    "60": "шестьдес* шестидес* шэсцьдз* шасцідз* sixt*",
    "70": "семьдес* семидес* семдз* сямідз* sevent*",
    "80": "восемьдес* восьмидес* восемдз* васьмідз* eight*",
    "90": "девяност* дзевяност* ninet*",
    "100": "сто ста сот* сто* стаг* hundred* centur*",
    "200": "двести двухсот* двухст* двумст* двумяст* дзвесце двумаст*",
    "300": "триста трёхсот* трехсот* трёхст* трехст* тремст* тремяст* трыста трохсот* трохст* тромст* трымаст*",
    "400": "четыреста четырёхсот* четырехсот* четырёхст* четырехст* четырёмст* четыремст* четырьмяст* чатырыста "
    "чатырохсот* чатырохст* чатыромст* чатырмаст*",
    "500": "пятьсот пятисот* пятист* пятьюст* пяцьсот пяцісот* пяціст* пяццюст*",
    "600": "шестьсот шестисот* шестист* шестьюст* шэсцьсот шасцісот* шасціст* шасцюст*",
    "700": "семьсот семисот* семист* семьюст* семсот сямісот* сяміст* сямюст*",
    "800": "восемьсот восьмисот* восьмист* восемьюст* восьмьюст* восемсот васьмісот* васьміст* васьмюст*",
    "900": "девятьсот девятисот* девятист* девятьюст* дзевяцьсот дзевяцісот* дзевяціст* дзевяццюст*",
}
_SCALES = {
    3: "тыс тысяч* тысячн* thousand* k",
    6: "млн миллион* мільён* million* mln mn m",
    9: "млрд миллиард* мільярд* billion* bln bn",
    12: "трлн триллион* трыльён* trillion* trn tn",
}


def _index(table: dict[str, str] | dict[int, str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Values of whole words and of stems; a word may have several («двенадцать» begins like «две»)."""
    whole: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    for value, entries in table.items():
        for entry in entries.split():
            (stems if entry.endswith("*") else whole).setdefault(entry.rstrip("*"), []).append(str(value))
    return whole, stems


_WHOLE_WORDS, _WORD_STEMS = _index(_WORDS)
_WHOLE_SCALES, _SCALE_STEMS = _index(_SCALES)
_LONGEST_STEM = max(map(len, [*_WORD_STEMS, *_SCALE_STEMS]))
_WITH = ("с", "з", "са")  # «два с половиной»
_PAIR = 2  # digits
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "І": 1, "Х": 10}
_ROMAN_NUMERAL = re.compile(
    r"(?<![\w-])(?=[IVXLІХ]{2})(?!ІХ\b)"  # the Cyrillic word
    r"(?:[XХ]L|L?[XХ]{0,3})(?:[IІ][XХ]|[IІ]V|V?[IІ]{0,3})(?=(?:st|nd|rd|th)?(?!\w))"
)


def scale_exponent(word: str) -> int | None:
    """3 for «тыс», 6 for "million" ...; None for any other word."""
    found = _lookup(word.lower(), _WHOLE_SCALES, _SCALE_STEMS)
    return int(found[0]) if found else None


def values_in(words: list[str]) -> set[str]:
    """Every value, in the canonical form of `numerals`, that a word or a few neighbours may stand for."""
    values: set[str] = set()
    before: list[str] = []
    previous: list[str] = []
    links = ("", "")  # the two words before
    for word in words:
        folded = word.lower()
        exponent = scale_exponent(word)
        if exponent is None:
            own = [*_lookup(folded, _WHOLE_WORDS, _WORD_STEMS), *_roman(word)]
            if "0.5" in own and (links == ("and", "a") or links[1] in _WITH):
                own += [f"{value}.5" for value in before if value.isdecimal()]
            if folded.startswith("hundred"):
                own += [
                    value + "00" for value in previous if value.isdecimal() and value != "0" and len(value) <= _PAIR
                ]
            current = [*own, *_sums(previous, own)]
            values.update(current)
        else:
            current = []
            values.update(format(Decimal(value).scaleb(exponent).normalize(), "f") for value in ["1", *previous])
        if folded != "and":  # "two hundred and fifty"
            before, previous = previous, current
        links = (links[1], folded)
    return values


def roman_values_in(text: str) -> set[str]:
    """The values of the Roman numerals of more than one letter, which is as often an initial."""
    return {value for match in _ROMAN_NUMERAL.finditer(text) for value in _roman(match.group())}


def _lookup(word: str, whole: dict[str, list[str]], stems: dict[str, list[str]]) -> list[str]:
    found = list(whole.get(word, ()))
    for length in range(2, min(len(word), _LONGEST_STEM) + 1):
        found += stems.get(word[:length], ())
    return found


_TENS = frozenset(str(tens) for tens in range(20, 100, 10))
_HUNDREDS = frozenset(str(hundreds) for hundreds in range(100, 1000, 100))


def _sums(greater: list[str], smaller: list[str]) -> Iterator[str]:
    """«двадцать пять», "twenty-first", «двести пятьдесят пять»."""
    for one in greater:
        for other in filter(str.isdecimal, smaller):
            has_tens = len(one) <= 3 and one[-2:] in _TENS  # noqa: PLR2004 - up to 990
            if (has_tens and len(other) == 1) or (one in _HUNDREDS and len(other) <= _PAIR):
                yield str(int(one) + int(other))


def _roman(word: str) -> list[str]:
    """The value of a Roman numeral below 90; any row of its letters counts."""
    digits = [_ROMAN.get(char, 0) for char in word]
    if not all(digits):
        return []
    following = [*digits[1:], 0]
    return [str(sum(-one if one < after else one for one, after in zip(digits, following, strict=True)))]
