"""What is sent to the page, or dropped on it, stays text; and nothing leaves it but the article, for its own server."""

from pathlib import Path

import pytest

from tests.browser.conftest import Open
from tests.browser.tab import expect

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "<a href=javascript:alert(4)>тут</a>",
    "<iframe srcdoc='<script>alert(5)</script>'></iframe>",
    "{{constructor.constructor('alert(6)')()}}",
    "<style>body{display:none}</style>",
)
FOREIGN = "img, script, svg, iframe, style, a:not([href^='#sentence-'])"
MADE = f"#rows :is({FOREIGN}), #summary :is({FOREIGN})"


@pytest.mark.parametrize("format_", ["TEXT", "HTML", "MARKDOWN"])
def test_markup_in_an_article_runs_nothing(open_tab: Open, format_: str) -> None:
    """In headline and body, of any kind of text, alone and inside sentences: no element comes of it, and no dialog."""
    tab = open_tab()
    tab.find("#format").select_option(format_)
    body = "\n\n".join(f"Горад адкрыў {attack} новы мост. {attack}" for attack in ATTACKS)
    tab.translate(body, f"Новы мост {ATTACKS[0]}")
    assert tab.find(MADE).count() == 0
    expect(tab.find("body")).to_be_visible()


def test_markup_in_the_glossary_runs_nothing(open_tab: Open) -> None:
    """A term's translation stands in the article letter for letter, and is nothing but letters."""
    tab = open_tab()
    tab.find(".settings > details > summary").click()
    tab.find("#add-term").click()
    tab.paste("#glossary input", f"мост\t{ATTACKS[0]}\n{ATTACKS[1]}\t{ATTACKS[2]}")
    tab.translate("Горад адкрыў новы мост. Людзі чакалі яго дваццаць гадоў.", "Новы мост")
    assert ATTACKS[0] in tab.find("#rows").inner_text()
    assert tab.find(MADE).count() == 0
    assert tab.find("#glossary :is(img, script, svg)").count() == 0


@pytest.mark.parametrize("ending", ["txt", "exe"])
def test_markup_in_the_name_of_a_file_runs_nothing(open_tab: Open, tmp_path: Path, ending: str) -> None:
    """Of a file that is taken, and of one that is refused."""
    path = tmp_path / f"<img src=x onerror=alert(1)>.{ending}"
    path.write_text("Горад адкрыў новы мост.", encoding="utf-8")
    tab = open_tab()
    tab.drop(path)
    expect(tab.find("#name" if ending == "txt" else "#failure")).to_contain_text(path.name)
    assert tab.find("main img").count() == 0


def test_a_saved_document_holds_markup_as_text(open_tab: Open) -> None:
    """Opened from the disk, where no policy protects it, the side-by-side file runs nothing either."""
    tab = open_tab()
    tab.translate(
        "\n\n".join(f"Горад адкрыў {attack} мост." for attack in ATTACKS), "Новы </title><script>alert(7)</script> мост"
    )
    tab.find("#download > summary").click()
    with tab.page.expect_download() as download:
        tab.find('[data-save="htmlFile"]').click()
    other = tab.page.context.new_page()
    other.on("dialog", tab.note_dialog)
    saved = Path(download.value.path())
    document = saved.with_suffix(".html")
    document.write_bytes(saved.read_bytes())
    other.goto(document.as_uri())
    assert other.locator("img, script, svg, iframe, a, table style").count() == 0
    assert "onerror=alert(1)" in other.locator("body").inner_text()


def test_the_policy_forbids_what_the_page_does_not_need(open_tab: Open) -> None:
    """Scripts, styles and connections from here only, and no markup out of text but in an inert document."""
    tab = open_tab()
    headers = tab.page.request.get(f"http://{tab.address}/").headers_array
    policies = "; ".join(each["value"] for each in headers if each["name"].lower() == "content-security-policy")
    directives = dict(each.strip().partition(" ")[::2] for each in policies.split(";"))
    assert directives["default-src"] == "'none'"
    assert {directives[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert directives["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policies


def test_the_policy_stops_markup_made_out_of_text(open_tab: Open) -> None:
    """What none of the page's modules does is not possible either: the browser refuses it."""
    tab = open_tab()
    refused = """(() => {
      try { document.body.insertAdjacentHTML("beforeend", "<b>made</b>"); return false; }
      catch (error) { return error instanceof TypeError; }
    })()"""
    assert tab.evaluate(refused) is True
    assert tab.evaluate("window.watched.violations.splice(0)") == ["require-trusted-types-for"]
