"""Hostile texts and messages against the real server with the embedded models: no crash, no hang, nothing lost.

A longer search: `pytest tests/models/test_hostile_requests.py --hypothesis-profile=fuzz`.
"""

import asyncio
import io
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any, Self, cast

import grpc
import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from talmach.app.application import Application
from talmach.config import load_settings
from talmach.log import configure_logging
from talmach.pb import common_pb2 as common
from talmach.pb import info_pb2, summarization_pb2, translation_pb2
from tests.hostile import CANARY, LANGUAGES, TEXTS, wire
from tests.models.faithful import ENCODINGS, assert_faithful
from tests.rpc.harness import Failure

TIMEOUT_S = 120  # no call comes near it; one that does hangs
MAX_TEXT_CHARS = 1_100_000
METHODS = [
    method
    for module in (translation_pb2, summarization_pb2, info_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
REFUSALS = {"INVALID_ARGUMENT", "NOT_FOUND"}


class Served:
    """The application on an event loop of its own, and its log."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        settings = load_settings(
            address="127.0.0.1:0", device="cpu", workers=2, max_text_chars=MAX_TEXT_CHARS, max_message_bytes=33_554_432
        )
        self._application = Application(settings)

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._logging = root.handlers, root.level
        configure_logging("debug", "json", self.log)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._application.start(), self._loop).result(TIMEOUT_S)
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(self._application.address, unlimited)
        return self

    def __exit__(self, *error: object) -> None:
        self._channel.close()
        asyncio.run_coroutine_threadsafe(self._application.stop(), self._loop).result(TIMEOUT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        root = logging.getLogger()
        root.handlers, root.level = self._logging

    def call(self, method: Any, *requests: bytes) -> list[Any]:
        """Call a method with messages as they are on the wire; raises grpc.RpcError."""
        path, channel = f"/{method.containing_service.full_name}/{method.name}", cast(Any, self._channel)
        parse = _class_of(method.output_type).FromString
        if method.client_streaming:
            return list(channel.stream_stream(path, None, parse)(iter(requests), timeout=TIMEOUT_S))
        (request,) = requests
        if method.server_streaming:
            return list(channel.unary_stream(path, None, parse)(request, timeout=TIMEOUT_S))
        return [channel.unary_unary(path, None, parse)(request, timeout=TIMEOUT_S)]

    def ask(self, name: str, *requests: Message) -> list[Any]:
        """Call a method by its name."""
        (method,) = (each for each in METHODS if each.name == name)
        return self.call(method, *(request.SerializeToString() for request in requests))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for all examples: none of them may leave it in a state that spoils the next."""
    with Served() as server:
        yield server
        assert CANARY not in server.log.getvalue()
        assert "failed" not in server.log.getvalue()


# ------------------------------------------------------------------------------------------------------ any message


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@given(data=st.data())
def test_any_message_is_answered_or_politely_refused(served: Served, method: Any, data: st.DataObject) -> None:
    """Whatever the bytes: never INTERNAL or UNKNOWN, and a refusal names fields of the contract and quotes nothing."""
    request = data.draw(wire(method.input_type))
    try:
        replies = served.call(method, request)
    except grpc.RpcError as error:
        assert_polite(Failure.of(error), method.input_type)  # type: ignore[arg-type]
        return
    for reply in replies:
        if isinstance(reply, translation_pb2.BatchTranslateResponse) and reply.HasField("error"):
            assert reply.error.code in {3, 5}
            assert CANARY not in str(reply.error)
        else:
            assert_faithful(_class_of(method.input_type).FromString(request), reply)


def assert_polite(failure: Failure, request: Descriptor) -> None:
    """Check the status of a refused request."""
    assert failure.code in REFUSALS, failure
    assert CANARY not in str(failure)
    assert failure.info.domain == "talmach"
    if failure.code == "INVALID_ARGUMENT":
        assert failure.violations
        assert failure.info.reason == failure.violations[0][1]
        for field, reason in failure.violations:
            assert re.fullmatch("[A-Z_]+", reason)
            assert field == "request" or _is_field(request, field), field


def _is_field(message: Descriptor | None, path: str) -> bool:
    """Whether `path` leads to a field or oneof of a message."""
    for name in re.sub(r"\[\d+\]", "", path).split("."):
        if message is None or not (name in message.fields_by_name or name in message.oneofs_by_name):
            return False
        field = message.fields_by_name.get(name)
        message = field.message_type if field else None
    return True


def _class_of(descriptor: Descriptor) -> Any:
    modules = (translation_pb2, summarization_pb2, info_pb2)
    return next(getattr(module, descriptor.name) for module in modules if hasattr(module, descriptor.name))


# ---------------------------------------------------------------------------------------------------------- any text

OPTIONS = st.builds(
    common.TranslationOptions,
    source_language_code=st.just(""),
    target_language_code=LANGUAGES,
    beam_size=st.just(1),  # what is looked at is no matter of quality
    offset_encoding=st.sampled_from(sorted(ENCODINGS)),
    remove_boilerplate=st.booleans(),
    do_not_translate_phrases=st.lists(st.sampled_from(["школ", "школу", "«", "a", "—"]), max_size=2),
)
# All kinds, but no more of them than the model decodes in a second or two.
SHORT_TEXTS = TEXTS.map(lambda text: text[:150])
SHORTER_TEXTS = TEXTS.map(lambda text: text[:50])  # where there are three of them
WORDS = st.builds(lambda text: f"Горад адкрыў школу. {text}", SHORT_TEXTS)
# These decode for real, some of it twice: a tenth of the profile's examples, whichever it is.
FEW = settings(max_examples=settings().max_examples // 10)


@FEW
@given(texts=st.lists(WORDS, min_size=1, max_size=3), options=OPTIONS)
def test_texts_are_answered_one_for_one(served: Served, texts: list[str], options: common.TranslationOptions) -> None:
    """Any Unicode beside a sentence: translated, with nothing lost, or of no known language for the most part."""
    request = translation_pb2.TranslateTextRequest(texts=texts, options=options)
    try:
        (reply,) = served.ask("TranslateText", request)
    except grpc.RpcError as error:
        failure = Failure.of(error)  # type: ignore[arg-type]
        assert {reason for _, reason in failure.violations} == {"LANGUAGE_UNDETERMINED"}
        return
    assert_faithful(request, reply)


@FEW
@given(
    headline=SHORTER_TEXTS, lead=SHORTER_TEXTS, body=SHORTER_TEXTS.map("Горад адкрыў школу. ".__add__), options=OPTIONS
)
def test_a_stream_says_what_the_whole_says(
    served: Served, headline: str, lead: str, body: str, options: common.TranslationOptions
) -> None:
    """One header, as many segments as it promises, one trailer; the segments are those of the other calls."""
    options.source_language_code = "ru"
    options.target_language_code = "en"
    article = common.Article(headline=headline, lead=lead, body=body)
    asked = translation_pb2.TranslateArticleRequest(article=article, options=options)
    (whole,) = served.ask("TranslateArticle", asked)
    assert_faithful(asked, whole)
    streamed = translation_pb2.StreamTranslateArticleRequest(article=article, options=options)
    header, *between, trailer = served.ask("StreamTranslateArticle", streamed)
    segments = [each.segment for each in between]
    assert header.header.segment_count == trailer.trailer.segment_count == len(segments)
    places = [(each.index, each.source_span, each.source_text) for each in segments]
    assert places == [(each.index, each.source_span, each.source_text) for each in whole.translation.segments]


@FEW
@given(texts=st.lists(SHORT_TEXTS.filter(str.strip), min_size=1, max_size=4), options=OPTIONS)
def test_each_item_of_a_stream_is_answered(
    served: Served, texts: list[str], options: common.TranslationOptions
) -> None:
    """By its own translation, or by its own error."""
    items = {
        str(number): translation_pb2.BatchTranslateRequest(id=str(number), text=text, options=options)
        for number, text in enumerate(texts)
    }
    replies = served.ask("BatchTranslate", *items.values())
    assert sorted(reply.id for reply in replies) == sorted(items)
    for reply in replies:
        if reply.HasField("error"):
            assert reply.error.reason == "LANGUAGE_UNDETERMINED"
        else:
            assert_faithful(items[reply.id], reply)


@pytest.mark.parametrize(
    "unit",
    ["слово ", "а", " ", ".", "(", "«", "1 ", "<a ", "\n", "е\u0301", "A.", "http://", "@", "#а ", "👩\u200d", "Да. "],
)
def test_long_runs_are_answered(served: Served, unit: str) -> None:
    """Ten thousand of one thing, in one line."""
    request = translation_pb2.TranslateTextRequest(
        texts=[f"Горад адкрыў школу {unit * 10_000}"],
        options=common.TranslationOptions(target_language_code="en", source_language_code="be", beam_size=1),
    )
    (reply,) = served.ask("TranslateText", request)
    assert_faithful(request, reply)


def test_a_line_of_a_megabyte_is_answered(served: Served) -> None:
    """A million characters without a line end: detected, and its sentence beside a million blanks translated."""
    texts = ["слово " * 170_000, f"Горад{' ' * 1_000_000}адкрыў школу."]
    (detected,) = served.ask("DetectLanguage", translation_pb2.DetectLanguageRequest(texts=texts))
    assert len(detected.detections) == 2
    request = translation_pb2.TranslateTextRequest(
        texts=texts[1:], options=common.TranslationOptions(target_language_code="en", beam_size=1)
    )
    (reply,) = served.ask("TranslateText", request)
    assert_faithful(request, reply)


def test_a_lone_surrogate_is_refused(served: Served) -> None:
    """It has no UTF-8; sent as the three bytes that it would have, it is refused and not quoted."""
    (method,) = (each for each in METHODS if each.name == "TranslateText")
    with pytest.raises(grpc.RpcError) as caught:
        served.call(method, b"\x0a\x06abc\xed\xa0\x80")
    failure = Failure.of(caught.value)  # type: ignore[arg-type]
    assert (failure.code, failure.violations) == ("INVALID_ARGUMENT", [("request", "INVALID_TEXT")])
