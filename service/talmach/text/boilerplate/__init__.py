"""Finds the lines around an article that are not part of its story: menus, share lines, captions, credits, bylines.

They are reported, and removed only on request. Precision comes first: a sentence of the article that is taken for
boilerplate is lost to the reader, whereas a menu line that is missed is only a nuisance.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from talmach.text.boilerplate.imprint import IMPRINT_RULES
from talmach.text.boilerplate.reader import READER_RULES
from talmach.text.boilerplate.rule import BoilerplateKind
from talmach.text.boilerplate.story import STORY_RULES
from talmach.text.boilerplate.words import AGENCY, DATE, MENU_WORDS
from talmach.text.document import Document, Piece
from talmach.text.span import Span

__all__ = ["BoilerplateKind", "find", "kind_of"]

_LONGEST = 400  # code points; every rule is shorter
_BLANKS = re.compile(r"\s+")
_MENU_SEPARATOR = re.compile(r"\s*[|•·›→]\s*|\s+[>»]\s+")
_MENU_ITEM = re.compile(r"[A-ZА-ЯЁІЎ0-9][\w'’ʼ-]*(?: [\w'’ʼ&-]+){0,3}")
_FEWEST_MENU_ITEMS = 3
_LONGEST_MENU_ITEM = 30  # code points
_LONGEST_CAPTION = 2  # sentences
_SPLIT_DATELINE = 2  # sentences of «Москва. 12 мая. ИНТЕРФАКС - Банк …» in front of the agency
_DATE = re.compile(DATE)
_BEGINS_WITH_AGENCY = re.compile(rf"{AGENCY} ?[—–-]")
_OF_PICTURES = (BoilerplateKind.CREDIT, BoilerplateKind.CAPTION)
_FEWEST_KNOWN_ITEMS = 2  # of a run of short lines; a list of names or teams has none


def find(document: Document) -> dict[int, BoilerplateKind]:
    """The kind of every boilerplate sentence of `document`, by the sentence's position."""
    found: dict[int, BoilerplateKind] = {}
    paragraphs = [list(group) for _, group in groupby(enumerate(document.sentences), lambda item: item[1].paragraph)]
    for paragraph in paragraphs:
        found.update(_find_in_paragraph(document.text, paragraph))
    found.update(_find_menus(paragraphs, found))
    return found


def kind_of(text: str, *, alone: bool) -> BoilerplateKind | None:
    """What `text` is as a whole; `alone`: it is a whole paragraph, not a sentence among others."""
    if len(text) > _LONGEST:
        return None
    line = _BLANKS.sub(" ", text.strip())
    for rule in (*STORY_RULES, *READER_RULES, *IMPRINT_RULES):
        if (alone or not rule.alone) and rule.pattern.fullmatch(line):
            return rule.kind
    return BoilerplateKind.NAVIGATION if alone and _is_menu_line(line) else None


def _find_in_paragraph(text: str, paragraph: Sequence[tuple[int, Piece]]) -> dict[int, BoilerplateKind]:
    whole = Span(paragraph[0][1].span.start, paragraph[-1][1].span.end)
    if whole.end - whole.start <= _LONGEST and (kind := kind_of(whole.slice(text), alone=True)):
        return {index: kind for index, _ in paragraph}
    if len(paragraph) == 1:  # the rules for whole paragraphs include those for a sentence among others
        return {}
    kinds = ((index, kind_of(sentence.text, alone=False)) for index, sentence in paragraph)
    found = {index: kind for index, kind in kinds if kind is not None}
    if len(paragraph) > _SPLIT_DATELINE and _BEGINS_WITH_AGENCY.match(paragraph[_SPLIT_DATELINE][1].text):
        place_and_day = paragraph[:_SPLIT_DATELINE]
        dateline = Span(whole.start, place_and_day[-1][1].span.end)
        if kind_of(dateline.slice(text), alone=False) is BoilerplateKind.DATELINE:
            found.update((index, BoilerplateKind.DATELINE) for index, _ in place_and_day)
    story = [index for index, _ in paragraph if index not in found]
    if found.get(paragraph[-1][0]) in _OF_PICTURES and _is_caption(whole.slice(text), len(story)):
        found.update(dict.fromkeys(story, BoilerplateKind.CAPTION))
    return found


def _is_caption(paragraph: str, sentences: int) -> bool:
    """Whether what stands with a picture's credit is about the picture: «Новая школа. Фото: Анна Лесная».

    Agencies write a second sentence after the day of the picture; otherwise two are a paragraph of the story.
    """
    return sentences == 1 or (
        sentences == _LONGEST_CAPTION and len(paragraph) <= _LONGEST and bool(_DATE.search(paragraph))
    )


def _is_menu_line(line: str) -> bool:
    items = [item for item in _MENU_SEPARATOR.split(line) if item]
    return len(items) >= _FEWEST_MENU_ITEMS and all(_is_menu_item(item) for item in items)


def _is_menu_item(text: str) -> bool:
    return len(text) <= _LONGEST_MENU_ITEM and bool(_MENU_ITEM.fullmatch(text))


def _find_menus(
    paragraphs: Sequence[Sequence[tuple[int, Piece]]], found: dict[int, BoilerplateKind]
) -> Iterator[tuple[int, BoilerplateKind]]:
    """The lines of the menus that open and close the document: short ones up to the last known word of a menu."""
    for ordered in (paragraphs, paragraphs[::-1]):
        run: list[int] = []
        known: list[int] = []  # how long the run is with each known item
        for paragraph in ordered:
            index, sentence = paragraph[0]
            if len(paragraph) > 1 or not (index in found or _is_menu_item(sentence.text)):
                break
            run.append(index)
            if sentence.text.lower() in MENU_WORDS:
                known.append(len(run))
        if len(known) >= _FEWEST_KNOWN_ITEMS and known[-1] >= _FEWEST_MENU_ITEMS:
            yield from ((index, BoilerplateKind.NAVIGATION) for index in run[: known[-1]] if index not in found)
