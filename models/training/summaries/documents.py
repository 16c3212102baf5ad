"""The GUM set as articles, sentence for sentence as it was annotated, and documents that exist in three languages."""

import gzip
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from talmach.text import boilerplate
from talmach.text.article import Article, Field, Sentence
from talmach.text.document import Document, Piece, PieceKind
from talmach.text.span import Span

GUM_FILE = Path("summaries") / "en.gum_summaries.jsonl"
DEV_FILE = "dev/flores-dev.{}"
_TRIPLES_FILE = "triples.tsv.gz"
_RUNS_FILE = "mono/en.wmt_references.txt.gz"
_DEV_LINES = 9
_RUN = 9  # lines; fewer hardly leave a choice of three
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
    title = Article.of({Field.HEADLINE: headline}, "en")
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
    """A document in one of its languages: headline, lead and body paragraphs."""

    headline: str
    lead: str
    body: tuple[str, ...]
    language: str
    is_cut: bool = False  # each paragraph is one sentence and stays one

    @property
    def article(self) -> Article:
        """The story as the service gets it."""
        if self.is_cut:
            return article_of(self.headline, self.body, range(len(self.body)))
        return Article.of(
            {Field.HEADLINE: self.headline, Field.LEAD: self.lead, Field.BODY: "\n\n".join(self.body)}, self.language
        )


Parallel = dict[str, Story]  # by language; sentence i says the same in all of them


def read_stories(folder: Path) -> Iterator[Parallel]:
    """Yield the parallel stories of `folder`."""
    for path in sorted(folder.glob(f"*.{LANGUAGES[0]}.txt")):
        stem = path.name.removesuffix(f".{LANGUAGES[0]}.txt")
        yield {language: _read_story(folder / f"{stem}.{language}.txt", language) for language in LANGUAGES}


def _read_story(path: Path, language: str) -> Story:
    headline, lead, *body = path.read_text(encoding="utf-8").strip().split("\n\n")
    return Story(headline, lead, tuple(body), language)


def read_dev(corpus: Path, *, with_headline: bool) -> list[Parallel]:
    """Return the development set of the translations in documents of nine lines: two or three articles' openings.

    Which lines belong to one article is not known. `with_headline`: the first line stands for one.
    """
    lines = {
        language: (corpus / DEV_FILE.format(language)).read_text(encoding="utf-8").splitlines()
        for language in LANGUAGES
    }
    starts = range(0, len(lines["en"]), _DEV_LINES)
    return [
        {
            language: _cut(each[start : start + _DEV_LINES], language, with_headline=with_headline)
            for language, each in lines.items()
        }
        for start in starts
    ]


def read_runs(corpus: Path) -> list[Parallel]:
    """Return what can be reassembled of the news behind `triples`, in which the lines are shuffled.

    A document is nine or more lines that follow each other in the English file; the first one stands for the headline.
    """
    translations: dict[str, dict[str, str]] = {"ru": {}, "be": {}}
    with gzip.open(corpus / _TRIPLES_FILE, "rt", encoding="utf-8") as pairs:
        for pair in pairs:
            first, second, english, other, _ = pair.rstrip("\n").split("\t")
            if first == "en":
                translations[second][english] = other
    with gzip.open(corpus / _RUNS_FILE, "rt", encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    runs = itertools.groupby(lines, lambda line: all(line in known for known in translations.values()))
    documents = [run for is_known, run in ((known, list(run)) for known, run in runs) if is_known and len(run) >= _RUN]
    return [
        {
            "be": _cut([translations["be"][line] for line in run], "be", with_headline=True),
            "ru": _cut([translations["ru"][line] for line in run], "ru", with_headline=True),
            "en": _cut(run, "en", with_headline=True),
        }
        for run in documents
    ]


def _cut(lines: Sequence[str], language: str, *, with_headline: bool) -> Story:
    sentences = [line.strip() for line in lines]
    headline, body = (sentences[0], sentences[1:]) if with_headline else ("", sentences)
    return Story(headline, "", tuple(body), language, is_cut=True)
