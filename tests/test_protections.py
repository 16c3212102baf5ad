"""The table of protections fits the code and the tests; what it is for, `python tests/protections.py` proves."""

import re

import pytest

from tests.protections import PROTECTIONS, ROOT, Protection


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda each: each.fault)
def test_the_table_fits(protection: Protection) -> None:
    """The code stands in its file once, and its test is there."""
    code = (ROOT / "service" / "talmach" / protection.path).read_text(encoding="utf-8")
    assert code.count(protection.code) == 1
    file, _, name = protection.test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
