"""Whoever cannot see the page, or not well, can use it: axe-core finds nothing serious.

Needs axe-core in the folder that NODE_PATH names; `.ci/run` has it.
"""

import json
import os
from pathlib import Path

import pytest

from tests.browser.conftest import Open
from tests.browser.tab import Tab, expect

SERIOUS = ("serious", "critical")


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script of axe-core."""
    script = Path(os.environ.get("NODE_PATH", ""), "axe-core", "axe.min.js")
    if not script.exists():
        pytest.skip("needs axe-core, in NODE_PATH")
    return script.read_text(encoding="utf-8")


def _problems(tab: Tab, axe: str) -> list[str]:
    tab.evaluate(f"{axe}; null")
    found = tab.evaluate("axe.run(document).then((result) => result.violations)")
    return [
        f"{each['id']}: {json.dumps([node['html'][:120] for node in each['nodes']], ensure_ascii=False)}"
        for each in found
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(open_tab: Open, axe: str, scheme: str, width: int) -> None:
    """On the empty page, with a failure, and while reading with doubts, boilerplate, summary and glossary open."""
    tab = open_tab(color_scheme=scheme, viewport={"width": width, "height": 860}, locale="be-BY")
    assert _problems(tab, axe) == []
    tab.find("#go").click()
    expect(tab.find("#failure")).to_be_visible()
    assert _problems(tab, axe) == []
    tab.find(".settings > details > summary").click()
    tab.find("#add-term").click()
    tab.find("#glossary input").nth(0).fill("мост")
    tab.find("#glossary input").nth(1).fill("bridge")
    body = "Горад адкрыў новы мост. Тут stuck слова. Людзі чакалі яго дваццаць гадоў.\n\nФота: Ганна Лясная\n\n12:45"
    tab.translate(body, "Новы мост у Вербне")
    tab.find("#doubts > summary").click()
    tab.find("#rows .target .doubtful").focus()
    expect(tab.find("#note")).to_be_visible()
    assert _problems(tab, axe) == []


def test_everything_can_be_reached_by_keyboard(open_tab: Open) -> None:
    """The tab key comes by every control that is shown, and into the article once."""
    tab = open_tab()
    tab.translate("Горад адкрыў новы мост. Людзі чакалі яго дваццаць гадоў.", "Новы мост")
    tab.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    passed = []
    for _ in range(40):
        tab.page.keyboard.press("Tab")
        passed.append(tab.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"from", "to", "go", "beside", "copy", "edit", "with-summary", "summary-length", "theme"} <= set(passed)
    assert any("sentence" in each for each in passed)


def test_the_end_is_announced(open_tab: Open) -> None:
    """A screen reader hears that the translation is there, and how many doubts there are."""
    tab = open_tab()
    tab.translate("Горад адкрыў новы мост. Тут stuck слова.", "Новы мост")
    expect(tab.find("#status")).to_have_text("Done: 3 sentences, 1 doubt.")
    expect(tab.find("#status")).to_have_attribute("role", "status")
    assert tab.find("#rows .source .sentence").first.get_attribute("lang") == "be"
    assert tab.find("#rows .target").first.get_attribute("lang") == "en"
