"""How a command ends when it cannot do its work: one sentence on stderr and an exit status, never a traceback."""

import re
from collections.abc import Sequence

from talmach.client import NotConnected, RpcFailed

FAILURE_STATUS = 1
BAD_INPUT_STATUS = 2
FLAGGED_STATUS = 3  # translated, with a flag that --fail-on names
INTERRUPTED_STATUS = 130  # 128 + SIGINT, as shells count

_CALLERS_FAULT = frozenset({"INVALID_ARGUMENT", "NOT_FOUND", "UNAUTHENTICATED", "PERMISSION_DENIED"})
_TEXT = re.compile(r"texts\[(\d+)\]$")
# The fields of requests, and what a user of the command calls them.
_NAMES = {
    "article": "the text",
    "texts": "the text",
    "options.source_language_code": "--from",
    "options.default_source_language_code": "--default-from",
    "options.target_language_code": "--to",
    "options.glossary_entries": "--glossary",
    "options.do_not_translate_phrases": "--keep",
    "options.beam_size": "--beam-size",
    "options.model": "--model",
    "summary_options.max_sentences": "--sentences",
    "summary_options.max_chars": "--max-chars",
    "summary_options.ratio": "--ratio",
}

# Texts too long for one call; each line may still be short enough.
_TOO_LONG = frozenset({"TEXT_TOO_LONG", "MESSAGE_TOO_LARGE"})
_SUGGESTION = "; with --lines each line is a text of its own"
_OWN_WORDS = {"LANGUAGE_UNDETERMINED": "is not clearly Russian, Belarusian or English; name its language with --from"}


class CommandFailed(Exception):
    """The request was right and the work did not succeed; exit status 1."""

    exit_status = FAILURE_STATUS


class BadInput(CommandFailed):
    """A file, an option, a setting or an address that cannot be used; exit status 2."""

    exit_status = BAD_INPUT_STATUS


def explain(failure: RpcFailed, texts: Sequence[str] = ("the text",), *, suggests_lines: bool = False) -> CommandFailed:
    """Say what a failed call means for the command; `texts` are the names of the texts that were sent, in order.

    `suggests_lines` = the command could send the lines of a text that is too long.
    """
    reasons = {failure.reason, *(each.reason for each in failure.violations)}
    suggestion = _SUGGESTION if suggests_lines and reasons & _TOO_LONG else ""
    if failure.reason == "MESSAGE_TOO_LARGE":
        return BadInput(f"{texts[0]}: {failure.message.partition(': ')[2]}{suggestion}")
    kind = BadInput if failure.code in _CALLERS_FAULT else CommandFailed
    if failure.violations:
        problems: dict[str, str] = {}
        for each in failure.violations:
            # A lone text may exceed the limit for all texts together too: naming the lower limit is enough.
            problems.setdefault(_name(each.field, texts), told(each.reason, each.description))
        return kind("; ".join(f"{name}: {problem}" for name, problem in problems.items()) + suggestion)
    if isinstance(failure, NotConnected):
        return kind(failure.message)
    return kind(f"the server answered {failure.code}: {failure.message}")


def told(reason: str, message: str) -> str:
    """Return the command's own words for a reason where it has some, else the message."""
    return _OWN_WORDS.get(reason, message)


def _name(field: str, texts: Sequence[str]) -> str:
    if (text := _TEXT.match(field)) and int(text[1]) < len(texts):
        return texts[int(text[1])]
    return next((name for path, name in _NAMES.items() if field.startswith(path)), field)
