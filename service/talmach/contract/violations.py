"""What is wrong with which field of a request: what the checks find, and facts of the domain by their fields."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from talmach import errors
from talmach.errors import InvalidRequest, UntranslatableTexts

_FIELDS: dict[type[InvalidRequest], str] = {
    errors.LanguageUndetermined: "options.source_language_code",
    errors.UnsupportedLanguagePair: "options.target_language_code",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with one field of a request; `field` is its path as the proto names it."""

    field: str
    reason: str
    description: str
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.field}: {self.description}"


class InvalidFields(InvalidRequest):
    """Some fields of a request are wrong; holds every violation at once, and the reason of the first."""

    reason = "INVALID_FIELDS"

    def __init__(self, violations: Sequence[Violation]) -> None:
        assert violations, "an invalid request has at least one violation"
        super().__init__("; ".join(map(str, violations)), violations[0].metadata)
        self.violations = tuple(violations)
        self.reason = violations[0].reason


def by_field(error: InvalidRequest) -> Sequence[Violation]:
    """Return an error of the domain, or of the checks, under the contract's names."""
    if isinstance(error, InvalidFields):
        return error.violations
    if isinstance(error, UntranslatableTexts):
        return [violation(f"texts[{number}]", problem) for number, problem in error.problems.items()]
    return [violation(_FIELDS.get(type(error), "request"), error)]


def violation(field: str, error: InvalidRequest) -> Violation:
    """Return a fact of the domain as a violation of a field."""
    return Violation(field, error.reason, str(error), error.metadata)


def empty_text(field: str) -> Violation:
    """EMPTY_TEXT: nothing but white space where a text is needed."""
    return Violation(field, "EMPTY_TEXT", "is empty")


def text_too_long(field: str, *, actual: int, limit: int) -> Violation:
    """TEXT_TOO_LONG: lengths in Unicode code points."""
    metadata = {"limit": str(limit), "actual": str(actual)}
    return Violation(field, "TEXT_TOO_LONG", f"has {actual} characters (limit {limit})", metadata)


def too_many_texts(field: str, *, actual: int, limit: int) -> Violation:
    """TOO_MANY_TEXTS: more items than one call may carry."""
    metadata = {"limit": str(limit), "actual": str(actual)}
    return Violation(field, "TOO_MANY_TEXTS", f"has {actual} items (limit {limit})", metadata)


def invalid_language_code(field: str, code: str, supported: Iterable[str]) -> Violation:
    """INVALID_LANGUAGE_CODE: the code is missing or names none of the `supported` languages."""
    languages = ", ".join(supported)
    description = f"is not the code of a supported language ({languages})" if code else f"is required ({languages})"
    return Violation(field, "INVALID_LANGUAGE_CODE", description, {"supported": languages})


def out_of_range(field: str, bounds: str) -> Violation:
    """OUT_OF_RANGE: a number outside `bounds`, which are in interval notation such as `(0, 1]`."""
    return Violation(field, "OUT_OF_RANGE", f"is out of range ({bounds})", {"range": bounds})
