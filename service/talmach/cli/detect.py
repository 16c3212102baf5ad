"""`talmach detect`: Russian, Belarusian or English, of a text or of each line."""

import asyncio
from collections.abc import Sequence

import typer

from talmach.cli import terminal
from talmach.cli.connection import Address, CaFile, CertFile, Connection, KeyFile, TokenFile, connection
from talmach.cli.failures import FAILURE_STATUS, explain
from talmach.cli.inputs import STANDARD_INPUT, read_text
from talmach.cli.lines import to_json_line, write_lines
from talmach.cli.options import File, Json, Lines
from talmach.cli.session import connect
from talmach.client import LanguageDetection, RpcFailed, to_json

_UNDETERMINED = "und"  # BCP-47


def detect(
    file: File = STANDARD_INPUT,
    lines: Lines = False,
    as_json: Json = False,
    *,
    address: Address = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Tell the language of a text, with every candidate. With --lines, the language of each line."""
    work = _detect_lines if lines else _detect_text
    server = connection(address, token_file, ca_file, cert_file, key_file)
    asyncio.run(work(read_text(file), server, as_json))


async def _detect_text(text: str, server: Connection, as_json: bool) -> None:
    async with connect(server) as client:
        try:
            reply = await client.detect([text])
        except RpcFailed as failure:
            raise explain(failure, suggests_lines=True) from failure
    (detection,) = reply.detections
    candidates = [f"{each.language_code} {each.confidence:.2f}" for each in detection.candidates]
    rows = [*([_UNDETERMINED] if detection.undetermined else []), *candidates]
    terminal.write(f"{to_json(reply)}\n" if as_json else "".join(f"{row}\n" for row in rows))


async def _detect_lines(text: str, server: Connection, as_json: bool) -> None:
    def show(_number: int, _line: str, detection: LanguageDetection | None) -> str:
        if as_json:
            return "null" if detection is None else to_json_line(detection)
        return "" if detection is None else detection.language_code or _UNDETERMINED

    async with connect(server) as client:

        async def ask(texts: Sequence[str]) -> Sequence[LanguageDetection]:
            return (await client.detect(texts)).detections

        if await write_lines(text, (await client.info()).limits, ask, show, "detecting"):
            raise typer.Exit(FAILURE_STATUS)
