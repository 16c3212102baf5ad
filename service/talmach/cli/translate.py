"""`talmach translate`: a text, an article or one text per line; standard output gets the translation only."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from talmach.cli import terminal
from talmach.cli.connection import Connection, with_connection
from talmach.cli.failures import BadInput
from talmach.cli.inputs import STANDARD_INPUT, ArticleText, read_text
from talmach.cli.lines import to_json_line, write_lines
from talmach.cli.options import AsArticle, File, Json, Lines, Source, Target, between, check_pair
from talmach.cli.review import Review
from talmach.cli.session import connect
from talmach.client import (
    Article,
    GlossaryEntry,
    TextTranslation,
    TranslationOptions,
    to_json,
)

_WAIT = "translating"


def _glossary(entries: list[str]) -> list[str]:
    for entry in entries:
        term, _, translation = entry.partition("=")
        if not (term.strip() and translation.strip()):
            raise typer.BadParameter(f"{entry!r} is not TERM=TRANSLATION.")
    return entries


RemoveBoilerplate = Annotated[
    bool, typer.Option("--remove-boilerplate", help="Leave out menus, share lines, captions, bylines and the like.")
]
Glossary = Annotated[
    list[str],
    typer.Option("--glossary", metavar="TERM=TRANSLATION", callback=_glossary, help="How to translate a term."),
]
Keep = Annotated[list[str], typer.Option("--keep", metavar="PHRASE", help="A phrase to leave as it is.")]
BeamSize = Annotated[
    int | None,
    typer.Option(
        "--beam-size", callback=between(1, 8), help="Hypotheses kept while decoding.", show_default="the model's own"
    ),
]


@with_connection
def translate(
    target: Target,
    file: File = STANDARD_INPUT,
    *,
    source: Source = None,
    lines: Lines = False,
    article: AsArticle = False,
    as_json: Json = False,
    server: Connection,
    remove_boilerplate: RemoveBoilerplate = False,
    glossary: Glossary = [],  # noqa: B006  # typer copies it
    keep: Keep = [],  # noqa: B006  # the same
    beam_size: BeamSize = None,
) -> None:
    """Translate a text. With --json the reply is printed; with --lines --json, one line of JSON for each line."""
    if lines and article:
        raise BadInput("--lines and --article exclude each other")
    check_pair(source, target)
    options = TranslationOptions(
        source_language_code=source or "",
        target_language_code=target,
        glossary_entries=map(_entry, glossary),
        do_not_translate_phrases=keep,
        remove_boilerplate=remove_boilerplate,
        beam_size=beam_size or 0,
    )
    work = _translate_lines if lines else _translate_article if article else _translate_text
    asyncio.run(work(read_text(file), options, server, as_json))


def _entry(term_and_translation: str) -> GlossaryEntry:
    term, _, translation = term_and_translation.partition("=")
    return GlossaryEntry(source_term=term, target_term=translation)


async def _translate_text(text: str, options: TranslationOptions, server: Connection, as_json: bool) -> None:
    async with connect(server) as client:
        with terminal.spinner(_WAIT):
            reply = await client.translate_texts([text], options)
    (translation,) = reply.translations
    terminal.write(f"{to_json(reply)}\n" if as_json else translation.translated_text)
    Review(translation.segments).tell()


async def _translate_article(text: str, options: TranslationOptions, server: Connection, as_json: bool) -> None:
    parts = ArticleText.split(text)
    article = Article(headline=parts.headline, lead=parts.lead, body=parts.body)
    async with connect(server) as client:
        with terminal.spinner(_WAIT):
            reply = await client.translate_article(article, options)
    translation = reply.translation
    whole = parts.assemble(translation.headline, translation.lead, translation.body)
    terminal.write(f"{to_json(reply)}\n" if as_json else whole)
    Review(translation.segments).tell()


async def _translate_lines(text: str, options: TranslationOptions, server: Connection, as_json: bool) -> None:
    review = Review()
    async with connect(server) as client:

        async def ask(texts: Sequence[str]) -> Sequence[TextTranslation]:
            return (await client.translate_texts(texts, options)).translations

        def show(line: str, translation: TextTranslation | None) -> str:
            if translation is None:
                return "null" if as_json else line
            review.add(translation.segments)
            return to_json_line(translation) if as_json else translation.translated_text

        await write_lines(text, (await client.info()).limits, ask, show, _WAIT)
    review.tell()
