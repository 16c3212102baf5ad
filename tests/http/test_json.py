"""Bodies as JSON: what is a message is read as that message, and anything else is refused without repeating it.

A longer search: `pytest tests/http/test_json.py --hypothesis-profile=fuzz`.
"""

import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from talmach.contract import json_form, status
from talmach.errors import InvalidRequest
from talmach.pb import summarization_pb2, translation_pb2
from talmach.pb.segment_pb2 import Segment
from tests.hostile import CANARY, messages

KINDS: list[Any] = [
    translation_pb2.TranslateTextRequest,
    translation_pb2.TranslateArticleRequest,
    translation_pb2.StreamTranslateArticleRequest,
    summarization_pb2.SummarizeArticleRequest,
    translation_pb2.DetectLanguageRequest,
]
_NUMBERS = st.floats() | st.integers() | st.sampled_from([2**31, -(2**31) - 1, 10**400])
VALUES = (
    st.none() | st.booleans() | _NUMBERS | st.sampled_from(["", CANARY, "NaN", "1", "\ud800", [], {}, [[]], [None]])
)


def finite(message: Any) -> bool:
    """Say whether a message has a form in JSON: NaN and the infinities have none, nor have numbers of no name."""
    content = json_format.MessageToDict(message)

    def all_of(value: Any) -> bool:
        if isinstance(value, dict):
            return all(map(all_of, value.values()))
        if isinstance(value, list):
            return all(map(all_of, value))
        return value not in {"NaN", "Infinity", "-Infinity"}

    return all_of(content)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.DESCRIPTOR.name)
@given(data=st.data(), names=st.booleans())
def test_a_message_is_read_as_it_was_written(kind: Any, data: st.DataObject, names: bool) -> None:
    """By the names of either kind, and as our own answers are written."""
    message = data.draw(messages(kind.DESCRIPTOR).filter(finite))
    text = json_format.MessageToJson(message, preserving_proto_field_name=names, ensure_ascii=False)
    assert json_form.read(text.encode(), kind, 9) == message
    rendered = json_form.render(message)
    assert json_form.read(rendered, kind, 9) == message
    assert json_form.least_bytes(message) <= len(rendered)


def test_the_least_size_of_a_reply() -> None:
    """It tells of a reply of many sentences that it will not fit, and never of one that does."""
    segments = [Segment(index=index, source_text="Так!", translated_text="Yes!") for index in range(20_000)]
    translations = [translation_pb2.TextTranslation(segments=segments)]
    reply = translation_pb2.TranslateTextResponse(translations=translations)
    rendered = len(json_form.render(reply))
    assert reply.ByteSize() < 0.5 * rendered < json_form.least_bytes(reply) <= rendered


@pytest.mark.parametrize("field", ["ratio", "maxSentences", "diversity"])
@pytest.mark.parametrize("number", [f"1{'0' * 400}", "1e999", "-1e999", "0.5e-400"])
def test_numbers_beyond_all_bounds(field: str, number: str) -> None:
    """Are refused, or read as the nearest there is; none is an error of ours."""
    body = f'{{"summaryOptions": {{"{field}": {number}}}}}'.encode()
    if number == "0.5e-400":
        assert json_form.read(body, summarization_pb2.SummarizeArticleRequest, 9).HasField("summary_options")
    else:
        with pytest.raises(InvalidRequest):
            json_form.read(body, summarization_pb2.SummarizeArticleRequest, 9)


def test_whole_numbers_may_be_written_as_others() -> None:
    """3.0 is 3, and 3.5 is no number of sentences."""
    kind = summarization_pb2.SummarizeArticleRequest
    assert json_form.read(b'{"summaryOptions": {"maxSentences": 3.0}}', kind, 9).summary_options.max_sentences == 3
    with pytest.raises(InvalidRequest, match=r"summary_options\.max_sentences: is not a whole number"):
        json_form.read(b'{"summaryOptions": {"maxSentences": 3.5}}', kind, 9)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"options": {"format": 4294967298}}', r"options\.format: is not one of its names"),
        ('{"options": {"offsetEncoding": -4294967295}}', r"options\.offset_encoding: is not one of its names"),
        ('{"options": {"model": "a", "model": "b"}}', "request: is not JSON"),
        ('{"options": {"beamSize": 1, "beam_size": 2}}', r"options\.beam_size: excludes beamSize"),
        ('{"summaryOptions": {"ratio": 1, "maxSentences": 2}}', r"summary_options\.max_sentences: excludes ratio"),
    ],
)
def test_what_protobuf_would_read_as_something_else(body: str, problem: str) -> None:
    """It keeps the lower 32 bits of a number, and the last of two values."""
    with pytest.raises(InvalidRequest, match=problem):
        json_form.read(body.encode(), summarization_pb2.SummarizeArticleRequest, 9)
    nothing = b'{"summaryOptions": {"ratio": null, "maxSentences": 2}, "options": {"beamSize": null, "beam_size": 2}}'
    assert json_form.read(nothing, summarization_pb2.SummarizeArticleRequest, 9).summary_options.max_sentences == 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.DESCRIPTOR.name)
@given(data=st.data())
def test_anything_else_is_refused(kind: Any, data: st.DataObject) -> None:
    """One value of a message is another one: it is read, or refused by an error that has room and repeats nothing."""
    content = json_format.MessageToDict(data.draw(messages(kind.DESCRIPTOR)))
    holder: Any = content
    while holder:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or data.draw(st.booleans()):
            holder[key] = data.draw(VALUES)
            break
        holder = holder[key]
    body = json.dumps(content).encode()
    try:
        message = json_form.read(body, kind, 9)
    except InvalidRequest as error:
        rich = status.to_status(error)
        assert rich.ByteSize() < 8_192
        assert CANARY not in str(rich)
    else:
        assert isinstance(message, kind)


MANY = {
    "empty arrays": '{"texts":[' + "[]," * 50_000 + "[]]}",
    "empty objects": '{"texts":[' + "{}," * 50_000 + "{}]}",
    "empty texts": '{"texts":[' + '"",' * 50_000 + '""]}',
    "names": "{" + ",".join(f'"n{number}":0' for number in range(50_000)) + "}",
    "after quotation marks of a text": json.dumps({"texts": ['\\"[{,"\\'], "more": [[]] * 50_000}),
}


@pytest.mark.parametrize("body", MANY.values(), ids=MANY)
def test_more_values_than_a_request_has(body: str) -> None:
    """It is refused before it is parsed, which nothing else could interrupt."""
    with pytest.raises(InvalidRequest, match="has too many values"):
        json_form.parse(body.encode(), 9)


def test_signs_in_texts_are_no_values() -> None:
    """A long text may be of nothing but what stands between values, and of what hides it."""
    for text in ("[{,", '"', "\\", '\\"', '"[,"'):
        content = {"texts": [text * 50_000] * 9}
        assert json_form.parse(json.dumps(content).encode(), 9) == content
