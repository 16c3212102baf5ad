"""A browser, a server with an engine that does as its text asks, and tabs that are checked when they are closed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.hoarder import hoarding
from tests.e2e.program import NAUGHTY_COMMAND, Server, free_address

if TYPE_CHECKING:  # the modules of the tests are skipped where playwright is missing; this one cannot be
    from tests.browser.tab import Tab

Serve = Callable[..., tuple[Server, str]]
Open = Callable[..., "Tab"]
Proxy = Callable[..., str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the tests of a file: while it is there, playwright keeps an event loop running."""
    from tests.browser import tab  # noqa: PLC0415 - see above

    if tab.chromium() is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with tab.browsing() as browser:
        yield browser


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start servers of the page: each with its address; options are those of `Server.start`."""
    servers: list[Server] = []

    def start(**options: Any) -> tuple[Server, str]:
        address = free_address()
        directory = tmp_path_factory.mktemp("page")
        servers.append(Server.start(directory, NAUGHTY_COMMAND, TALMACH_HTTP_ADDRESS=address, **options))
        return servers[-1], address

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def held(serve: Serve, tmp_path: Path) -> tuple[Server, str, Path]:
    """Return a server, where it is, and a file: it takes one sentence after the other, and waits at `hang` for that."""
    gate = tmp_path / "gate"
    patience = {"TALMACH_ENGINE_TIMEOUT_S": "3600", "TALMACH_DRAIN_TIMEOUT_S": "3600"}
    one = {"TALMACH_MAX_BATCH_SIZE": "1", "TALMACH_WORKERS": "1"}
    return *serve(NAUGHTY_GATE=str(gate), **one, **patience), gate


@pytest.fixture(scope="session")
def address(serve: Serve) -> str:
    """Where the page of a server is that all tests share."""
    return serve()[1]


@pytest.fixture
def proxy(address: str) -> Iterator[Proxy]:
    """Start proxies in front of the shared server: options are those of `hoarding`."""
    with ExitStack() as stack:
        yield lambda events=0: stack.enter_context(hoarding(address, events))


@pytest.fixture
def open_tab(browser: Any, address: str) -> Iterator[Open]:
    """Open the page in a window of its own; options are those of `Browser.new_context`, `at` is another address."""
    from tests.browser.tab import Tab, context  # noqa: PLC0415 - see above

    tabs: list[Tab] = []
    with ExitStack() as stack:

        def open_one(path: str = "/", at: str = address, **options: Any) -> Tab:
            tabs.append(Tab(stack.enter_context(context(browser, **options)).new_page(), at))
            tabs[-1].open(path)
            return tabs[-1]

        yield open_one
        for each in tabs:
            each.verify()
