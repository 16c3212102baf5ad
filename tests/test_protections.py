"""The table of protections fits the code and the tests; what it is for, `python tests/prove_protections.py` proves."""

import ast
import re
from pathlib import Path

import pytest

from tests.protections import PROTECTIONS, Protection

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda each: each.fault)
def test_the_table_fits(protection: Protection) -> None:
    """What is taken out is there, once, and so is its test."""
    source = (ROOT / "service" / "talmach" / protection.without.path).read_text(encoding="utf-8")
    assert protection.without.places(source) == 1
    assert protection.without.apply(source) != ast.unparse(ast.parse(source))
    file, _, name = protection.test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
