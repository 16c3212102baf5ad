"""`talmach summarize`: the sentences that carry the story, with their places, and on request why these."""

import asyncio
from typing import Annotated

import typer

from talmach.cli import rendering, terminal
from talmach.cli.connection import Address, CaFile, CertFile, Connection, KeyFile, TokenFile, connection
from talmach.cli.failures import BadInput, CommandFailed
from talmach.cli.inputs import STANDARD_INPUT, ArticleText, read_text
from talmach.cli.options import (
    AsArticle,
    DefaultSource,
    File,
    Format,
    Json,
    Model,
    OptionalTarget,
    Source,
    between,
    check_default,
    check_pair,
    choose_format,
)
from talmach.cli.review import FailOn, Review, ShowFlags
from talmach.cli.session import connect
from talmach.client import Article, SummarizeArticleResponse, Summary, SummaryOptions, TranslationOptions, to_json

_MAX = 2**31 - 1  # the contract's largest integer

Sentences = Annotated[
    int | None, typer.Option("--sentences", callback=between(1, _MAX), help="Length in sentences; 3 by default.")
]
Ratio = Annotated[float | None, typer.Option("--ratio", help="Length as a share of the sentences, in (0, 1].")]
MaxChars = Annotated[
    int | None, typer.Option("--max-chars", callback=between(1, _MAX), help="Length in characters, before translation.")
]
Scores = Annotated[bool, typer.Option("--scores", help="Show how every sentence fared, and why.")]


def summarize(
    file: File = STANDARD_INPUT,
    *,
    source: Source = None,
    default_source: DefaultSource = None,
    target: OptionalTarget = None,
    model: Model = "",
    sentences: Sentences = None,
    ratio: Ratio = None,
    max_chars: MaxChars = None,
    scores: Scores = False,
    article: AsArticle = False,
    written: Format = None,
    as_json: Json = False,
    show_flags: ShowFlags = False,
    fail_on: FailOn = None,
    address: Address = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Summarise an article by its own sentences. They are translated when --to is given.

    A pipe or a file gets one sentence per line; a terminal, or --scores, adds their places in the article.
    """
    server = connection(address, token_file, ca_file, cert_file, key_file)
    text_format = choose_format(written, file, "--article" if article else None)
    check_pair(source, target)
    check_default(source, default_source)
    summary_options = _summary_options(sentences, ratio, max_chars)
    summary_options.return_all_scores = scores
    options = TranslationOptions(
        source_language_code=source or "",
        default_source_language_code=default_source or "",
        target_language_code=target or "",
        model=model,
        format=text_format,
    )
    text = read_text(file)
    parts = ArticleText.split(text) if article else ArticleText.of_body(text)
    sent = Article(headline=parts.headline, lead=parts.lead, body=parts.body)
    reply = asyncio.run(_summarize(sent, summary_options, options, server))
    if as_json:
        terminal.write(f"{to_json(reply)}\n")
    else:
        _show(reply.summary, with_scores=scores)
    if not reply.summary.sentences:
        raise CommandFailed(_why_empty(reply.summary, max_chars))
    review = Review(show_flags=show_flags, fail_on=fail_on)
    review.add(sentence.segment for sentence in reply.summary.sentences)
    review.tell()


def _show(summary: Summary, *, with_scores: bool) -> None:
    """Show a person the summary with the places of its sentences, and a program one plain sentence per line."""
    console = terminal.console()
    if not (console.is_terminal or with_scores):
        for sentence in summary.sentences:
            rendering.show_line(console, " ".join(sentence.segment.translated_text.split()))
        return
    rendering.show_summary(console, summary)
    if with_scores:
        rendering.show_scores(console, summary)


def _why_empty(summary: Summary, max_chars: int | None) -> str:
    if summary.encoder_model_id:  # there were candidates
        return f"no sentence fits into {max_chars:,} characters"
    return "the text has nothing to choose from: no sentence besides headlines, menus, captions and the like"


def _summary_options(sentences: int | None, ratio: float | None, max_chars: int | None) -> SummaryOptions:
    lengths = {"max_sentences": sentences, "ratio": ratio, "max_chars": max_chars}
    given = {name: length for name, length in lengths.items() if length is not None}
    if len(given) > 1:
        raise BadInput("--sentences, --ratio and --max-chars exclude each other")
    if ratio is not None and not 0 < ratio <= 1:
        raise BadInput("--ratio: is not above 0 and at most 1")
    options = SummaryOptions()
    for name, length in given.items():
        setattr(options, name, length)
    return options


async def _summarize(
    article: Article, summary_options: SummaryOptions, options: TranslationOptions, server: Connection
) -> SummarizeArticleResponse:
    async with connect(server) as client:
        with terminal.spinner("summarising"):
            return await client.summarize(article, summary_options, options)
