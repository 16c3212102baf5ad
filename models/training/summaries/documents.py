"""The GUM set as articles, sentence for sentence as it was annotated, and the project's own parallel stories."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from talmach.text import boilerplate
from talmach.text.article import Article, Field, Sentence
from talmach.text.document import Document, Piece, PieceKind, Span

GUM_FILE = Path("summaries") / "en.gum_summaries.jsonl"
NEWS = "news"
LANGUAGES = ("be", "ru", "en")

_NO_LETTER = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Summarized:
    """A document with the summaries that people wrote of it."""

    id: str
    genre: str
    split: str
    article: Article
    references: tuple[str, ...]

    @property
    def body(self) -> tuple[Sentence, ...]:
        """What may be extracted: everything but the headline."""
        return tuple(each for each in self.article.sentences if each.field is not Field.HEADLINE)


def read_gum(corpus: Path) -> list[Summarized]:
    """Return the documents of `corpus`, in the order of the file."""
    with (corpus / GUM_FILE).open(encoding="utf-8") as lines:
        return [_parse(json.loads(line)) for line in lines]


def _parse(record: dict[str, object]) -> Summarized:
    title, sentences, starts = str(record["title"]), _strings(record["sents"]), record["paras"]
    assert isinstance(starts, list)
    first = sum(1 for _ in itertools.takewhile(lambda each: _fold(each) in _fold(title), sentences))
    paragraphs = _paragraph_numbers(starts, len(sentences))
    return Summarized(
        str(record["id"]),
        str(record["genre"]),
        str(record["split"]),
        article_of(title, sentences[first:], paragraphs[first:]),
        tuple(_strings(record["summaries"])),
    )


def _strings(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(each) for each in value]


def _fold(text: str) -> str:
    """Letters and digits alone: the title in the text differs from the document's in typography."""
    return _NO_LETTER.sub("", text.casefold())


def _paragraph_numbers(starts: Sequence[int], sentences: int) -> list[int]:
    """Return each sentence's paragraph; `starts` names the first sentences, each once or more."""
    return list(itertools.accumulate(int(index > 0 and index in starts) for index in range(sentences)))


def article_of(headline: str, sentences: Sequence[str], paragraphs: Sequence[int]) -> Article:
    """Return an article with exactly these sentences in its body, which our own splitter would cut differently."""
    title = Article.parse(headline, language="en")
    body = _document(sentences, paragraphs)
    kinds = boilerplate.find(body)
    numbered = [
        Sentence(index, Field.BODY, piece.paragraph, piece.span, piece.text, kinds.get(position))
        for position, (index, piece) in enumerate(enumerate(body.sentences, start=len(title.sentences)))
    ]
    return Article((*title.documents[:-1], (Field.BODY, body)), (*title.sentences, *numbered))


def _document(sentences: Sequence[str], paragraphs: Sequence[int]) -> Document:
    pieces: list[Piece] = []
    position = 0
    for index, (text, paragraph) in enumerate(zip(sentences, paragraphs, strict=True)):
        if index:
            gap, number = (" ", paragraph) if paragraph == paragraphs[index - 1] else ("\n\n", -1)
            pieces.append(Piece(PieceKind.GAP, Span(position, position + len(gap)), gap, number))
            position += len(gap)
        pieces.append(Piece(PieceKind.SENTENCE, Span(position, position + len(text)), text, paragraph))
        position += len(text)
    return Document("".join(piece.text for piece in pieces), tuple(pieces))


@dataclass(frozen=True, slots=True)
class Story:
    """An article's text as it lies in a file: headline, lead and body paragraphs."""

    headline: str
    lead: str
    body: tuple[str, ...]
    language: str

    @property
    def article(self) -> Article:
        """The story as the service gets it."""
        return Article.parse(self.headline, self.lead, "\n\n".join(self.body), self.language)


def read_stories(folder: Path) -> Iterator[dict[str, Story]]:
    """Yield the parallel stories of `folder`, each by language; sentence i says the same in all of them."""
    for path in sorted(folder.glob(f"*.{LANGUAGES[0]}.txt")):
        stem = path.name.removesuffix(f".{LANGUAGES[0]}.txt")
        yield {language: _read_story(folder / f"{stem}.{language}.txt", language) for language in LANGUAGES}


def _read_story(path: Path, language: str) -> Story:
    headline, lead, *body = path.read_text(encoding="utf-8").strip().split("\n\n")
    return Story(headline, lead, tuple(body), language)
