"""Our own API: the protobuf JSON of the contract, the same answers as gRPC gives, and what is wrong with a body."""

import asyncio
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from talmach.pb import common_pb2 as common
from talmach.pb import info_pb2
from talmach.pb import summarization_pb2 as summarization
from talmach.pb import translation_pb2 as pb
from talmach.tracing import OtlpTracing
from tests.http.harness import EVENTS, JSON, Served, served
from tests.rpc.harness import LIMITS, Clients, to

ARTICLE = {"headline": "Навіны горада", "body": "Горад адкрыў новую школу.\n\nДзеці прыйшлі ўранні. Дзень быў цёплы."}
OPTIONS = {"targetLanguageCode": "en", "sourceLanguageCode": "be"}
TEXTS = {"texts": ["Сёння ідзе моцны дождж.", "Заўтра будзе снег."], "options": OPTIONS}


def without_times(reply: Any) -> Any:
    """Return a message without what differs from call to call."""
    reply.ClearField("timings")
    reply.usage.ClearField("cache_hits")
    return reply


async def test_texts_are_translated_as_by_grpc(site: Served) -> None:
    """Both doors answer with the same message."""
    got = await site.ask("/v1/translate", TEXTS)
    assert (got.status, got.fields["content-type"], got.fields["cache-control"]) == (
        200,
        "application/json",
        "no-store",
    )
    request = json_format.ParseDict(TEXTS, pb.TranslateTextRequest())
    wanted = await site.running.translation.TranslateText(request)
    assert without_times(json_format.Parse(got.body, pb.TranslateTextResponse())) == without_times(wanted)


async def test_an_article_is_translated_as_by_grpc(site: Served) -> None:
    """With its summary, which is asked for by an empty object."""
    content = {"article": ARTICLE, "options": OPTIONS, "summaryOptions": {}}
    got = json_format.Parse((await site.ask("/v1/article", content)).body, pb.TranslateArticleResponse())
    wanted = await site.running.translation.TranslateArticle(
        json_format.ParseDict(content, pb.TranslateArticleRequest())
    )
    assert without_times(got) == without_times(wanted)
    assert got.summary.sentences


async def test_a_summary_is_that_of_grpc(site: Served) -> None:
    """Names as the proto has them are taken, too."""
    content = {"article": ARTICLE, "summary_options": {"max_sentences": 1, "return_all_scores": True}}
    got = json_format.Parse((await site.ask("/v1/summary", content)).body, summarization.SummarizeArticleResponse())
    request = json_format.ParseDict(content, summarization.SummarizeArticleRequest())
    assert without_times(got) == without_times(await site.running.summarization.SummarizeArticle(request))


async def test_languages_are_told(site: Served) -> None:
    """One detection for each text; fields with their default values are written, too."""
    got = (await site.ask("/v1/detect", {"texts": ["Горад адкрыў новую школу.", "12"]})).json["detections"]
    assert [(each["languageCode"], each["undetermined"]) for each in got] == [("be", False), ("", True)]


async def test_the_server_describes_itself(site: Served) -> None:
    """As by GetServerInfo."""
    got = json_format.Parse((await site.ask("/v1/info")).body, info_pb2.GetServerInfoResponse())
    assert got == await site.running.info.GetServerInfo(info_pb2.GetServerInfoRequest())


async def test_an_article_streams(site: Served) -> None:
    """Header, segments in order, trailer: those of the stream of gRPC; each event is one line of data."""
    content = {"article": ARTICLE, "options": OPTIONS}
    got = await site.ask("/v1/article", content, fields=EVENTS)
    assert (got.status, got.fields["content-type"]) == (200, "text/event-stream")
    events = [json_format.ParseDict({name: data}, pb.StreamTranslateArticleResponse()) for name, data in got.events]
    request = json_format.ParseDict(content, pb.StreamTranslateArticleRequest())
    wanted = [each async for each in site.running.translation.StreamTranslateArticle(request)]
    assert events[:-1] == wanted[:-1]
    assert without_times(events[-1].trailer) == without_times(wanted[-1].trailer)


async def test_a_stream_that_fails_later_says_so(site: Served) -> None:
    """The first event has gone with status 200; the last one tells the error, and the stream ends."""
    content = {"article": {"body": "raise now."}, "options": {"targetLanguageCode": "be", "sourceLanguageCode": "en"}}
    events = (await site.ask("/v1/article", content, fields=EVENTS)).events
    assert [name for name, _ in events] == ["header", "segment", "error"]
    assert events[1][1]["status"] == "SEGMENT_STATUS_FAILED"
    assert (events[2][1]["error"]["code"], events[2][1]["error"]["status"]) == (500, "INTERNAL")


async def test_a_stream_that_cannot_begin_has_a_status(site: Served) -> None:
    """No event was sent: the error is an answer like any other."""
    got = await site.ask("/v1/article", {"article": {}, "options": OPTIONS}, fields=EVENTS)
    assert (got.status, got.reason) == (400, "EMPTY_TEXT")


GLOSSARY = ("options.glossary_entries", "TOO_MANY_TEXTS")
WRONG = {
    "no object": ("[]", [("request", "INVALID_JSON")]),
    "no JSON": ("{'texts': []}", [("request", "INVALID_JSON")]),
    "cut off": ('{"texts": ["a"', [("request", "INVALID_JSON")]),
    "no UTF-8": (b'{"texts": ["\xff"]}', [("request", "INVALID_JSON")]),
    "UTF-16": ('{"texts": []}'.encode("utf-16"), [("request", "INVALID_JSON")]),
    "nothing": (b"", [("request", "INVALID_JSON")]),
    "not a number": ('{"options": {"beamSize": NaN}}', [("request", "INVALID_JSON")]),
    "twice": ('{"texts": ["a"], "texts": ["b"]}', [("request", "INVALID_JSON")]),
    "of thousands of digits": ('{"options": {"beamSize": ' + "9" * 5_000 + "}}", [("request", "INVALID_JSON")]),
    "beyond 32 bits": ('{"options": {"beamSize": 99999999999}}', [("request", "INVALID_JSON")]),
    "deep": ("[" * 100_000, [("request", "INVALID_JSON")]),
    "deep objects": ('{"options":' * 50_000, [("request", "INVALID_JSON")]),
    "other kinds": (
        '{"texts": "a", "options": {"beamSize": true, "removeBoilerplate": "", "format": "H", "glossaryEntries": [3]}}',
        [
            ("texts", "INVALID_JSON"),
            ("options.beam_size", "INVALID_JSON"),
            ("options.remove_boilerplate", "INVALID_JSON"),
            ("options.format", "INVALID_JSON"),
            ("options.glossary_entries[0]", "INVALID_JSON"),
        ],
    ),
    "unknown": (
        '{"text": "a", "options": {"target": "en"}, "secret text": 1}',
        [("text", "UNKNOWN_FIELD"), ("options.target", "UNKNOWN_FIELD"), ("request", "INVALID_JSON")],
    ),
    "half a pair": ('{"texts": ["ok", "\\ud800"]}', [("texts[1]", "INVALID_TEXT")]),
    "thousands of nothings": ('{"options": {"glossaryEntries": [' + "{}," * 5_000 + "{}]}}", [GLOSSARY]),
    "millions of nothings": ('{"texts": [' + "{}," * 400_000 + "{}]}", [("request", "INVALID_JSON")]),
    "nothing to do": ("{}", [("texts", "EMPTY_TEXT"), ("options.target_language_code", "INVALID_LANGUAGE_CODE")]),
}


@pytest.mark.parametrize(("body", "violations"), WRONG.values(), ids=WRONG)
async def test_everything_that_is_wrong_is_named(
    site: Served, log: StringIO, body: bytes | str, violations: list[tuple[str, str]]
) -> None:
    """All of it at once, by the paths of the contract, and nothing of it in the log."""
    got = await site.ask("/v1/translate", body)
    found = next(each for each in got.json["error"]["details"] if "fieldViolations" in each)["fieldViolations"]
    assert (got.status, [(each["field"], each["reason"]) for each in found]) == (400, violations)
    assert got.json["error"]["status"] == "INVALID_ARGUMENT"
    assert "secret" not in got.body.decode() + log.getvalue()


async def test_a_field_that_there_is_not_is_answered_with_those_that_there_are(site: Served) -> None:
    """The one that may be meant, or else all."""
    got = await site.ask("/v1/translate", '{"text": "a", "options": {"target": "en"}}')
    near, far = got.json["error"]["message"].split("; ")
    assert near == "text: is not a field (did you mean texts?)"
    assert far.startswith("options.target: is not a field (sourceLanguageCode, targetLanguageCode, model, ")


async def test_millions_of_mistakes_are_not_all_told(site: Served) -> None:
    """The answer stays small, and says how many more there are."""
    got = await site.ask("/v1/translate", {"texts": [1] * 500_000})
    assert (got.status, len(got.body) < 16_384) == (400, True)


MORE_WRONG: list[tuple[str, Any, dict[str, str], int, str]] = [
    ("/v1/translate", "a", {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ("/v1/translate", "a=b", {"content-type": "multipart/form-data"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ("/v1/translate", b"\x1f\x8b", {"content-encoding": "gzip"}, 415, "UNSUPPORTED_ENCODING"),
    ("/v1/translate", b"x", {"content-encoding": "deflate"}, 415, "UNSUPPORTED_ENCODING"),
    ("/v1/translate", None, {}, 405, "METHOD_NOT_ALLOWED"),
    ("/v1/info", "{}", {}, 405, "METHOD_NOT_ALLOWED"),
    ("/v1/nothing", "{}", {}, 404, "UNKNOWN_PATH"),
    ("/v1/translate/", "{}", {}, 404, "UNKNOWN_PATH"),
    ("/static/../server.py", None, {}, 404, "UNKNOWN_PATH"),
    ("/static/%2e%2e/server.py", None, {}, 404, "UNKNOWN_PATH"),
    ("/static/..%2fserver.py", None, {}, 404, "UNKNOWN_PATH"),
    ("/static//etc/passwd", None, {}, 404, "UNKNOWN_PATH"),
    ("/static/%00", None, {}, 404, "UNKNOWN_PATH"),
    ("/static/" + "a" * 5_000, None, {}, 404, "UNKNOWN_PATH"),
    ("/v1/translate", "{}", {"x-request-timeout-ms": "0"}, 400, "OUT_OF_RANGE"),
    ("/v1/translate", "{}", {"x-request-timeout-ms": "1e3"}, 400, "OUT_OF_RANGE"),
    ("/v1/translate", "{}", {"x-request-timeout-ms": "9" * 5_000}, 400, "OUT_OF_RANGE"),
]


@pytest.mark.parametrize("case", MORE_WRONG, ids=lambda case: f"{case[0][:20]} {case[4]}")
async def test_what_is_no_call_of_ours_is_refused(
    site: Served, case: tuple[str, Any, dict[str, str], int, str]
) -> None:
    """By the status that HTTP has for it, with the body of any other error."""
    path, content, fields, status, reason = case
    got = await site.ask(path, content, fields=fields)
    assert (got.status, got.reason) == (status, reason)


async def test_a_call_leaves_one_line(site: Served, log: StringIO) -> None:
    """With the request id of the caller, which comes back; no text of his anywhere."""
    got = await site.ask("/v1/translate", TEXTS, fields={"x-request-id": "article-17"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "rpc.done"]
    assert (line["method"], line["code"], line["request_id"]) == ("POST /v1/translate", "OK", "article-17")
    assert (line["direction"], line["sentences"], line["client"]) == ("be-en", 2, "anonymous")
    assert got.fields["x-request-id"] == "article-17"
    assert "дождж" not in log.getvalue()
    assert site.running.sample("talmach_rpc_requests_total", method="POST /v1/translate", code="OK") == 1


async def test_a_stranger_path_is_no_label(site: Served) -> None:
    """Callers cannot fill the metrics."""
    await site.ask("/v1/whatever")
    assert site.running.sample("talmach_rpc_requests_total", method="unknown", code="UNIMPLEMENTED") == 1


async def test_clients_are_asked_for_their_token(tmp_path: Path) -> None:
    """401 without one, 403 with a wrong one, and the quotas of the client: 429, and when to come back."""
    clients = Clients(tmp_path / "clients.toml").write(news="requests_per_second = 1\n")
    async with served(clients=clients) as site:
        none = await site.ask("/v1/translate", TEXTS)
        wrong = await site.ask("/v1/translate", TEXTS, fields={"authorization": "Bearer nobody"})
        right = {"authorization": "Bearer news-token"}
        good, more = [await site.ask("/v1/translate", TEXTS, fields=right) for _ in range(2)]
    assert [each.status for each in (none, wrong, good, more)] == [401, 403, 200, 429]
    assert none.fields["www-authenticate"] == "Bearer"
    assert (more.reason, more.fields["retry-after"]) == ("QUOTA_EXCEEDED", "1")


async def test_browsers_are_told_to_be_strict(site: Served) -> None:
    """On every answer; no other site may read any of them."""
    for path in ("/", "/v1/info", "/health", "/nothing"):
        fields = (await site.ask(path, fields={"origin": "https://example.org"})).fields
        assert "default-src 'none'" in fields["content-security-policy"]
        assert "unsafe" not in fields["content-security-policy"]
        assert (fields["x-content-type-options"], fields["referrer-policy"]) == ("nosniff", "no-referrer")
        assert not [name for name in fields if name.startswith("access-control-")]


async def test_other_sites_may_not_even_ask(site: Served) -> None:
    """A preflight request gets no permission."""
    fields = {"origin": "https://example.org", "access-control-request-method": "POST", **JSON}
    got = await site.ask("/v1/translate", method="OPTIONS", fields=fields)
    assert got.status == 405
    assert not [name for name in got.fields if name.startswith("access-control-")]


async def test_sites_that_are_named_may_call() -> None:
    """They and no others: what a browser asks beforehand, and the call."""
    async with served(origins=["https://news.example.org"]) as site:
        for origin, allowed in (
            ("https://news.example.org", "https://news.example.org"),
            ("https://example.org", None),
        ):
            asked = {"origin": origin, "access-control-request-method": "POST"}
            before = await site.ask("/v1/translate", method="OPTIONS", fields=asked)
            got = await site.ask("/v1/translate", TEXTS, fields={"origin": origin})
            assert [each.fields.get("access-control-allow-origin") for each in (before, got)] == [allowed, allowed]
            assert got.status == 200


async def test_a_reply_that_is_too_large_is_no_overload() -> None:
    """413, without the field that would have clients try again."""
    async with served(limits=replace(LIMITS, max_message_bytes=65_536)) as site:
        got = await site.ask("/v1/translate", {"texts": ["Так! " * 300], "options": OPTIONS})
    assert (got.status, got.reason) == (413, "REPLY_TOO_LARGE")
    assert "retry-after" not in got.fields


def test_options_of_the_contract_have_a_json_form() -> None:
    """The kinds of fields that requests have are those that the reader of JSON knows."""
    from talmach.contract.json_form import read  # noqa: PLC0415

    options = to("en", "be", beam_size=3, remove_boilerplate=True, format=common.TEXT_FORMAT_TEXT)
    request = pb.TranslateTextRequest(texts=["a"], options=options)
    assert read(json_format.MessageToJson(request).encode(), pb.TranslateTextRequest, 9) == request


async def test_a_call_is_a_span_of_its_caller() -> None:
    """Named after method and path, within the trace that the caller names, with the stages of its work."""
    exporter = InMemorySpanExporter()
    tracing = OtlpTracing(exporter)
    parent = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with served(tracing=tracing) as site:
        await site.ask("/v1/translate", TEXTS, fields={"traceparent": f"00-{parent}-00f067aa0ba902b7-01"})
        await asyncio.to_thread(tracing.close)
    finished: Any = exporter.get_finished_spans()
    (call,) = [span for span in finished if span.kind is SpanKind.SERVER]
    assert (call.name, f"{call.context.trace_id:032x}") == ("POST /v1/translate", parent)
    assert (call.attributes["http.request.method"], call.attributes["http.route"]) == ("POST", "/v1/translate")
    assert call.attributes["talmach.direction"] == "be-en"
    assert {span.name for span in finished} >= {"tokenise", "queue", "decode", "assemble"}
