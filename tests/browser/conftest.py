"""A browser, a server with an engine that does as its text asks, and tabs that are checked when they are closed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

pytest.importorskip("playwright", reason="needs playwright")
from playwright.sync_api import Browser, sync_playwright

from tests.browser import tab
from tests.browser.tab import Tab
from tests.e2e.program import NAUGHTY_COMMAND, Server, free_address

Serve = Callable[..., tuple[Server, str]]
Open = Callable[..., Tab]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    if tab.chromium() is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = tab.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start servers of the page: each with its address; settings are TALMACH_* and NAUGHTY_* variables."""
    servers: list[Server] = []

    def start(**variables: str) -> tuple[Server, str]:
        address = free_address()
        directory = tmp_path_factory.mktemp("page")
        servers.append(Server.start(directory, NAUGHTY_COMMAND, TALMACH_HTTP_ADDRESS=address, **variables))
        return servers[-1], address

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def address(serve: Serve) -> str:
    """Where the page of a server is that all tests share."""
    return serve()[1]


@pytest.fixture
def open_tab(browser: Browser, address: str) -> Iterator[Open]:
    """Open the page in a window of its own; options are those of `Browser.new_context`, `at` is another address."""
    tabs: list[Tab] = []
    with ExitStack() as stack:

        def open_one(path: str = "/", at: str = address, **options: Any) -> Tab:
            tabs.append(Tab(stack.enter_context(tab.context(browser, **options)).new_page(), at))
            tabs[-1].open(path)
            return tabs[-1]

        yield open_one
        for each in tabs:
            each.verify()
