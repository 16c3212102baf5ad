"""The checks on what a request holds; each adds to the violations of the request instead of raising at the first."""

from collections.abc import Collection, Sequence

from talmach.contract.info import Limits
from talmach.contract.violations import (
    InvalidFields,
    Violation,
    empty_text,
    invalid_language_code,
    out_of_range,
    text_too_long,
    too_many_texts,
)
from talmach.pb.common_pb2 import TranslationOptions as OptionsMessage
from talmach.text.language import LANGUAGES, normalize_code

MAX_ID_CHARS = 128


class Problems(list[Violation]):
    """The violations of one request."""

    def settle(self) -> None:
        """Raise InvalidFields with all of them, if there is one."""
        if self:
            raise InvalidFields(self)


def language(field: str, code: str, problems: Problems) -> str:
    """Return the supported language of a code; the empty string, and a violation, when there is none."""
    known = normalize_code(code)
    if known is None:
        problems.append(invalid_language_code(field, code, LANGUAGES))
    return known or ""


def text(field: str, content: str, limit: int, problems: Problems) -> None:
    """Check one text: more than white space, and no more characters than the limit."""
    if not content.strip():
        problems.append(empty_text(field))
    elif len(content) > limit:
        problems.append(text_too_long(field, actual=len(content), limit=limit))


def texts(field: str, contents: Sequence[str], limits: Limits, problems: Problems) -> None:
    """Check the texts of one request: their number, each of them, and all together."""
    if not contents:
        problems.append(empty_text(field))
    if len(contents) > limits.max_texts:
        problems.append(too_many_texts(field, actual=len(contents), limit=limits.max_texts))
        # Millions of empty texts fit into one message: a violation for each would fill the memory.
        return
    for index, content in enumerate(contents):
        text(f"{field}[{index}]", content, limits.max_text_chars, problems)
    total = sum(map(len, contents))
    if total > limits.max_request_chars:
        problems.append(text_too_long(field, actual=total, limit=limits.max_request_chars))


def article(field: str, parts: Collection[str], limits: Limits, problems: Problems) -> None:
    """Check an article: its parts together are one text."""
    total = sum(map(len, parts))
    if not any(part.strip() for part in parts):
        problems.append(empty_text(field))
    elif total > limits.max_text_chars:
        problems.append(text_too_long(field, actual=total, limit=limits.max_text_chars))


def glossary(message: OptionsMessage, limits: Limits, problems: Problems) -> None:
    """Check glossary entries and do-not-translate phrases: their number together, and every term."""
    entries, phrases = message.glossary_entries, message.do_not_translate_phrases
    count = len(entries) + len(phrases)
    if count > limits.max_glossary_entries:
        problems.append(too_many_texts("options.glossary_entries", actual=count, limit=limits.max_glossary_entries))
        return
    for index, entry in enumerate(entries):
        text(f"options.glossary_entries[{index}].source_term", entry.source_term, limits.max_term_chars, problems)
        text(f"options.glossary_entries[{index}].target_term", entry.target_term, limits.max_term_chars, problems)
    for index, phrase in enumerate(phrases):
        text(f"options.do_not_translate_phrases[{index}]", phrase, limits.max_term_chars, problems)


def between(field: str, value: float, lowest: float, highest: float, problems: Problems) -> None:
    """Check a number against its inclusive bounds; NaN is outside."""
    if not lowest <= value <= highest:
        problems.append(out_of_range(field, f"[{lowest}, {highest}]"))


def share(field: str, value: float, problems: Problems) -> None:
    """Check a share of a whole that must not be nothing."""
    if not 0 < value <= 1:
        problems.append(out_of_range(field, "(0, 1]"))
