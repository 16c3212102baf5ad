"""Reading an article beside its translation, in a real browser and from a real server."""

from pathlib import Path

from tests.browser.conftest import Open, Serve
from tests.browser.tab import expect
from tests.e2e.program import Server

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


def test_sentences_come_one_after_the_other(open_tab: Open, held: tuple[Server, str, Path]) -> None:
    """The first are there while the last is still being translated; until then its source waits below."""
    _, address, gate = held
    tab = open_tab(at=address)
    tab.find("#body").fill("\n\n".join([*(f"Гэта радок нумар {number}." for number in range(7)), "Гэта hang радок."]))
    tab.find("#with-summary").uncheck()
    tab.find("#go").click()
    expect(tab.find("#rows .target .sentence")).to_have_count(7)
    expect(tab.find("#waiting")).to_have_text("Гэта hang радок.")
    expect(tab.find("#stop")).to_be_visible()
    expect(tab.find("#progress")).to_be_visible()
    gate.touch()
    expect(tab.find("#rows .target .sentence")).to_have_count(8)
    expect(tab.find("#waiting")).to_be_empty()


def test_stopping_keeps_what_has_come(open_tab: Open, held: tuple[Server, str, Path]) -> None:
    """A reader who has seen enough stops the stream; the rest is shown as not translated."""
    _, address, _ = held
    tab = open_tab(at=address)
    lines = [f"Гэта радок нумар {number}." for number in range(30)]
    tab.find("#body").fill("\n\n".join([*lines[:2], "Гэта hang радок.", *lines[3:]]))
    tab.find("#with-summary").uncheck()
    tab.find("#go").click()
    expect(tab.find("#rows .target .sentence").nth(1)).to_be_visible()
    tab.find("#stop").click()
    expect(tab.find("#failure")).to_contain_text("Stopped")
    assert tab.find("#rows .target .sentence").count() == 2
    expect(tab.find("#waiting")).to_contain_text("Гэта радок нумар 29.")


def test_pointing_at_a_sentence_marks_its_partner(open_tab: Open) -> None:
    """Hovering over one half marks both, behind an emoji too, and leaving it marks none."""
    tab = open_tab()
    tab.translate(BODY, HEADLINE)
    tab.find("#rows .source .sentence").nth(2).hover()
    expect(tab.find("#rows .source .pointed")).to_have_text("Стары мост быў вузкі 😀.")
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


def test_a_summary_that_comes_first_is_marked_as_its_sentences_come(
    open_tab: Open, serve: Serve, tmp_path: Path
) -> None:
    """What tells the story stands at the end here; it is known, and translated, before all that is in front of it."""
    gate, one_each = tmp_path / "gate", {"TALMACH_MAX_BATCH_SIZE": "1", "TALMACH_WORKERS": "2"}  # one of them is held
    _, address = serve(NAUGHTY_GATE=str(gate), TALMACH_ENGINE_TIMEOUT_S="3600", **one_each)
    tab = open_tab(at=address)
    fragments = ["Гэта hang радок.", *(f"Радок {number}." for number in range(23))]
    story = [
        "Горад адкрыў новы мост цераз раку.",
        "Людзі чакалі моста амаль дваццаць гадоў.",
        "Увечары горад слухаў канцэрт.",
    ]
    tab.find("#body").fill("\n\n".join(fragments + story))
    tab.find("#go").click()
    expect(tab.find("#summary-sentences li")).to_have_count(3)
    assert tab.find("#rows .target .chosen").count() == 0
    gate.touch()
    expect(tab.find("#rows .target .chosen")).to_have_count(3)


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
    """What the server has against a row stands beside it in the words of the page, and is no fault of the text."""
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
    expect(tab.find("#failure p").first).to_contain_text("A row of the glossary or of the names is not right")
    expect(tab.find("#failure .said")).to_contain_text("glossary_entries[1].target_term")
    expect(tab.find("#glossary .usage").nth(1)).to_have_text("is incomplete")
    expect(tab.find("#glossary .usage").nth(0)).to_be_empty()
    tab.find('[data-ui="ru"]').click()
    expect(tab.find("#failure p").first).to_contain_text("В глоссарии или среди названий есть ошибка")
    expect(tab.find("#glossary .usage").nth(1)).to_have_text("не заполнено")
    tab.find('[data-ui="be"]').click()
    expect(tab.find("#glossary .usage").nth(1)).to_have_text("не запоўнена")
    tab.find("#glossary li").nth(1).locator("input").nth(1).fill("concert")
    tab.find("#go").click()
    tab.wait_until_done()
    expect(tab.find("#glossary .usage").nth(1)).to_have_text("ужыта 1")
    tab.find('[data-ui="en"]').click()
    expect(tab.find("#glossary .usage").nth(1)).to_have_text("applied 1")
    expect(tab.find("#body")).to_have_value(BODY)


def test_a_fault_of_the_text_is_told_before_one_of_a_row(open_tab: Open) -> None:
    """Both are shown: the row has a note of its own."""
    tab = open_tab()
    tab.find(".settings > details > summary").click()
    tab.find("#add-phrase").click()
    tab.find("#kept input").fill("а" * 201)
    tab.find("#body").fill(BODY)
    tab.find("#go").click()
    expect(tab.find("#failure p").first).to_contain_text("A row of the glossary or of the names is not right")
    expect(tab.find("#kept .usage")).to_have_text("is too long")
    tab.find("#body").fill("а" * 100_001)
    tab.find("#go").click()
    expect(tab.find("#failure p").first).to_have_text("The text is too long.")
    expect(tab.find("#kept .usage")).to_have_text("is too long")


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
    expect(tab.find("#rows .target .dropped_boilerplate")).to_have_text("⋯")


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
