"""What `talmach bulk` refuses before it starts anything; none of it needs the extra."""

from pathlib import Path

import pytest

from talmach.cli import bulk
from talmach.cli.failures import BadInput
from tests.e2e.program import talmach


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to do about it, and before the input is looked at."""
    monkeypatch.setattr(bulk, "find_spec", lambda _: None)
    with pytest.raises(BadInput, match=r"pip install 'talmach\[bulk\]'"):
        bulk.bulk(tmp_path / "none.jsonl", tmp_path / "out.jsonl", "en")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--to", "de"), "'de' is not the code of a supported language"),
        (("--to", "en", "--from", "en"), "--from and --to are the same language (en)"),
        (("--to", "en", "--summary", "0"), "0 is not between 1 and 1000"),
        (("--to", "en", "--actors", "0"), "0 is not between 1 and 100000"),
        (("--to", "en", "--address", "ray://host"), "'ray://host' is neither HOST:PORT nor auto"),
    ],
)
def test_wrong_options_are_one_sentence(options: tuple[str, ...], problem: str) -> None:
    """And status 2."""
    result = talmach("bulk", "in.jsonl", "out.jsonl", *options)
    assert (result.status, result.stdout) == (2, "")
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
