"""`talmach evaluate` on a test set of two lines."""

import re
from pathlib import Path

import pytest

from tests.e2e.program import talmach

pytest.importorskip("sacrebleu", reason="needs the extra evaluate")


def test_scores_come_with_their_signatures(tmp_path: Path) -> None:
    """And a set whose files do not fit is one sentence."""
    source, reference = tmp_path / "source", tmp_path / "reference"
    source.write_text("Горад адкрыў новую школу.\nУчора ішоў дождж.\n", encoding="utf-8")
    reference.write_text("The town opened a new school.\nIt rained yesterday.\n", encoding="utf-8")
    arguments = ("evaluate", "--from", "be", "--to", "en", "--source", str(source), "--reference", str(reference))
    result = talmach(*arguments, "--model", "talmach-translation")
    assert result.status == 0, result.stderr
    assert result.stdout.startswith("models     talmach-translation\nsentences  2\n")
    scores = {
        name: float(score)
        for name, score in re.findall(r"^(chrF2|BLEU) +([\d.]+)  nrefs:1", result.stdout, re.MULTILINE)
    }
    assert scores["chrF2"] > 20
    assert scores.keys() == {"chrF2", "BLEU"}
    reference.write_text("one line\n", encoding="utf-8")
    result = talmach(*arguments)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr == "talmach: --reference: has 1 lines, and --source has 2\n"


def test_a_line_ends_at_its_line_feed_and_nowhere_else(tmp_path: Path) -> None:
    """Other signs that may end a line stand in real sentences; a line that is blank is named, of either file."""
    source, reference = tmp_path / "source", tmp_path / "reference"
    source.write_text("Горад адкрыў\u2028новую школу.\r\nУчора\x0b ішоў\x85 дождж.\r\n", encoding="utf-8", newline="")
    reference.write_text("The town opened a new school.\nIt rained\x0c yesterday.", encoding="utf-8")
    arguments = ("evaluate", "--from", "be", "--to", "en", "--source", str(source), "--reference", str(reference))
    result = talmach(*arguments)
    assert (result.status, result.stdout.splitlines()[1]) == (0, "sentences  2"), result.stderr
    reference.write_text("The town opened a new school.\n \n", encoding="utf-8")
    assert talmach(*arguments).stderr == "talmach: --reference: line 2 is empty\n"
    source.write_text("Горад адкрыў новую школу.\n\nУчора ішоў дождж.\n", encoding="utf-8")
    result = talmach(*arguments)
    assert (result.status, result.stderr) == (2, "talmach: --source: line 2 is empty\n")
