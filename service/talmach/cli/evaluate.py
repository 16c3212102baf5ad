"""`talmach evaluate`: a model's scores on a user's own machine and test set, through the service."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from talmach.cli import terminal
from talmach.cli.connection import Address, CaFile, CertFile, Connection, KeyFile, TokenFile, connection
from talmach.cli.failures import BadInput, CommandFailed
from talmach.cli.inputs import read_text, split_lines
from talmach.cli.options import Model, Source, Target, check_pair
from talmach.cli.session import connect
from talmach.client import TranslationOptions

_TEXTS_A_CALL = 64

SourceFile = Annotated[Path, typer.Option("--source", metavar="FILE", help="One sentence per line.")]
ReferenceFile = Annotated[Path, typer.Option("--reference", metavar="FILE", help="Its translations, line by line.")]


def evaluate(
    source_file: SourceFile,
    reference_file: ReferenceFile,
    target: Target,
    source: Source = None,
    model: Model = "",
    *,
    address: Address = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Translate a test set and score it. Prints chrF2 and BLEU with their signatures; needs the extra evaluate."""
    try:
        import sacrebleu
    except ImportError as error:
        raise BadInput("evaluating needs a package that is not installed: pip install 'talmach[evaluate]'") from error
    server = connection(address, token_file, ca_file, cert_file, key_file)
    check_pair(source, target)
    sources, references = _lines(source_file, "--source"), _lines(reference_file, "--reference")
    if len(sources) != len(references):
        raise BadInput(f"--reference: has {len(references)} lines, and --source has {len(sources)}")
    options = TranslationOptions(source_language_code=source or "", target_language_code=target, model=model)
    translations, models, incomplete = asyncio.run(_translate(sources, options, server))
    if incomplete:
        raise CommandFailed(f"{incomplete} of {len(sources)} lines could not be translated")
    terminal.write(f"models     {', '.join(models)}\nsentences  {len(sources)}\n")
    for metric in (sacrebleu.CHRF(), sacrebleu.BLEU()):
        score = metric.corpus_score(translations, [references])
        terminal.write(f"{score.name:<10} {score.score:.2f}  {metric.get_signature()}\n")


def _lines(path: Path, option: str) -> list[str]:
    """Return the lines of a file without their ends; raises BadInput, for one that is blank as well."""
    lines = [line.removesuffix("\n").removesuffix("\r") for line in split_lines(read_text(str(path)))]
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise BadInput(f"{option}: line {number} is empty")
    return lines


async def _translate(
    sources: list[str], options: TranslationOptions, server: Connection
) -> tuple[list[str], list[str], int]:
    """Return the translations, the models that made them, and how many lines are not complete."""
    translations: list[str] = []
    models: set[str] = set()
    incomplete = 0
    async with connect(server) as client:
        with terminal.progress("evaluating", len(sources)) as done:
            for start in range(0, len(sources), _TEXTS_A_CALL):
                reply = await client.translate_texts(sources[start : start + _TEXTS_A_CALL], options)
                translations += [each.translated_text for each in reply.translations]
                incomplete += sum(not each.complete for each in reply.translations)
                models.update(reply.model_ids)
                done(len(reply.translations))
    return translations, sorted(models), incomplete
