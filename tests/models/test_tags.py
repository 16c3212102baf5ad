"""Where the embedded model's attention puts the tags of sentences that were written for this."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

from talmach.batching import BatchingQueue
from talmach.calls import Call
from talmach.catalog import default_models_dir
from talmach.engine.base import Direction
from talmach.engine.ct2 import Ct2Translator
from talmach.metrics import Metrics
from talmach.text.article import Field
from talmach.text.markup import TextFormat
from talmach.text.markup.html_tokens import TokenKind, tokens
from talmach.translation.translator import Translator
from talmach.translation.values import TranslationOptions
from talmach.use_cases import UseCases

CASES = Path(__file__).parents[1] / "data" / "cases" / "tags.tsv"
LEAST_SHARE = 0.7
_ARTICLES = re.compile(r"^(?:(?:the|a|an) )+")


def cases() -> list[tuple[Direction, str, list[str]]]:
    """Direction, sentence, and a pattern for each pair of tags."""
    lines = [line for line in CASES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rows = [line.split("\t") for line in lines]
    return [(Direction.parse(direction), sentence, patterns) for direction, sentence, *patterns in rows]


def insides(source: str) -> Iterator[tuple[str, str]]:
    """Each pair of tags: its opening tag, and the text inside of it."""
    opened: list[tuple[str, str]] = []
    for token in tokens(source):
        if token.kind is TokenKind.START:
            opened.append((token.span.slice(source), ""))
        elif token.kind is TokenKind.END:
            yield opened.pop()
        else:
            opened = [(tag, inner + token.span.slice(source)) for tag, inner in opened]


def is_right(inner: str, pattern: str) -> bool:
    """Whether the text inside of a pair is what it should be."""
    plain = _ARTICLES.sub("", inner.strip(' .,!?«»“”"').lower())
    return re.fullmatch(pattern, plain) is not None


async def translations() -> list[str]:
    """Translate every sentence as the server would."""
    directions = frozenset(direction for direction, _, _ in cases())
    engine = Ct2Translator(
        "embedded", default_models_dir() / "embedded" / "translation", directions, max_source_tokens=256
    )
    queue = BatchingQueue(engine, workers=1, metrics=Metrics())
    use_cases = UseCases(Translator({"embedded": queue}, metrics=Metrics()), None)

    async def translate(direction: Direction, sentence: str) -> str:
        options = TranslationOptions(direction.target, source_language=direction.source, format=TextFormat.HTML)
        made = await use_cases.translate_article({Field.TEXT: sentence}, options, Call("test", ""))
        return made.texts[Field.TEXT]

    try:
        return [await translate(direction, sentence) for direction, sentence, _ in cases()]
    finally:
        await queue.close()


def test_tags_stand_around_the_right_words() -> None:
    """At least seven of ten pairs stand around what translates their words, and no more than that."""
    right: list[bool] = []
    wrong = []
    for (direction, sentence, patterns), translation in zip(cases(), asyncio.run(translations()), strict=True):
        wanted = dict(zip(re.findall(r"<[a-z][^>]*>", sentence), patterns, strict=True))
        verdicts = {tag: is_right(inner, wanted[tag]) for tag, inner in insides(translation)}
        assert verdicts.keys() == wanted.keys()
        right += verdicts.values()
        wrong += [] if all(verdicts.values()) else [f"{direction} {sentence} -> {translation}"]
    assert sum(right) >= LEAST_SHARE * len(right), "\n".join([f"{sum(right)} of {len(right)}", *wrong])
