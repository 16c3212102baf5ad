import pytest

from talmach.text.abbreviations import Ending, for_language


@pytest.mark.parametrize(
    ("language", "key", "ending"),
    [
        ("ru", "ул", Ending.NEVER),
        ("ru", "Ул", Ending.NEVER),
        ("ru", "УЛ", Ending.NEVER),
        ("ru", "им", Ending.BEFORE_STARTER),
        ("ru", "т.д", Ending.BEFORE_CAPITAL),
        ("ru", "тыс", Ending.MEASURE),
        ("ru", "г", Ending.YEAR),
        ("ru", "м", Ending.UNIT),
        ("ru", "рис", Ending.REFERENCE),
        ("be", "вул", Ending.NEVER),
        ("be", "г.зн", Ending.NEVER),
        ("be", "інш", Ending.BEFORE_CAPITAL),
        ("be", "стст", Ending.YEAR),
        ("en", "Mr", Ending.NEVER),
        ("en", "MR", Ending.NEVER),
        ("en", "U.S", Ending.BEFORE_STARTER),
        ("en", "a.m", Ending.BEFORE_CAPITAL),
        ("en", "Sat", Ending.MEASURE),
        ("en", "sat", None),
        ("en", "no", Ending.REFERENCE),
        ("ru", "Inc", Ending.BEFORE_STARTER),
        ("en", "ул", None),
        (None, "ул", Ending.NEVER),
        (None, "вул", Ending.NEVER),
        (None, "Mr", Ending.NEVER),
        (None, "кап", Ending.UNIT),
        ("de", "Mr", Ending.NEVER),
    ],
)
def test_an_abbreviation_is_found_in_its_language(language: str | None, key: str, ending: Ending | None) -> None:
    """Case counts for keys with a capital only; no language means all; the English ones also stand in Cyrillic text."""
    assert for_language(language).ending(key) is ending


@pytest.mark.parametrize("language", ["ru", "be", "en"])
def test_no_function_word_is_an_abbreviation_that_never_ends(language: str) -> None:
    """A word that begins sentences may also end one: it must not glue two together."""
    rules = for_language(language)
    glued = {word for word in rules.starters if len(word) > 1 and rules.ending(word) is Ending.NEVER}
    assert glued == set()
