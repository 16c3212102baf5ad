"""The HTTP door of the real process: how it starts, drains, and says why it cannot start."""

import json
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.callers import hold
from tests.e2e.program import DATA, TIMEOUT_S, Server, environment, free_address, talmach

PARAGRAPH = (DATA / "articles" / "01-council.be.txt").read_text(encoding="utf-8").strip()
OPTIONS = {"sourceLanguageCode": "be", "targetLanguageCode": "en"}


def ask(address: str, path: str, content: Any = None) -> tuple[int, Any]:
    """Return status and JSON of an answer."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"http://{address}{path}", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_terminated_server_finishes_what_came_by_http(start: Callable[..., Server]) -> None:
    """New calls and health are answered with 503, the one in flight whole, and the process ends with 0."""
    address = free_address()
    server = start(TALMACH_HTTP_ADDRESS=address, TALMACH_DRAIN_TIMEOUT_S="200", TALMACH_STREAM_IDLE_S="600")
    body = "\n\n".join(f"{number}. {PARAGRAPH.replace('.', f' ({number}).')}" for number in range(20))[:10_000]
    accepted: list[tuple[int, Any]] = []
    content = {"article": {"body": body}, "options": OPTIONS}
    caller = threading.Thread(target=lambda: accepted.append(ask(address, "/v1/article", content)))
    with hold(address):  # the server waits for this one too
        server.wait_until(lambda: server.metric("talmach_rpc_in_flight") == 1)
        caller.start()
        server.wait_until(lambda: server.calls() == 2)
        server.process.send_signal(signal.SIGTERM)
        server.wait_until(lambda: server.health() == "NOT_SERVING")
        status, refusal = ask(address, "/v1/translate", {"texts": ["Дождж."], "options": OPTIONS})
        assert (status, refusal["error"]["details"][0]["reason"]) == (503, "SERVER_DRAINING")
        assert ask(address, "/health") == (503, {"status": "draining"})
        caller.join()
    assert accepted[0][0] == 200
    assert accepted[0][1]["translation"]["complete"] is True
    assert server.process.wait(TIMEOUT_S) == 0


def test_both_doors_open_before_the_models_are_there(start: Callable[..., Server]) -> None:
    """Who comes early is told so, and a server that is ended meanwhile ends well."""
    address = free_address()
    server = start(TALMACH_HTTP_ADDRESS=address, until=("NOT_SERVING", "SERVING"))

    def is_open() -> bool:
        try:
            return ask(address, "/health")[0] in {200, 503}
        except urllib.error.URLError:
            return False

    server.wait_until(is_open)
    assert server.end(signal.SIGTERM) == 0


def test_a_taken_address_is_named(start: Callable[..., Server]) -> None:
    """One sentence that names the setting, before any model is read; status 2."""
    address = free_address()
    start(TALMACH_HTTP_ADDRESS=address)
    failed = talmach("serve", "--address", "127.0.0.1:0", "--http", address)
    assert failed.status == 2
    assert failed.stderr.splitlines()[-1].endswith(
        f"TALMACH_HTTP_ADDRESS: {address}: cannot listen there (address already in use)"
    )
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--http", "0.0.0.0:0"), "TALMACH_HTTP_ADDRESS: 0.0.0.0:0 is not a loopback address"),
        (("--http", "5000"), "is not HOST:PORT"),
    ],
)
def test_an_address_that_will_not_do(arguments: tuple[str, ...], problem: str) -> None:
    """Is named, with the reason."""
    failed = talmach("serve", *arguments)
    assert failed.status == 2
    assert problem in failed.stderr


def test_without_the_extra() -> None:
    """One sentence that says what to install; without the setting the server does not need it."""
    hidden = "import sys; sys.modules['starlette'] = None; from talmach.__main__ import main; main()"
    failed = subprocess.run(
        [sys.executable, "-c", hidden, "serve", "--address", "127.0.0.1:0", "--http", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        env=environment({}),
        timeout=TIMEOUT_S,
        check=False,
    )
    assert failed.returncode == 2
    assert "TALMACH_HTTP_ADDRESS: needs the extra http (pip install 'talmach[http]')" in failed.stderr
    assert "Traceback" not in failed.stderr
