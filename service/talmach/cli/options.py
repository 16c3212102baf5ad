"""The options that several commands share, checked before any model is loaded."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from talmach.cli.failures import BadInput
from talmach.cli.inputs import FORMATS, format_of
from talmach.client import TextFormat
from talmach.text.characters import is_encodable


def _language(code: str | None) -> str | None:
    if code is None:
        return None
    from talmach.text.language import LANGUAGES, normalize_code

    language = normalize_code(code)
    if language is None:
        raise typer.BadParameter(f"{code!r} is not the code of a supported language ({', '.join(LANGUAGES)}).")
    return language


def between(lowest: int, highest: int) -> Callable[[int | None], int | None]:
    """Return a callback that refuses what lies outside the bounds; typer's own words for it vary by its version."""

    def check(value: int | None) -> int | None:
        if value is not None and not lowest <= value <= highest:
            raise typer.BadParameter(f"{value} is not between {lowest} and {highest}.")
        return value

    return check


def check_default(source: str | None, default: str | None) -> None:
    """Raise BadInput when both the language and a default for it are named."""
    if source is not None and default is not None:
        raise BadInput("--from and --default-from exclude each other")


def _text(value: str) -> str:
    if not is_encodable(value):
        raise typer.BadParameter(f"{value!r} is not UTF-8 text.")
    return value


def texts(values: list[str]) -> list[str]:
    """Refuse arguments that are no UTF-8 text; the callback of an option that may be given several times."""
    return list(map(_text, values))


def check_pair(source: str | None, target: str | None) -> None:
    """Raise BadInput when the two languages are the same one."""
    if source is not None and source == target:
        raise BadInput(f"--from and --to are the same language ({source})")


def choose_format(written: str | None, file: str, cut_by: str | None) -> TextFormat.ValueType:
    """Return how a text is written: as named, else as the file's ending says; `cut_by` names an option for plain text.

    Raises:
        BadInput: the format that was named cannot be cut so.

    """
    if cut_by and written not in (None, FORMATS[0]):
        raise BadInput(f"{cut_by} cuts plain text and excludes --format {written}")
    name = written or (FORMATS[0] if cut_by else format_of(file))
    return TextFormat.Value(f"TEXT_FORMAT_{name.upper()}")


def _format(name: str | None) -> str | None:
    if name is not None and name not in FORMATS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(FORMATS)}.")
    return name


def format_option(default: str) -> Any:
    """Return the option that names a format; `default` = what is taken without it."""
    shown = "|".join(FORMATS)
    return typer.Option(
        "--format", metavar=shown, callback=_format, help="How the text is written.", show_default=default
    )


File = Annotated[str, typer.Argument(metavar="[FILE|-]", help="UTF-8 text; - is standard input.")]
Source = Annotated[
    str | None,
    typer.Option("--from", metavar="LANG", callback=_language, help="Language of the text; without it, detected."),
]
DefaultSource = Annotated[
    str | None,
    typer.Option(
        "--default-from",
        metavar="LANG",
        callback=_language,
        help="Language of a text that could be in more than one, such as the word Москва.",
    ),
]
Target = Annotated[str, typer.Option("--to", metavar="LANG", callback=_language, help="Language to translate into.")]
OptionalTarget = Annotated[
    str | None, typer.Option("--to", metavar="LANG", callback=_language, help="Translate the result into it.")
]
Format = Annotated[str | None, format_option("as the file's ending says, else text")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Model = Annotated[
    str,
    typer.Option(
        "--model", metavar="ID", callback=_text, help="Translate with this model.", show_default="the preferred one"
    ),
]
Lines = Annotated[bool, typer.Option("--lines", help="One text per line: as many lines out as in, in order.")]
AsArticle = Annotated[
    bool, typer.Option("--article", help="The first line is the headline, the next paragraph the lead.")
]
