"""The fixed set: the twelve invented stories of the tests, in three languages, and their sentences."""

from dataclasses import dataclass
from pathlib import Path

from talmach.text import protected
from talmach.text.article import Article, Field

ROOT = Path(__file__).parents[1]
_DIRECTORY = ROOT / "tests" / "data" / "articles"
_DIRECTIONS = (("ru", "en"), ("be", "en"), ("en", "ru"), ("en", "be"), ("be", "ru"), ("ru", "be"))
LONG_SENTENCES = 40
BEAM_SIZE = 1  # of every row that names no other: what the peers are compared at


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence to translate; `tokens` = of talmach's greedy translation, 0 = not known yet."""

    text: str
    source: str
    target: str
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """An article with its fields."""

    language: str
    headline: str
    lead: str
    body: str

    @property
    def sentences(self) -> list[str]:
        """Everything in it that has words."""
        article = Article.of(
            {Field.HEADLINE: self.headline, Field.LEAD: self.lead, Field.BODY: self.body}, self.language
        )
        return [each.text for each in article.sentences if protected.has_words(each.text)]


def stories(language: str) -> list[Story]:
    """Return the stories of a language, in the order of their numbers."""
    return [_read(path, language) for path in sorted(_DIRECTORY.glob(f"*.{language}.txt"))]


def all_items() -> list[Item]:
    """Return the sentences of twelve stories, two for each direction, the directions in turn."""
    by_language = {language: stories(language) for language in ("be", "en", "ru")}
    items = []
    for number, story in enumerate(by_language["en"]):
        source, target = _DIRECTIONS[number % len(_DIRECTIONS)]
        story = by_language[source][number]  # noqa: PLW2901 - the same story in its source language
        items += [Item(sentence, source, target) for sentence in story.sentences]
    return items


def long_story(language: str = "be") -> Story:
    """Return an article of exactly 40 sentences, made of whole sentences of the first stories."""
    first, *others = stories(language)
    body = first.body
    for story in others:
        for paragraph in story.body.split("\n\n"):
            for sentence in Article.of({Field.TEXT: paragraph}, language).sentences:
                body += (" " if sentence.index else "\n\n") + sentence.text
                long = Story(language, first.headline, first.lead, body)
                if len(long.sentences) == LONG_SENTENCES:
                    return long
    raise AssertionError("the stories have more than 40 sentences")


def _read(path: Path, language: str) -> Story:
    headline, lead, body = path.read_text(encoding="utf-8").strip().split("\n\n", 2)
    return Story(language, headline, lead, body)
