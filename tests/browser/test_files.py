"""Files that are dropped, copies and downloads: the formats of articles on the page."""

import json
import re
from pathlib import Path

import pytest
from google.protobuf import json_format

from talmach.pb.translation_pb2 import TranslateArticleResponse
from tests.browser.conftest import Open
from tests.browser.tab import expect

HEADLINE = "Новы мост у Вербне"
BODY = "Горад адкрыў новы мост. Стары мост быў вузкі 😀.\n\nЛюдзі чакалі яго 20 гадоў. Увечары быў канцэрт на плошчы."


def test_copies_and_downloads_hold_everything(open_tab: Open) -> None:
    """The clipboard has the translation; the files have it as text, as the contract's JSON, and beside its source."""
    tab = open_tab()
    tab.translate(BODY, HEADLINE)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.remember("#copy")
    tab.find("#copy").click()
    expect(tab.find("#status")).to_have_text("Copied")
    assert "Copied" in tab.remembered()
    copied = tab.evaluate("navigator.clipboard.readText()")
    translation = tab.texts("#rows .target .sentence")
    headline, *sentences = translation
    assert copied == f"{headline}\n\n{sentences[0]} {sentences[1]}\n\n{sentences[2]} {sentences[3]}"

    def saved(kind: str) -> tuple[str, str]:
        tab.find("#download > summary").click()
        with tab.page.expect_download() as download:
            tab.find(f'[data-save="{kind}"]').click()
        return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")

    assert saved("textFile") == ("talmach.en.txt", copied)
    name, content = saved("jsonFile")
    reply = json.loads(content)
    assert name == "talmach.en.json"
    assert reply["translation"]["headline"] == headline
    assert [each["translatedText"] for each in reply["translation"]["segments"]] == translation
    assert reply["translation"]["complete"] is True
    assert reply["summary"]["sentences"]
    message = json_format.Parse(content, TranslateArticleResponse())
    assert message.translation.body == copied.removeprefix(f"{headline}\n\n")
    assert message.timings.total_ms > 0
    name, content = saved("htmlFile")
    assert name == "talmach.en.side-by-side.html"
    assert content.startswith("<!doctype html>")
    assert all(sentence in content for sentence in (*translation, HEADLINE, "Стары мост быў вузкі 😀."))


def test_copying_works_where_the_browser_gives_no_clipboard(open_tab: Open) -> None:
    """Over plain HTTP from another machine there is only the old way."""
    tab = open_tab()
    tab.translate(BODY)
    tab.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    tab.find("#copy").click()
    expect(tab.find("#status")).to_have_text("Copied")
    tab.find("#edit").click()
    tab.find("#new").click()
    tab.page.keyboard.press("Control+V")
    expect(tab.find("#body")).to_have_value(re.compile("novy adkryu Gorad"))


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("навіны.txt", f"{HEADLINE}\n\n{BODY}".encode(), "TEXT"),
        ("навіны.md", f"# {HEADLINE}\n\n{BODY}".encode(), "MARKDOWN"),
        ("навіны.html", f"<h1>{HEADLINE}</h1><p>{BODY}</p>".encode(), "HTML"),
        ("utf16.txt", f"{HEADLINE}\n\n{BODY}".encode("utf-16"), "TEXT"),
    ],
)
def test_a_dropped_file_is_opened(open_tab: Open, tmp_path: Path, name: str, content: bytes, format_: str) -> None:
    """Its ending says what kind of text it is; what is saved later has its name."""
    path = tmp_path / name
    path.write_bytes(content)
    tab = open_tab()
    tab.drop(path)
    expect(tab.find("#name")).to_have_text(name)
    expect(tab.find("#format")).to_have_value(format_)
    assert HEADLINE in tab.find("#headline").input_value() + tab.find("#body").input_value()
    assert BODY in tab.find("#body").input_value()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("picture.png", b"\x89PNG", "cannot be used"),
        ("broken.txt", b"\xff\xc3\x28", "is not text"),
        ("zeros.txt", b"a\0b", "is not text"),
        ("huge.txt", b"a" * (9 << 20), "too large"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    open_tab: Open, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    """The page says which file and why, and keeps what was typed before."""
    path = tmp_path / name
    path.write_bytes(content)
    tab = open_tab()
    tab.find("#body").fill(BODY)
    tab.drop(path)
    expect(tab.find("#failure")).to_contain_text(name)
    expect(tab.find("#failure")).to_contain_text(words)
    expect(tab.find("#body")).to_have_value(BODY)


def test_html_is_read_as_words_and_saved_as_html(open_tab: Open, tmp_path: Path) -> None:
    """Tags are not shown but kept: emphasis is emphasis, and the saved file is the translated document."""
    path = tmp_path / "news.html"
    path.write_text(
        f"<h1>{HEADLINE}</h1>\n<p>Горад <b>адкрыў</b> мост.</p>\n<script>let a = 1; // and some more words</script>",
        encoding="utf-8",
    )
    tab = open_tab()
    tab.drop(path)
    expect(tab.find("#format")).to_have_value("HTML")
    expect(tab.find("#to")).to_have_value("en")  # the letters of tags and scripts tell nothing of its language
    tab.find("#go").click()
    tab.wait_until_done()
    assert tab.texts("#rows .source .sentence") == [HEADLINE, "Горад адкрыў мост."]
    assert tab.find("#rows .source b").count() == 1
    assert "let a" not in tab.find("#rows").inner_text()
    assert tab.find("#rows .heading").count() == 1
    assert "<b>" not in tab.find("#reading").inner_text()
    assert tab.find("#summary b").count() == 1
    tab.find("#download > summary").click()
    with tab.page.expect_download() as download:
        tab.find('[data-save="textFile"]').click()
    assert download.value.suggested_filename == "news.en.html"
    saved = Path(download.value.path()).read_text(encoding="utf-8")
    assert saved.startswith("<h1>")
    assert "<b>" in saved
    assert "<script>let a = 1; // and some more words</script>" in saved


def test_markdown_is_read_by_its_structure(open_tab: Open) -> None:
    """Headings look like headings, code stands as it is on both sides, at the end too, a row of a table is one row."""
    tab = open_tab()
    tab.find("#format").select_option("MARKDOWN")
    tab.find("#with-summary").uncheck()
    table = "| Год | Мост |\n|---|---|\n| 2020 | стары |"
    tab.translate(f"# {HEADLINE}\n\n- Горад адкрыў мост.\n\n```\nкод 1\n```\n\n{table}\n\n```\nкод 2\n```\n")
    assert tab.texts("#rows .heading .source") == [HEADLINE]
    assert tab.texts("#rows .kept > *") == ["```\nкод 1\n```"] * 2 + ["```\nкод 2\n```"] * 2
    expect(tab.find("#waiting")).to_be_empty()
    assert tab.texts("#rows .body .source") == ["- Горад адкрыў мост.", "| Год | Мост", "| 2020 | стары"]


def test_of_a_document_that_is_too_long_only_the_text_is_taken(open_tab: Open, tmp_path: Path) -> None:
    """A saved web page is mostly markup: its story is found, and the page says what it did."""
    path = tmp_path / "saved.html"
    menu = "".join(
        f'<li><a href="https://example.org/{number}" class="item">Раздзел</a></li>' for number in range(2_000)
    )
    path.write_text(
        f"<title>Сайт</title><script>let a = 1;</script><nav><ul>{menu}</ul></nav><article><h1>{HEADLINE}</h1>"
        "<p style='color: red'>Горад\n<b>адкрыў</b> новы мост.</p><div>Людзі чакалі<br>яго.</div>"
        "<style>p {}</style></article>",
        encoding="utf-8",
    )
    tab = open_tab()
    expect(tab.find("#server")).not_to_be_empty()
    tab.drop(path)
    expect(tab.find("#headline")).to_have_value(HEADLINE)
    expect(tab.find("#body")).to_have_value("Горад адкрыў новы мост.\n\nЛюдзі чакалі\nяго.")
    expect(tab.find("#format")).to_have_value("TEXT")
    expect(tab.find("#failure")).to_contain_text("only its text was taken")


def test_blanks_in_the_first_line_do_not_hold_the_page_up(open_tab: Open) -> None:
    """It takes a small part of what a search takes that tries every way to divide them, on whatever machine."""
    took_ms = """(async () => {
      const { split } = await import("/static/files.js");
      const text = "a" + " ".repeat(40_000) + "b\\n\\nc";
      const timed = (act) => {
        const start = performance.now();
        act();
        return performance.now() - start;
      };
      return [Math.min(...[1, 2, 3].map(() => timed(() => split(text)))), timed(() => /^\\S.*?\\s*\\n/.exec(text))];
    })()"""
    ours, every_way = open_tab().evaluate(took_ms)
    assert ours < every_way / 10


@pytest.mark.parametrize(
    ("text", "headline", "body"),
    [
        (" \n\n  Новы мост \t\r\n \r\n\n  Горад.\n", "Новы мост", "Горад.\n"),
        ("Новы мост\nГорад.", "", "Новы мост\nГорад."),
        ("Новы мост.\n\nГорад.", "", "Новы мост.\n\nГорад."),
        ("Новы мост\n\n \n", "", "Новы мост\n\n \n"),
        (" \n", "", " \n"),
    ],
)
def test_a_first_line_is_a_headline_or_not(open_tab: Open, text: str, headline: str, body: str) -> None:
    """With a blank line behind it, no end of a sentence, and something that follows; else the text is left as it is."""
    parted = open_tab().evaluate(f'import("/static/files.js").then((module) => module.split({json.dumps(text)}))')
    assert parted == {"headline": headline, "body": body}
