"""`talmach translate`: a text, an article or one text per line; standard output gets the translation only."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from talmach.cli import terminal
from talmach.cli.connection import Address, CaFile, CertFile, Connection, KeyFile, TokenFile, connection
from talmach.cli.failures import BadInput, explain
from talmach.cli.inputs import STANDARD_INPUT, ArticleText, read_text
from talmach.cli.lines import to_json_line, write_lines
from talmach.cli.options import (
    AsArticle,
    DefaultSource,
    File,
    Format,
    Json,
    Lines,
    Model,
    Source,
    Target,
    between,
    check_default,
    check_pair,
    choose_format,
    texts,
)
from talmach.cli.review import FailOn, Review, ShowFlags
from talmach.cli.session import connect
from talmach.client import (
    Article,
    GlossaryEntry,
    RpcFailed,
    TextTranslation,
    TranslationOptions,
    to_json,
)

_WAIT = "translating"


def _glossary(entries: list[str]) -> list[str]:
    for entry in texts(entries):
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
Keep = Annotated[
    list[str], typer.Option("--keep", metavar="PHRASE", callback=texts, help="A phrase to leave as it is.")
]
BeamSize = Annotated[
    int | None,
    typer.Option(
        "--beam-size", callback=between(1, 8), help="Hypotheses kept while decoding.", show_default="the model's own"
    ),
]
Attributes = Annotated[
    bool, typer.Option("--attributes", help="Also translate the texts in tags: title, alt, placeholder, aria-label.")
]


def translate(
    target: Target,
    file: File = STANDARD_INPUT,
    *,
    source: Source = None,
    default_source: DefaultSource = None,
    lines: Lines = False,
    article: AsArticle = False,
    written: Format = None,
    attributes: Attributes = False,
    as_json: Json = False,
    address: Address = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
    model: Model = "",
    remove_boilerplate: RemoveBoilerplate = False,
    glossary: Glossary = [],  # noqa: B006  # typer copies it
    keep: Keep = [],  # noqa: B006  # the same
    beam_size: BeamSize = None,
    show_flags: ShowFlags = False,
    fail_on: FailOn = None,
) -> None:
    """Translate a text. With --json the reply is printed; with --lines --json, one line of JSON for each line."""
    server = connection(address, token_file, ca_file, cert_file, key_file)
    if lines and article:
        raise BadInput("--lines and --article exclude each other")
    text_format = choose_format(written, file, "--lines" if lines else "--article" if article else None)
    check_pair(source, target)
    check_default(source, default_source)
    options = TranslationOptions(
        source_language_code=source or "",
        default_source_language_code=default_source or "",
        target_language_code=target,
        glossary_entries=map(_entry, glossary),
        do_not_translate_phrases=keep,
        remove_boilerplate=remove_boilerplate,
        beam_size=beam_size or 0,
        model=model,
        format=text_format,
        translate_attributes=attributes,
    )
    work = _translate_lines if lines else _translate_article if article else _translate_text
    review = Review(show_flags=show_flags, fail_on=fail_on)
    asyncio.run(work(read_text(file), options, server, as_json, review))
    review.tell()


def _entry(term_and_translation: str) -> GlossaryEntry:
    term, _, translation = term_and_translation.partition("=")
    return GlossaryEntry(source_term=term, target_term=translation)


async def _translate_text(
    text: str, options: TranslationOptions, server: Connection, as_json: bool, review: Review
) -> None:
    async with connect(server) as client:
        with terminal.spinner(_WAIT):
            try:
                reply = await client.translate_texts([text], options)
            except RpcFailed as failure:
                raise explain(failure, suggests_lines=True) from failure
    (translation,) = reply.translations
    terminal.write(f"{to_json(reply)}\n" if as_json else translation.translated_text)
    review.add(translation.segments)


async def _translate_article(
    text: str, options: TranslationOptions, server: Connection, as_json: bool, review: Review
) -> None:
    parts = ArticleText.split(text)
    article = Article(headline=parts.headline, lead=parts.lead, body=parts.body)
    async with connect(server) as client:
        with terminal.spinner(_WAIT):
            reply = await client.translate_article(article, options)
    translation = reply.translation
    whole = parts.assemble(translation.headline, translation.lead, translation.body)
    terminal.write(f"{to_json(reply)}\n" if as_json else whole)
    review.add(translation.segments)


async def _translate_lines(
    text: str, options: TranslationOptions, server: Connection, as_json: bool, review: Review
) -> None:
    async with connect(server) as client:

        async def ask(texts: Sequence[str]) -> Sequence[TextTranslation]:
            return (await client.translate_texts(texts, options)).translations

        def show(number: int, line: str, translation: TextTranslation | None) -> str:
            if translation is None:
                return "null" if as_json else line
            review.add(translation.segments, f"line {number}")
            return to_json_line(translation) if as_json else translation.translated_text

        review.refused = await write_lines(text, (await client.info()).limits, ask, show, _WAIT)
