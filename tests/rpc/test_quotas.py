"""Quotas: each kind, with the wait that is really needed."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from talmach.access.quotas import Account, Quotas
from talmach.client import (
    Article,
    AsyncClient,
    BatchTranslateRequest,
    BatchTranslateResponse,
    RpcFailed,
    TranslationOptions,
)
from talmach.errors import QuotaExceeded
from talmach.metrics import Metrics
from tests.fakes import until
from tests.rpc.harness import Clients, running

TO_ENGLISH = TranslationOptions(target_language_code="en", source_language_code="be")
TEXT = "Сёння ідзе моцны дождж."
ARTICLE = Article(headline="Дождж", lead="Моцны", body="Ідзе дождж.")
LENGTH = len("ДожджМоцныІдзе дождж.")


@pytest.fixture
def file(tmp_path: Path) -> Clients:
    """A clients file that is still to be written."""
    return Clients(tmp_path / "clients.toml")


async def refusal(call: Awaitable[Any]) -> RpcFailed:
    """Return how a call is refused."""
    with pytest.raises(RpcFailed) as caught:
        await call
    return caught.value


async def test_requests_per_second(file: Clients) -> None:
    """Two at once, the third is told to wait half a second: a moment earlier it is still refused, then it is not."""
    async with (
        running(clients=file.write(desk="requests_per_second = 2")) as served,
        served.client("desk-token") as desk,
    ):
        await desk.info()
        await desk.detect([TEXT])
        failure = await refusal(desk.info())
        assert (failure.code, failure.reason) == ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
        assert failure.metadata == {"quota": "requests_per_second"}
        assert failure.retry_after_s == 0.5
        assert served.sample("talmach_refused_total", reason="QUOTA_EXCEEDED") == 1
        file.now_s += 0.499
        assert (await refusal(desk.info())).retry_after_s == pytest.approx(0.001)
        file.now_s += 0.001
        await desk.info()
        file.now_s += 1_000
        await desk.info()
        await desk.info()
        await refusal(desk.info())


async def test_concurrent_calls(file: Clients) -> None:
    """The place of a call is free when it has ended; other clients are not concerned."""
    file.write(desk="concurrent_calls = 1", news="")
    async with (
        running(clients=file) as served,
        served.client("desk-token") as desk,
        served.client("news-token") as news,
    ):
        hanging = asyncio.ensure_future(desk.translate_texts(["Гэта hang тут."], TO_ENGLISH))
        await until(lambda: served.engine.batches)
        failure = await refusal(desk.info())
        assert (failure.reason, failure.metadata) == ("QUOTA_EXCEEDED", {"quota": "concurrent_calls"})
        assert failure.retry_after_s == 1
        await news.info()
        served.engine.release.set()
        await hanging
        await desk.info()


def texts(client: AsyncClient) -> Awaitable[object]:
    """Send an article as texts."""
    return client.translate_texts([ARTICLE.headline, ARTICLE.lead, ARTICLE.body], TO_ENGLISH)


async def stream(client: AsyncClient) -> object:
    """Send an article to be translated sentence by sentence."""
    return [event async for event in client.stream_article(ARTICLE, TO_ENGLISH)]


CALLS: dict[str, Callable[[AsyncClient], Awaitable[object]]] = {
    "TranslateText": texts,
    "TranslateArticle": lambda client: client.translate_article(ARTICLE, TO_ENGLISH),
    "StreamTranslateArticle": stream,
    "SummarizeArticle": lambda client: client.summarize(ARTICLE),
    "DetectLanguage": lambda client: client.detect([ARTICLE.headline, ARTICLE.lead, ARTICLE.body]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_characters_per_minute(file: Clients, call: Callable[[AsyncClient], Awaitable[object]]) -> None:
    """Every call that takes text uses them up, letter by letter; the wait is for what is missing."""
    file.write(desk=f"characters_per_minute = {2 * LENGTH}")
    async with running(clients=file) as served, served.client("desk-token") as desk:
        await call(desk)
        await call(desk)
        failure = await refusal(call(desk))
        assert (failure.code, failure.metadata) == ("RESOURCE_EXHAUSTED", {"quota": "characters_per_minute"})
        assert failure.retry_after_s == 30
        assert served.sample("talmach_refused_total", reason="QUOTA_EXCEEDED") == 1
        file.now_s += 29.9
        assert (await refusal(call(desk))).retry_after_s == pytest.approx(0.1, abs=0.002)
        file.now_s += 0.1
        await call(desk)


async def test_large_texts_at_once_share_one_quota(file: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 80 texts that threads prepare, exactly those in the quota pass: they are counted on the loop."""
    charge, threads = Account.charge, set()

    def seen(account: Account, characters: int) -> None:
        threads.add(threading.current_thread())
        charge(account, characters)

    monkeypatch.setattr(Account, "charge", seen)
    text, fitting = f"{TEXT} " * 100, 20
    quota = f"characters_per_minute = {fitting * len(text)}"
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        async with running(clients=file.write(desk=quota)) as served, served.client("desk-token") as desk:
            calls = (desk.translate_texts([text], TO_ENGLISH) for _ in range(4 * fitting))
            ends = await asyncio.gather(*calls, return_exceptions=True)
    finally:
        sys.setswitchinterval(interval)
    assert sum(not isinstance(end, RpcFailed) for end in ends) == fitting
    assert {end.reason for end in ends if isinstance(end, RpcFailed)} == {"QUOTA_EXCEEDED"}
    assert threads == {threading.current_thread()}


async def test_what_is_refused_as_invalid_costs_nothing(file: Clients) -> None:
    """Only a request that is in order is counted."""
    file.write(desk=f"characters_per_minute = {len(TEXT)}")
    async with running(clients=file) as served, served.client("desk-token") as desk:
        failure = await refusal(desk.translate_texts([TEXT], TranslationOptions(target_language_code="xx")))
        assert failure.code == "INVALID_ARGUMENT"
        await desk.translate_texts([TEXT], TO_ENGLISH)


async def test_more_than_a_whole_minute_is_never_accepted(file: Clients) -> None:
    """No wait would help, so none is told: limit and length are, and nothing is used up."""
    file.write(desk=f"characters_per_minute = {len(TEXT)}")
    async with running(clients=file) as served, served.client("desk-token") as desk:
        failure = await refusal(desk.translate_texts([TEXT, "!"], TO_ENGLISH))
        assert (failure.code, failure.reason) == ("INVALID_ARGUMENT", "TEXT_TOO_LONG")
        assert failure.metadata == {"limit": str(len(TEXT)), "actual": str(len(TEXT) + 1)}
        assert "in a whole minute" in failure.message
        assert failure.retry_after_s is None
        await desk.translate_texts([TEXT], TO_ENGLISH)


async def answers_to(client: AsyncClient, sent: Sequence[str]) -> dict[str, BatchTranslateResponse]:
    """Send texts in bulk, each when the one before it is answered, and return the answers by their texts."""
    answered = asyncio.Event()

    async def items() -> AsyncIterator[BatchTranslateRequest]:
        for number, text in enumerate(sent):
            yield BatchTranslateRequest(id=str(number), text=text, options=TO_ENGLISH)
            await answered.wait()
            answered.clear()

    answers = {}
    async for answer in client.batch_translate(items()):
        answers[sent[int(answer.id)]] = answer
        answered.set()
    return answers


async def test_every_item_of_a_batch_is_counted(file: Clients) -> None:
    """What does not fit is that item's error, with its wait; the stream goes on with what does."""
    file.write(desk=f"characters_per_minute = {len(TEXT) + 6}")
    sent = [TEXT, f"{TEXT} Ужо.", "Дождж.", "Снег."]
    async with running(clients=file) as served, served.client("desk-token") as desk:
        answers = await answers_to(desk, [*sent, "a" * (len(TEXT) + 7)])
        assert [answers[text].WhichOneof("result") for text in sent] == ["text", "error", "text", "error"]
        error = answers["Снег."].error
        assert (error.code, error.reason) == (8, "QUOTA_EXCEEDED")
        assert float(error.metadata["retry_after_s"]) == pytest.approx(60 * 5 / (len(TEXT) + 6), abs=0.002)
        assert answers["a" * (len(TEXT) + 7)].error.reason == "TEXT_TOO_LONG"
        assert served.sample("talmach_refused_total", reason="QUOTA_EXCEEDED") == 2


async def test_a_new_quota_holds_at_once(file: Clients) -> None:
    """What was used stays used, by name: another token of the same client is no way around it."""
    file.write(desk="characters_per_minute = 1000")
    async with running(clients=file) as served, served.client("desk-token") as desk:
        await desk.detect(["Я" * 990])
        file.write(desk="characters_per_minute = 1001")
        failure = await refusal(desk.detect(["Я" * 12]))
        assert failure.retry_after_s == pytest.approx(60 * 2 / 1_001, abs=0.001)
        file.write(desk="")
        await desk.detect(["Я" * 9_000])


def test_waiting_as_long_as_told_is_enough() -> None:
    """Whatever the numbers: their rounding never asks for a second wait."""
    for rate in (0.3, 1, 3, 7, 33.3):
        now_s = 1e6
        account = Account("desk", Quotas(requests_per_second=rate), Metrics(), lambda: now_s)  # noqa: B023
        waits = 0
        for _ in range(200):
            try:
                with account.call():
                    pass
            except QuotaExceeded as error:
                waits += 1
                now_s += error.retry_after_s
                with account.call():
                    pass
        assert waits > 80
