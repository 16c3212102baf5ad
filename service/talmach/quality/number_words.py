"""Numbers written as words in Russian, Belarusian and English, for `numerals`.

A number word only ever excuses a digit on the other side ("3 cars" - «три машины»); none is ever required. So stems are
generous: «семинар» taken for a seven hides an error only where a lone seven appears or vanishes.
"""

from collections.abc import Iterator
from decimal import Decimal

# `*` = any ending. Months stand for their numbers, because dates are written both ways.
_WORDS = {
    "0": "ноль нол* нул* zero",
    "0.5": "half пол* палов* паў*",
    "1": "a an один одн* перв* однажды адзін адна* адно* адны* адну* аднойчы перш* one once first single "
    "январ* студзен* january",
    "1.5": "half полтор* паўтар*",
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
    "500": "пятьсот пятисот* пяцьсот пяцісот*",
}
_SCALES = {
    3: "тыс тысяч* тысячн* thousand* k",
    6: "млн миллион* мільён* million* mln m",
    9: "млрд миллиард* мільярд* billion* bln bn",
    12: "трлн триллион* трыльён* trillion* trn",
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
_ROMAN = {"I": 1, "V": 5, "X": 10, "І": 1, "Х": 10}


def scale_exponent(word: str) -> int | None:
    """3 for «тыс», 6 for "million" ...; None for any other word."""
    found = _lookup(word.lower(), _WHOLE_SCALES, _SCALE_STEMS)
    return int(found[0]) if found else None


def values_in(words: list[str]) -> set[str]:
    """Every value, in the canonical form of `numerals`, that a word or two neighbours may stand for."""
    values: set[str] = set()
    previous: list[str] = []
    for word in words:
        exponent = scale_exponent(word)
        if exponent is None:
            current = [*_lookup(word.lower(), _WHOLE_WORDS, _WORD_STEMS), *_roman(word)]
            values.update(current, _sums(previous, current))
        else:
            current = []
            values.update(format(Decimal(value).scaleb(exponent).normalize(), "f") for value in ["1", *previous])
        previous = current
    return values


def _lookup(word: str, whole: dict[str, list[str]], stems: dict[str, list[str]]) -> list[str]:
    found = list(whole.get(word, ()))
    for length in range(2, min(len(word), _LONGEST_STEM) + 1):
        found += stems.get(word[:length], ())
    return found


_TENS = frozenset(str(tens) for tens in range(20, 100, 10))


def _sums(tens: list[str], units: list[str]) -> Iterator[str]:
    """«двадцать пять», "twenty-first"."""
    for ten in tens:
        for unit in units:
            if ten in _TENS and len(unit) == 1:
                yield ten[0] + unit


def _roman(word: str) -> list[str]:
    """The value of a Roman numeral below 40; any row of its letters counts."""
    digits = [_ROMAN.get(char, 0) for char in word]
    if not all(digits):
        return []
    following = [*digits[1:], 0]
    return [str(sum(-one if one < after else one for one, after in zip(digits, following, strict=True)))]
