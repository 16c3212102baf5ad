"""The table of protections fits the code and the tests; what it is for, `python tests/protections.py` proves."""

import ast
import re

import pytest

from tests.protections import PROTECTIONS, ROOT, Protection


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda each: each.fault)
def test_the_table_fits(protection: Protection) -> None:
    """What is taken out is there, once, and so is its test."""
    source = (ROOT / "service" / "talmach" / protection.without.path).read_text(encoding="utf-8")
    assert protection.without.places(source) == 1
    assert protection.without.apply(source) != ast.unparse(ast.parse(source))
    file, _, name = protection.test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
