"""`talmach smoke`: a real article through a real server and a real channel, shown whole and checked."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from talmach.cli import rendering, terminal
from talmach.cli.connection import Address, CaFile, CertFile, Connection, KeyFile, TokenFile, connection
from talmach.cli.failures import FAILURE_STATUS
from talmach.cli.inputs import ArticleText, example_article, read_text
from talmach.cli.options import Model, OptionalTarget, Source, check_pair, choose_format
from talmach.cli.proof import problems
from talmach.cli.session import connect
from talmach.client import (
    Article,
    GetServerInfoResponse,
    SummaryOptions,
    TextFormat,
    TranslateArticleResponse,
    TranslationOptions,
)
from talmach.text.language import determine

_SENTENCES = 3

ArticleFile = Annotated[
    str,
    typer.Option(
        "--file", metavar="FILE", help="Article: first line = headline, next paragraph = lead; or .html, .md."
    ),
]


def smoke(
    source: Source = None,
    target: OptionalTarget = None,
    file: ArticleFile = "",
    model: Model = "",
    *,
    address: Address = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Translate and summarise an article, and check the result.

    All of it is shown; exit status 1 when anything is wrong.

    Without --file it sends an example in Belarusian. Without --to it asks for English, or for Belarusian when the
    article is in English.
    """
    server = connection(address, token_file, ca_file, cert_file, key_file)
    path = file or str(example_article(source or "be"))
    text = read_text(path)
    target = target or ("be" if (source or determine(text)) == "en" else "en")
    check_pair(source, target)
    text_format = choose_format(None, path, None)
    options = TranslationOptions(
        source_language_code=source or "", target_language_code=target, model=model, format=text_format
    )
    is_plain = text_format == TextFormat.TEXT_FORMAT_TEXT
    article = ArticleText.split(text) if is_plain else ArticleText.of_body(text)
    reply, info, health = asyncio.run(_translate(article, options, server))
    wrong = [] if health == "SERVING" else [f"the server says {health}"]
    wrong += problems(article, reply)
    _show(reply, info, Path(path).name, options)
    _conclude(wrong, len(reply.translation.segments))


async def _translate(
    article: ArticleText, options: TranslationOptions, server: Connection
) -> tuple[TranslateArticleResponse, GetServerInfoResponse, str]:
    message = Article(headline=article.headline, lead=article.lead, body=article.body)
    async with connect(server) as client:
        with terminal.spinner("translating"):
            reply = await client.translate_article(message, options, SummaryOptions(max_sentences=_SENTENCES))
        return reply, await client.info(), await client.health()


def _show(
    reply: TranslateArticleResponse, server: GetServerInfoResponse, name: str, options: TranslationOptions
) -> None:
    console = terminal.console()
    target = options.target_language_code
    title = f"{name}, {reply.translation.source_language_code} to {target}"
    translation, summary = reply.translation, reply.summary
    rendering.show_line(console, f"talmach {server.version}: {title}\n", "bold")
    rendering.show_translation(console, translation, (translation.source_language_code, summary.language_code))
    rendering.show_line(console, "Summary", "bold")
    rendering.show_summary(console, summary)
    rendering.show_line(console)
    rendering.show_facts(console, reply, server, target, options.model)


def _conclude(wrong: Sequence[str], segments: int) -> None:
    for problem in wrong:
        terminal.complain(problem)
    if wrong:
        raise typer.Exit(FAILURE_STATUS)
    terminal.write(f"ok        {segments} segments, nothing lost, every span cuts what it should\n")
