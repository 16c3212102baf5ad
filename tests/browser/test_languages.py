"""The page's own languages, colours and widths."""

import re

import pytest

from talmach import errors
from talmach.http.refusals import body_too_large
from tests.browser.conftest import Open
from tests.browser.tab import expect

HEADLINE = "Новы мост у Вербне"
BODY = "Горад адкрыў новы мост. Стары мост быў вузкі 😀.\n\nЛюдзі чакалі яго 20 гадоў. Увечары быў канцэрт на плошчы."


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
    expect(tab.page).to_have_url(re.compile("ui=ru"))
    expect(tab.page).to_have_url(re.compile("theme=dark"))
    tab.page.reload()
    expect(tab.find("#go")).to_have_text("Перевести")
    expect(tab.find("html")).to_have_attribute("data-theme", "dark")
    assert tab.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    expect(tab.find("#body")).to_have_value("")


def test_no_language_is_translated_into_itself(open_tab: Open) -> None:
    """The choice that was made last counts, and the other one gives way."""
    tab = open_tab(locale="be-BY")
    source, target = tab.find("#from"), tab.find("#to")
    tab.find("#body").fill("The town opened a school.")
    expect(target).to_have_value("be")
    source.select_option("be")
    expect(target).to_have_value("en")
    target.select_option("be")
    expect(source).to_have_value("")
    source.select_option("be")
    expect(target).to_have_value("en")


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


REFUSALS: list[type[errors.TalmachError]] = [
    errors.LanguageUndetermined,
    errors.UnsupportedLanguagePair,
    *errors.Overloaded.__subclasses__(),
    *errors.Unavailable.__subclasses__(),
    errors.DeadlineExceeded,
    errors.StreamIdle,
    errors.Unauthenticated,
    errors.PermissionDenied,
    errors.ReplyTooLarge,
    errors.EngineFailure,
    errors.EngineTimeout,
]


def test_every_refusal_of_the_server_has_words(open_tab: Open) -> None:
    """Whatever may become of a call that the page makes is told in the words of the page."""
    tab = open_tab()
    told = tab.evaluate('import("/static/words.en.js").then((module) => Object.keys(module.default.failures))')
    assert {*(each.reason for each in REFUSALS), body_too_large(1).reason} - set(told) == set()


def test_a_narrow_screen_shows_everything(open_tab: Open) -> None:
    """Nothing is wider than the screen of a telephone, and the halves of a row stand one above the other."""
    tab = open_tab(viewport={"width": 360, "height": 740})
    tab.translate(BODY, HEADLINE)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    source, target = (tab.find(f"#rows .body .{half}").first.bounding_box() for half in ("source", "target"))
    assert source is not None
    assert target is not None
    assert source["y"] + source["height"] <= target["y"]
