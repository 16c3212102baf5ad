"""The parts of a sentence, put together."""

from talmach.engine.base import Direction
from talmach.translation.joining import join
from talmach.translation.plan import Part
from talmach.translation.restoration import Manner


def joined(direction: str, *parts: Part, **translations: str) -> str:
    """A sentence of these parts."""
    to = Direction(*direction.split("-"))
    manner = Manner.of("".join(part.text for part in parts), to.target, all_caps=False)
    return "".join(each.target for each in join(parts, translations, manner, to))


def test_words_that_the_source_keeps_apart_do_not_grow_together() -> None:
    """A handle would end in another place; what the source writes in one word stays one."""
    handle, mark, page = (
        Part("@bbc", translate=False),
        Part("'", translate=False, is_article=True),
        Part("page", translate=True),
    )
    assert joined("en-ru", handle, mark, page, page="страница") == "@bbc страница"
    assert joined("en-ru", handle, page, page="страница") == "@bbcстраница"


def test_only_english_loses_its_articles() -> None:
    """In a sentence of another language they are words of its text."""
    article, handle = Part("the ", translate=False, is_article=True), Part("@bbc", translate=False)
    assert joined("en-be", article, handle) == "@bbc"
    assert joined("ru-be", article, handle) == "the @bbc"
