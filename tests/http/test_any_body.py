"""Any body at all has an answer, and the next caller has his."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from io import StringIO
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from talmach.pb import summarization_pb2, translation_pb2
from tests.hostile import CANARY, TEXTS, messages, wire
from tests.http.harness import Answer, served

PATHS: dict[str, Any] = {
    "/v1/translate": translation_pb2.TranslateTextRequest,
    "/v1/article": translation_pb2.TranslateArticleRequest,
    "/v1/summary": summarization_pb2.SummarizeArticleRequest,
    "/v1/detect": translation_pb2.DetectLanguageRequest,
}
_JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just(CANARY),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["texts", "article", "options", "q", "source", "target"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def bodies(path: str) -> st.SearchStrategy[bytes]:
    """Return what may arrive at a path: messages right and wrong as JSON, other JSON, damaged ones, any bytes."""
    descriptor = PATHS[path].DESCRIPTOR
    whole = messages(descriptor).map(lambda message: json_format.MessageToJson(message, ensure_ascii=False).encode())
    other = _JSON_VALUES.map(lambda value: json.dumps(value).encode())
    damaged = st.builds(lambda body, at: body[:at] + b"\xff" + body[at:], whole, st.integers(0, 500))
    return st.one_of(whole, other, damaged, wire(descriptor))


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[str, bytes], Answer]]:
    """Ask a server that many examples share, on a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = served()

    def wait(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(240)

    site = wait(serving.__aenter__())
    yield lambda path, body: wait(site.ask(path, body))
    wait(serving.__aexit__(None, None, None))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_body_has_an_answer(
    ask: Callable[[str, bytes], Answer], path: str, data: st.DataObject, log: StringIO
) -> None:
    """Served or refused, never 500, and a refusal repeats nothing of it; as in the other form of the API."""
    sent = data.draw(bodies(path))
    for each in (path, "/translate", "/detect"):
        got = ask(each, sent)
        assert got.status in {200, 400, 404, 413}, got.body
        if got.status != 200:
            assert CANARY not in got.body.decode()
    assert CANARY not in log.getvalue()
