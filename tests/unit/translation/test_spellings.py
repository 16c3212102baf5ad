"""Characters that a text writes in another way stay the same characters, whatever comes to stand beside them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from talmach.engine.base import DecodeOptions, Hypothesis
from tests.unit.translation.test_html import HTML, OrderlyEngine, html_of


class TightEngine(OrderlyEngine):
    """Leaves no blank behind a sign, as models write amounts."""

    def _hypothesis(self, tokens: Sequence[str], options: DecodeOptions) -> Hypothesis:
        given = super()._hypothesis(tokens, options)
        words = given.text.split(" ")
        return replace(given, text="".join(word if len(word) == 1 else f"{word} " for word in words).strip())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Цана: &#163 20 за білет</p>", "<p>Cana: &#163;20 za bilet</p>"),
        ("<p>Цана: &#x24 100</p>", "<p>Cana: &#x24;100</p>"),
        ("<p>Школа &amp lt; сад</p>", "<p>Skola &amp;lt; sad</p>"),
        ("<p title='Школа &amp lt; сад'>Мост</p>", "<p title='Skola &amp;lt; sad'>Most</p>"),
    ],
)
def test_references_end_before_what_follows(source: str, expected: str) -> None:
    """A reference without its semicolon would swallow the digits or letters that come to stand behind it."""
    assert html_of(source, TightEngine(), replace(HTML, translate_attributes=True)) == expected


@pytest.mark.parametrize("blank", ["&#160", "&#xa0", "&nbsp"])
def test_blanks_written_as_references_stay_blanks(blank: str) -> None:
    """The blank that is not broken is the last thing in front of an amount."""
    assert html_of(f"<p>Цана:{blank} 20 рублёў</p>", OrderlyEngine()) == f"<p>Cana:{blank};20 rubleu</p>"
