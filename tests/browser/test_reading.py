"""Reading an article beside its translation, in a real browser and from a real server."""

import json
from pathlib import Path

import pytest
from google.protobuf import json_format

from talmach.pb.translation_pb2 import TranslateArticleResponse
from tests.browser.conftest import Open, Serve
from tests.browser.tab import PATIENCE_MS, expect

HEADLINE = "Новы мост у Вербне"
BODY = "Горад адкрыў новы мост. Стары мост быў вузкі 😀.\n\nЛюдзі чакалі яго 20 гадоў. Увечары быў канцэрт на плошчы."
# The engine turns the order of the words round and writes them in Latin letters.
TRANSLATED = "Verbne u most Novy"


def test_a_pasted_article_stands_beside_its_translation(open_tab: Open) -> None:
    """The first line becomes the headline, and every sentence has its partner in the same row."""
    tab = open_tab()
    tab.paste("#body", f"{HEADLINE}\n\n{BODY}")
    expect(tab.find("#headline")).to_have_value(HEADLINE)
    expect(tab.find("#body")).to_have_value(BODY)
    tab.page.keyboard.press("Control+Enter")
    tab.wait_until_done()
    assert tab.texts("#rows .source .sentence") == [
        HEADLINE,
        "Горад адкрыў новы мост.",
        "Стары мост быў вузкі 😀.",
        "Людзі чакалі яго 20 гадоў.",
        "Увечары быў канцэрт на плошчы.",
    ]
    assert len(tab.texts("#rows .target .sentence")) == 5
    assert tab.texts("#rows .target .sentence")[0] == TRANSLATED
    assert tab.find("#rows .row").count() == 3
    assert tab.find("#waiting > *").count() == 0


def test_sentences_come_one_after_the_other(open_tab: Open, serve: Serve) -> None:
    """The first is there while the last is still being translated; until then its source waits below."""
    _, address = serve(NAUGHTY_BATCH_S="0.5", TALMACH_MAX_BATCH_SIZE="1", TALMACH_WORKERS="1")
    tab = open_tab(at=address)
    tab.find("#body").fill("\n\n".join(f"Гэта радок нумар {number}." for number in range(8)))
    tab.find("#with-summary").uncheck()
    tab.find("#go").click()
    expect(tab.find("#rows .target .sentence").first).to_be_visible(timeout=PATIENCE_MS)
    assert tab.find("#rows .target .sentence").count() < 8
    expect(tab.find("#waiting")).to_contain_text("Гэта радок нумар 7.")
    expect(tab.find("#stop")).to_be_visible()
    expect(tab.find("#progress")).to_be_visible()
    expect(tab.find("#rows .target .sentence")).to_have_count(8, timeout=PATIENCE_MS)
    expect(tab.find("#waiting")).to_be_empty()


def test_stopping_keeps_what_has_come(open_tab: Open, serve: Serve) -> None:
    """A reader who has seen enough stops the stream; the rest is shown as not translated."""
    _, address = serve(NAUGHTY_BATCH_S="0.4", TALMACH_MAX_BATCH_SIZE="1", TALMACH_WORKERS="1")
    tab = open_tab(at=address)
    tab.find("#body").fill("\n\n".join(f"Гэта радок нумар {number}." for number in range(30)))
    tab.find("#with-summary").uncheck()
    tab.find("#go").click()
    expect(tab.find("#rows .target .sentence").nth(1)).to_be_visible(timeout=PATIENCE_MS)
    tab.find("#stop").click()
    expect(tab.find("#failure")).to_contain_text("Stopped")
    assert 2 <= tab.find("#rows .target .sentence").count() < 30
    expect(tab.find("#waiting")).to_contain_text("Гэта радок нумар 29.")


def test_pointing_at_a_sentence_marks_its_partner(open_tab: Open) -> None:
    """Hovering over one half marks both, behind an emoji too, and leaving it marks none."""
    tab = open_tab()
    tab.translate(BODY, HEADLINE)
    tab.find("#rows .source .sentence").nth(2).hover()
    assert tab.texts("#rows .source .pointed") == ["Стары мост быў вузкі 😀."]
    pointed = tab.find("#rows .target .pointed")
    expect(pointed).to_have_count(1)
    expect(pointed).to_have_attribute("data-index", "2")
    tab.find("h1").hover()
    expect(tab.find(".pointed")).to_have_count(0)


def test_the_keyboard_leads_from_sentence_to_sentence(open_tab: Open) -> None:
    """One tab stop leads into the article; arrows, Home and End lead through it, and each step marks the pair."""
    tab = open_tab()
    tab.translate(BODY, HEADLINE)
    assert tab.find('#rows [tabindex="0"]').count() == 1
    tab.find('#rows [tabindex="0"]').focus()
    for key, index in (("ArrowDown", "1"), ("ArrowRight", "2"), ("ArrowUp", "1"), ("End", "4"), ("Home", "0")):
        tab.page.keyboard.press(key)
        expect(tab.find("#rows .source .pointed")).to_have_attribute("data-index", index)
        expect(tab.find("#rows .target .pointed")).to_be_focused()
    assert tab.find('#rows [tabindex="0"]').count() == 1


def test_doubts_are_marked_and_explained(open_tab: Open) -> None:
    """A flagged sentence has a mark named by the reason, a note at the foot, and a line in the list of doubts."""
    tab = open_tab()
    tab.translate("Горад адкрыў новы мост. Тут stuck слова.", HEADLINE)
    reason = "Words repeat in a loop that the original does not have."
    doubtful = tab.find("#rows .target .doubtful")
    assert reason in (tab.find("#rows .target .doubtful + .mark").get_attribute("aria-label") or "")
    doubtful.focus()
    expect(tab.find("#note")).to_contain_text(reason)
    expect(doubtful).to_have_attribute("aria-describedby", "note")
    tab.find("#doubts > summary").click()
    tab.find("#doubts-list button").click()
    expect(doubtful).to_be_focused()
    expect(tab.find("#doubts-list")).to_contain_text(reason)


def test_the_summary_says_why_and_is_marked_in_the_article(open_tab: Open) -> None:
    """As many sentences as were asked for, each with a reason, and with its number at its place in both halves."""
    tab = open_tab()
    tab.find("#summary-length").select_option("2", force=True)
    tab.translate(BODY + " Горад святкаваў адкрыццё новага моста да самай раніцы.", HEADLINE)
    assert tab.find("#summary-sentences li").count() == 2
    assert all(tab.texts("#summary-sentences .reason"))
    assert tab.texts("#rows .target .chosen") == ["1", "2"]
    assert tab.texts("#rows .source .chosen") == ["1", "2"]
    tab.find("#summary-sentences a").first.press("Enter")
    expect(tab.find("#rows .target .sentence:focus")).to_have_count(1)
    assert "#" not in tab.page.url
    tab.find("#summary-length").select_option("1")
    expect(tab.find("#summary-sentences li")).to_have_count(1)
    assert tab.texts("#rows .target .chosen") == ["1"]


def test_a_summary_that_comes_first_is_marked_as_its_sentences_come(open_tab: Open, serve: Serve) -> None:
    """What tells the story stands at the end here; it is known, and translated, before all that is in front of it."""
    _, address = serve(NAUGHTY_BATCH_S="0.3", TALMACH_MAX_BATCH_SIZE="1", TALMACH_WORKERS="1")
    tab = open_tab(at=address)
    fragments = [f"Радок {number}." for number in range(24)]
    story = [
        "Горад адкрыў новы мост цераз раку.",
        "Людзі чакалі моста амаль дваццаць гадоў.",
        "Увечары горад слухаў канцэрт.",
    ]
    tab.find("#body").fill("\n\n".join(fragments + story))
    tab.find("#go").click()
    expect(tab.find("#summary-sentences li")).to_have_count(3, timeout=PATIENCE_MS)
    assert tab.find("#rows .target .chosen").count() == 0
    expect(tab.find("#rows .target .chosen")).to_have_count(3, timeout=PATIENCE_MS)


def test_the_glossary_is_applied_and_counted(open_tab: Open) -> None:
    """Rows can be typed, pasted as a table and removed; after the translation each says how often it was applied."""
    tab = open_tab()
    tab.find(".settings > details > summary").click()
    tab.find("#add-term").click()
    tab.paste("#glossary input", "мост\tBRIDGE\nканцэрт\tCONCERT\nнічога\tNOTHING")
    tab.find("#glossary .remove").nth(2).click()
    tab.find("#add-phrase").click()
    tab.find("#kept input").fill("Горад")
    tab.translate(BODY, HEADLINE)
    translation = " ".join(tab.texts("#rows .target .sentence"))
    assert translation.count("BRIDGE") == 3
    assert translation.count("CONCERT") == 1
    assert "Горад" in translation
    assert tab.texts("#glossary .usage") == ["applied 3", "applied 1"]
    assert tab.texts("#kept .usage") == ["applied 1"]


def test_a_term_without_translation_is_pointed_out(open_tab: Open) -> None:
    """What the server has against a row stands beside that row."""
    tab = open_tab()
    tab.find(".settings > details > summary").click()
    for term, translation in (("мост", "bridge"), ("канцэрт", "")):
        tab.find("#add-term").click()
        tab.find("#glossary li").last.locator("input").nth(0).fill(term)
        tab.find("#glossary li").last.locator("input").nth(1).fill(translation)
    tab.find("#body").fill(BODY)
    tab.find("#go").click()
    expect(tab.find("#failure")).to_be_visible()
    expect(tab.find("#glossary li").nth(1).locator("input").nth(1)).to_have_attribute("aria-invalid", "true")
    expect(tab.find("#glossary .usage").nth(1)).not_to_be_empty()
    expect(tab.find("#glossary .usage").nth(0)).to_be_empty()
    expect(tab.find("#body")).to_have_value(BODY)


def test_boilerplate_is_grey_or_left_out(open_tab: Open) -> None:
    """It is told apart with its kind in words, and on request it is not translated."""
    tab = open_tab()
    body = "Горад адкрыў новы мост. Людзі чакалі яго дваццаць гадоў.\n\nФота: Ганна Лясная"
    tab.translate(body, HEADLINE)
    expect(tab.find("#rows .target .boilerplate")).to_have_count(1)
    tab.find("#rows .target .boilerplate").hover()
    expect(tab.find("#note")).to_contain_text("Not part of the story: picture credit.")
    tab.find("#without-boilerplate").check()
    tab.find("#go").click()
    expect(tab.find("#rows .target .dropped_boilerplate")).to_have_text("⋯", timeout=PATIENCE_MS)


def test_the_language_is_told_with_its_evidence(open_tab: Open) -> None:
    """The page says which language it found and on what share of the evidence."""
    tab = open_tab()
    tab.translate(BODY, HEADLINE)
    expect(tab.find("#language-facts")).to_contain_text("Belarusian")
    expect(tab.find("#evidence")).to_contain_text("%")


def test_an_article_in_the_target_language_gets_a_hint(open_tab: Open) -> None:
    """Nothing was translated, and the page says why."""
    tab = open_tab()
    tab.translate(BODY, HEADLINE, target="be")
    expect(tab.find("#failure")).to_contain_text("in this language already")


def test_copies_and_downloads_hold_everything(open_tab: Open) -> None:
    """The clipboard has the translation; the files have it as text, as the contract's JSON, and beside its source."""
    tab = open_tab()
    tab.translate(BODY, HEADLINE)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.find("#copy").click()
    expect(tab.find("#copy")).to_have_text("Copied")
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
    expect(tab.find("#copy")).to_have_text("Copied")
    tab.find("#edit").click()
    tab.find("#new").click()
    tab.page.keyboard.press("Control+V")
    assert "novy adkryu Gorad" in tab.find("#body").input_value()


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
        f"<h1>{HEADLINE}</h1>\n<p>Горад <b>адкрыў</b> мост.</p>\n<script>let a = 1;</script>", encoding="utf-8"
    )
    tab = open_tab()
    tab.drop(path)
    expect(tab.find("#format")).to_have_value("HTML")
    tab.find("#to").select_option("en")
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
    assert "<script>let a = 1;</script>" in saved


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


@pytest.mark.parametrize(
    ("locale", "language", "words"),
    [
        ("be-BY", "be", "Перакласці"),
        ("ru-RU", "ru", "Перевести"),
        ("en-US", "en", "Translate"),
        ("de-DE", "be", "Перакласці"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(open_tab: Open, locale: str, language: str, words: str) -> None:
    """Belarusian where the browser wants none of the three."""
    tab = open_tab(locale=locale)
    expect(tab.find("html")).to_have_attribute("lang", language)
    expect(tab.find("#go")).to_have_text(words)


def test_language_and_colours_can_be_switched_while_reading(open_tab: Open) -> None:
    """Everything is told anew, nothing is lost, and the choice stands in the address and nowhere else."""
    tab = open_tab(color_scheme="light")
    tab.translate("Горад адкрыў новы мост. Тут stuck слова.", HEADLINE)
    before = tab.texts("#rows .target .sentence")
    tab.find('[data-ui="ru"]').click()
    expect(tab.find("#go")).to_have_text("Перевести")
    expect(tab.find("#doubts-count")).to_contain_text("сомнени")
    assert "Слова повторяются" in (tab.find("#rows .doubtful + .mark").get_attribute("aria-label") or "")
    expect(tab.find("#doubts-list")).to_contain_text("Слова повторяются")
    assert tab.find("#doubts-list li").count() == 1
    assert tab.texts("#rows .target .sentence") == before
    light = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.find("#theme").click()
    tab.find("#theme").click()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert "ui=ru" in tab.page.url
    assert "theme=dark" in tab.page.url
    tab.page.reload()
    expect(tab.find("#go")).to_have_text("Перевести")
    expect(tab.find("html")).to_have_attribute("data-theme", "dark")
    assert tab.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    expect(tab.find("#body")).to_have_value("")


def test_every_language_has_every_word(open_tab: Open) -> None:
    """The three files have the same keys, and nothing on the page is without words."""
    tab = open_tab()
    keys = """(async () => {
      const paths = (value, path) => typeof value === "object" && !("one" in value)
        ? Object.entries(value).flatMap(([key, each]) => paths(each, path + "/" + key)) : [path];
      const all = [];
      for (const language of ["be", "ru", "en"])
        all.push(paths((await import(`/static/words.${language}.js`)).default, "").sort());
      return all;
    })()"""
    belarusian, russian, english = tab.evaluate(keys)
    assert belarusian == russian == english
    assert all(tab.texts("[data-word]:visible"))


def test_a_narrow_screen_shows_everything(open_tab: Open) -> None:
    """Nothing is wider than the screen of a telephone, and the halves of a row stand one above the other."""
    tab = open_tab(viewport={"width": 360, "height": 740})
    tab.translate(BODY, HEADLINE)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    source, target = (tab.find(f"#rows .body .{half}").first.bounding_box() for half in ("source", "target"))
    assert source is not None
    assert target is not None
    assert source["y"] + source["height"] <= target["y"]
