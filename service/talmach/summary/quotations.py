"""Which sentences are parts of a quotation that spans several: «Мы ждали. Мы рады», — сказала Анна.

A summary that has one of them opens a quotation and never closes it, or leaves out who speaks.
"""

from collections.abc import Sequence
from itertools import groupby

from talmach.text.article import Sentence
from talmach.text.characters import BEFORE_OPENING

_STRAIGHT = '"'
_OPENS = "«„"
_CLOSES = {"»": "«", "”": "“", "“": "„"}  # “ opens a quotation where no „ is open
_DEEPEST = 8  # nobody nests deeper; in a hostile text each mark must not be compared with all before it


def parts_of_quotations(sentences: Sequence[Sentence]) -> set[int]:
    """Return the indices of the sentences that begin or end inside a quotation."""
    found: set[int] = set()
    for _, paragraph in groupby(sentences, lambda sentence: (sentence.field, sentence.paragraph)):
        found.update(_in_paragraph(list(paragraph)))
    return found


def _in_paragraph(sentences: Sequence[Sentence]) -> set[int]:
    found: set[int] = set()
    open_marks: list[str] = []
    doubtful: int | None = None  # where one mark may have closed two quotations
    for number, sentence in enumerate(sentences):
        begins_inside = bool(open_marks)
        closes_nothing, last_closes = _follow(sentence.text, open_marks)
        if closes_nothing and doubtful is not None:
            found.update(range(doubtful, number))
        if begins_inside or closes_nothing:
            found.add(number)
        elif open_marks and last_closes:  # «Общество «Рассвет» открыло завод.
            doubtful = number
            open_marks.clear()
        elif open_marks:
            found.add(number)
    return {sentences[number].index for number in found}


def _follow(text: str, open_marks: list[str]) -> tuple[bool, bool]:
    """Open and close `open_marks` along `text`; return whether a mark closes nothing, whether the last one closes."""
    closes_nothing = last_closes = False
    for position, mark in enumerate(text):
        if mark not in '"«»„“”':
            continue
        if mark == _STRAIGHT and not open_marks and text[max(0, position - 1)].isdigit():
            continue  # inches
        last_closes = not _is_opening(text, position, open_marks)
        if not last_closes:
            if len(open_marks) < _DEEPEST:
                open_marks.append(mark)
        elif (partner := _CLOSES.get(mark, mark)) in open_marks:
            while open_marks.pop() != partner:
                pass
        elif open_marks:  # “Typed," with the marks of two keyboards
            open_marks.pop()
        else:
            closes_nothing = True
    return closes_nothing, last_closes


def _is_opening(text: str, position: int, open_marks: Sequence[str]) -> bool:
    mark = text[position]
    if mark == _STRAIGHT:
        before = text[position - 1 : position]
        return mark not in open_marks and (not before or before.isspace() or before in BEFORE_OPENING)
    return mark in _OPENS or (mark == "“" and "„" not in open_marks)
