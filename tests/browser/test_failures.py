"""What a reader sees when something goes wrong: words, and everything that had come before."""

import signal
from pathlib import Path

from tests.browser.conftest import Open, Proxy, Serve
from tests.browser.tab import Tab, expect
from tests.e2e.program import Server, talmach

LINES = [f"Гэта радок нумар {number}." for number in range(30)]
BODY = "\n\n".join(LINES)
HELD = "Гэта hang радок."


def test_a_server_that_goes_in_the_middle_leaves_what_it_sent(open_tab: Open, held: tuple[Server, str, Path]) -> None:
    """The page says how much came, keeps it, shows the rest as not translated, and offers another try."""
    server, address, _ = held
    tab = open_tab(at=address)
    tab.find("#body").fill("\n\n".join([*LINES[:2], HELD, *LINES[3:]]))
    tab.find("#with-summary").uncheck()
    tab.find("#go").click()
    expect(tab.find("#rows .target .sentence").nth(1)).to_be_visible()
    server.kill()
    expect(tab.find("#failure")).to_contain_text("The connection broke")
    assert tab.find("#rows .target .sentence").count() == 2
    expect(tab.find("#failure")).to_contain_text("2 of 30")
    expect(tab.find("#waiting")).to_contain_text("Гэта радок нумар 29.")
    expect(tab.find("#waiting")).to_have_class("left")
    tab.find("#failure button").click()
    expect(tab.find("#failure")).to_contain_text("does not answer")
    assert tab.find("#rows .target .sentence").count() == 2


def test_a_stream_without_its_end_is_not_taken_for_whole(open_tab: Open, proxy: Proxy) -> None:
    """Something on the way ends it as if nothing were wrong; only the last event says that it is complete."""
    tab = open_tab(at=proxy(events=4))
    tab.find("#body").fill(BODY)
    tab.find("#with-summary").uncheck()
    tab.find("#go").click()
    expect(tab.find("#failure")).to_contain_text("The connection broke: 3 of 30")
    assert tab.find("#rows .target .sentence").count() == 3


def test_a_server_that_drains_finishes_and_takes_nothing_new(open_tab: Open, held: tuple[Server, str, Path]) -> None:
    """Whoever reads goes on reading; whoever comes then is told, in words."""
    server, address, gate = held
    reading, coming = open_tab(at=address), open_tab(at=address)
    body = "\n\n".join([LINES[0], HELD, *LINES[2:8]])
    for tab in (reading, coming):
        tab.find("#body").fill(body)
        tab.find("#with-summary").uncheck()
    reading.find("#go").click()
    expect(reading.find("#rows .target .sentence").first).to_be_visible()
    server.process.send_signal(signal.SIGTERM)
    server.wait_until(lambda: server.health() == "NOT_SERVING")
    coming.find("#go").click()
    expect(coming.find("#failure")).to_contain_text("The server is shutting down and takes nothing new.")
    expect(coming.find("#body")).to_have_value(body)
    gate.touch()
    expect(reading.find("#go")).to_be_visible()
    expect(reading.find("#failure")).to_be_hidden()
    assert reading.find("#rows .target .sentence").count() == body.count(".")


def test_a_server_that_starts_is_waited_for(open_tab: Open, serve: Serve, tmp_path: Path) -> None:
    """The page says so, and stops saying so by itself."""
    gate = tmp_path / "gate"
    _, address = serve(NAUGHTY_LOAD_GATE=str(gate), until=("NOT_SERVING",))
    tab = open_tab(at=address)
    expect(tab.find("#failure")).to_contain_text("The server is still starting.")
    gate.touch()
    expect(tab.find("#failure")).to_be_hidden()
    expect(tab.find("#server")).to_contain_text("talmach")


def test_a_server_with_clients_asks_for_a_token_and_names_the_quota(
    open_tab: Open, serve: Serve, tmp_path: Path
) -> None:
    """Without a token, with a wrong one, with the right one, and beyond its quota: each is said in words."""
    token, _, client = talmach("token", "newsroom").stdout.split("\n", 2)
    clients = tmp_path / "clients.toml"
    clients.write_text(f"{client}\ncharacters_per_minute = 300\n", encoding="utf-8")
    _, address = serve(TALMACH_CLIENTS_FILE=str(clients))
    tab = open_tab(at=address)
    expect(tab.find("#token")).to_be_visible()
    tab.find("#with-summary").uncheck()
    tab.find("#body").fill("Горад адкрыў новы мост. " * 12)  # nearly all of it: the rest takes a minute to come back
    tab.find("#go").click()
    expect(tab.find("#failure")).to_contain_text("An access token is needed.")
    tab.find("#token").fill("wrong")
    tab.find("#go").click()
    expect(tab.find("#failure")).to_contain_text("This access token is not accepted.")
    tab.find("#token").fill(token)
    tab.find("#go").click()
    tab.wait_until_done()
    expect(tab.find("#failure")).to_be_hidden()
    expect(tab.find("#server")).to_contain_text("talmach")
    tab.find("#go").click()
    expect(tab.find("#failure")).to_contain_text("Your quota is used up.")
    expect(tab.find("#failure")).to_contain_text("Try again in")
    expect(tab.find("#failure .said")).to_contain_text("characters_per_minute")
    tab.find("#with-summary").check()
    expect(tab.find("#summary-state")).to_contain_text("The summary failed. Your quota is used up.")
    tab.find("#edit").click()
    tab.find("#body").fill("Горад адкрыў новы мост. " * 20)
    tab.find("#go").click()
    expect(tab.find("#failure")).to_contain_text("The text is too long.")


def test_the_servers_own_words_stand_below_those_of_the_page(open_tab: Open) -> None:
    """A text beyond the limit is counted before it is sent, and refused with the server's numbers."""
    tab = open_tab()
    tab.find("#body").fill("а" * 100_001)
    expect(tab.find("#count")).to_have_text("100,001 of 100,000 characters")
    tab.find("#go").click()
    expect(tab.find("#failure")).to_contain_text("The text is too long.")
    expect(tab.find("#failure .said")).to_contain_text("100001")
    expect(tab.find("#failure")).to_be_in_viewport()
    expect(tab.find("#failure button")).to_have_count(0)
    tab.find("#new").click()
    expect(tab.find("#body")).to_have_value("")


def test_nothing_to_translate_is_said_at_once(open_tab: Open) -> None:
    """Nothing is asked of the server."""
    tab = open_tab()
    tab.find("#body").fill("  \n ")
    tab.find("#go").click()
    expect(tab.find("#failure")).to_have_text("There is nothing to translate.")


def test_a_sentence_that_fails_says_so_and_the_rest_goes_on(open_tab: Open, serve: Serve) -> None:
    """Its source stands in its place, marked, with the reason."""
    _, address = serve(TALMACH_MAX_BATCH_SIZE="1")
    tab = open_tab(at=address)
    tab.translate("Горад адкрыў новы мост. Тут raise слова. Увечары быў канцэрт.")
    failed = tab.find("#rows .target .failed")
    expect(failed).to_have_text("Тут raise слова.")
    failed.hover()
    expect(tab.find("#note")).to_contain_text("Could not be translated")
    assert tab.find("#rows .target .translated").count() == 2


def waiting(open_tab: Open, address: str) -> Tab:
    """Return a tab that has asked for an article and its summary, which a held engine does not give."""
    tab = open_tab(at=address)
    tab.find("#body").fill("\n\n".join([HELD] * 3))
    tab.find("#go").click()
    expect(tab.find("#summary-state")).to_contain_text("on its way")
    return tab


def test_stop_ends_the_summary_too(open_tab: Open, held: tuple[Server, str, Path]) -> None:
    """Nobody waits for it any more; the page says so and offers another try."""
    _, address, gate = held
    tab = waiting(open_tab, address)
    with tab.page.expect_event("requestfailed", lambda request: request.url.endswith("/v1/summary")):
        tab.find("#stop").click()
    expect(tab.find("#failure")).to_contain_text("Stopped: 0 of 3")
    expect(tab.find("#summary-state")).to_contain_text("The summary was stopped.")
    gate.touch()
    tab.find("#summary-state button").click()
    expect(tab.find("#summary-sentences li").first).to_be_visible()


def test_of_an_article_that_was_left_nothing_more_is_heard(open_tab: Open, held: tuple[Server, str, Path]) -> None:
    """Both calls end, and the next text does not stand under what became of the last one."""
    _, address, _ = held
    tab = waiting(open_tab, address)
    tab.remember("#failure")
    with (
        tab.page.expect_event("requestfailed", lambda request: request.url.endswith("/v1/summary")),
        tab.page.expect_event("requestfailed", lambda request: request.url.endswith("/v1/article")),
    ):
        tab.find("#edit").click()
    expect(tab.find("#go")).to_be_visible()
    expect(tab.find("#failure")).to_be_hidden()
    assert tab.remembered() == []


def test_another_article_does_not_stand_under_the_failure_of_the_last(open_tab: Open) -> None:
    """However it is put in: the button below would try again with another text."""
    tab = open_tab()
    for selector in ("#new", "#sample"):
        tab.find("#body").fill("а" * 100_001)
        tab.find("#go").click()
        expect(tab.find("#failure")).to_contain_text("The text is too long.")
        tab.find(selector).click()
        expect(tab.find("#failure")).to_be_hidden()
