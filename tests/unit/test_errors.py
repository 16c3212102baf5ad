"""The error tree: reasons, messages and metadata that callers and operators rely on."""

import re

import pytest

from talmach import errors
from talmach.bulk import job
from talmach.contract import violations
from talmach.contract.violations import InvalidFields, Violation
from talmach.errors import (
    LanguageUndetermined,
    ModelNotFound,
    ModelUnusable,
    QueueFull,
    QuotaExceeded,
    TalmachError,
    UnsupportedLanguagePair,
)
from talmach.http import refusals

# Those of the doors are part of the tree, too.
DOORS = (job.UnusableInput, job.ClusterFailure, refusals.HttpRefusal)


def subclasses(cls: type[TalmachError]) -> set[type[TalmachError]]:
    """Return every class below `cls`."""
    return {cls for child in cls.__subclasses__() for cls in {child, *subclasses(child)}}


def test_every_error_is_drawn_in_the_tree_and_has_its_own_reason() -> None:
    """The docstring of the module shows the whole tree; no two errors share a reason."""
    assert errors.__doc__ is not None
    drawn = set(re.findall(r"\+-- (\w+)", errors.__doc__))
    assert {cls.__name__ for cls in subclasses(TalmachError)} == drawn
    assert {cls.__name__ for cls in DOORS} <= drawn
    reasons = [cls.reason for cls in subclasses(TalmachError) if cls is not refusals.HttpRefusal]
    assert len(set(reasons)) == len(reasons)
    assert all(re.fullmatch(r"[A-Z][A-Z_]+", reason) for reason in reasons)


@pytest.mark.parametrize(
    ("violation", "reason", "text", "metadata"),
    [
        (violations.empty_text("body"), "EMPTY_TEXT", "body: is empty", {}),
        (
            violations.text_too_long("texts[2]", actual=120, limit=100),
            "TEXT_TOO_LONG",
            "texts[2]: has 120 characters (limit 100)",
            {"limit": "100", "actual": "120"},
        ),
        (
            violations.too_many_texts("texts", actual=9, limit=8),
            "TOO_MANY_TEXTS",
            "texts: has 9 items (limit 8)",
            {"limit": "8", "actual": "9"},
        ),
        (
            violations.invalid_language_code("target_language_code", "de", ["ru", "be"]),
            "INVALID_LANGUAGE_CODE",
            "target_language_code: is not the code of a supported language (ru, be)",
            {"supported": "ru, be"},
        ),
        (
            violations.invalid_language_code("options.target_language_code", "", ["ru", "be"]),
            "INVALID_LANGUAGE_CODE",
            "options.target_language_code: is required (ru, be)",
            {"supported": "ru, be"},
        ),
        (
            violations.violation("target_language_code", UnsupportedLanguagePair("be", "be", ["be-en", "en-be"])),
            "UNSUPPORTED_LANGUAGE_PAIR",
            "target_language_code: no model translates be-be (be-en, en-be)",
            {"source": "be", "target": "be", "pairs": "be-en, en-be"},
        ),
        (
            violations.violation("body", LanguageUndetermined({"ru": 0.5, "be": 0.25})),
            "LANGUAGE_UNDETERMINED",
            "body: the language of the text cannot be determined: name the source language",
            {"candidates": "ru:0.50, be:0.25"},
        ),
        (
            violations.out_of_range("ratio", "(0, 1]"),
            "OUT_OF_RANGE",
            "ratio: is out of range ((0, 1])",
            {"range": "(0, 1]"},
        ),
    ],
)
def test_violations(violation: Violation, reason: str, text: str, metadata: dict[str, str]) -> None:
    """A violation reads `field: what is wrong (limit)` and repeats its numbers as metadata."""
    assert (violation.reason, str(violation), dict(violation.metadata)) == (reason, text, metadata)


def test_an_invalid_request_tells_everything_at_once() -> None:
    """All violations are kept in order; reason and metadata are those of the first."""
    long, empty = violations.text_too_long("body", actual=3, limit=2), violations.empty_text("lead")
    error = InvalidFields([long, empty])
    assert error.violations == (long, empty)
    assert (error.reason, error.metadata) == ("TEXT_TOO_LONG", {"limit": "2", "actual": "3"})
    assert str(error) == "body: has 3 characters (limit 2); lead: is empty"


def test_an_invalid_request_needs_a_violation() -> None:
    """An error without a reason is a mistake of ours."""
    with pytest.raises(AssertionError):
        InvalidFields([])


def test_errors_name_the_fact() -> None:
    """Each error says in its metadata what a program needs to go on."""
    assert ModelNotFound(["a", "b"]).metadata == {"models": "a, b"}
    assert str(ModelUnusable("nmt", "model.bin is damaged")) == "nmt: model.bin is damaged"
    assert ModelUnusable("nmt", "is damaged").metadata == {"model": "nmt"}
    assert QueueFull(1.5).retry_after_s == 1.5
    quota = QuotaExceeded(60, "characters_per_minute")
    assert (quota.retry_after_s, quota.metadata) == (60, {"quota": "characters_per_minute"})


def test_metadata_is_a_copy() -> None:
    """Changing one error does not change the next."""
    given = {"limit": "1"}
    error = TalmachError("queue: is odd", given)
    error.metadata["actual"] = "2"
    assert given == {"limit": "1"}
