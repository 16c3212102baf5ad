"""The desk with the embedded models: what it says of an article is what a server says."""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.articles import stories
from talmach.app.application import Application
from talmach.bulk.desk import Desk, tuned
from talmach.bulk.job import Options, Texts
from talmach.bulk.record import Record
from talmach.client import Article, AsyncClient, QualityFlag, SegmentStatus, SummaryOptions, TranslationOptions
from talmach.config import load_settings
from talmach.text.markup.reading import TextFormat

pytest.importorskip("ray", reason="needs the extra bulk")  # without it nobody gets to a desk
ARTICLES: list[Texts] = [
    (story.headline, story.lead, story.body) for language in ("be", "ru", "en") for story in stories(language)[:2]
]


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One for all tests; articles of more than 10,000 characters are too long."""
    made = Desk(tuned(load_settings(workers=1, max_text_chars=10_000)), Options("en", summary=2))
    yield made
    made.close()


async def test_a_record_is_what_a_server_answers(desk: Desk) -> None:
    """Texts, spans, flags, statuses, summary and models, for each language; English is copied."""
    options = TranslationOptions(target_language_code="en")
    settings = load_settings(address="127.0.0.1:0", workers=1)
    async with Application(settings) as application, AsyncClient(application.address) as client:
        versions = {model.id: model.version for model in (await client.info()).models}
        for record, (headline, lead, body) in zip(desk.translate(ARTICLES), ARTICLES, strict=True):
            article = Article(headline=headline, lead=lead, body=body)
            reply = await client.translate_article(article, options, summary_options=SummaryOptions(max_sentences=2))
            made, summary = reply.translation, reply.summary
            assert record["error"] is None
            assert record["translation"] == {
                "headline": made.headline,
                "lead": made.lead,
                "body": made.body,
                "language": "en",
                "source_language": made.source_language_code,
            }
            assert record["summary"]["text"] == summary.text
            assert record["summary"]["segments"] == [each.segment.index for each in summary.sentences]
            assert [_known(each) for each in record["segments"]] == [_answered(each) for each in made.segments]
            models = {*reply.model_ids, summary.encoder_model_id}
            assert sorted(record["models"]) == sorted(f"{model} {versions[model]}" for model in models)


def test_spans_cut_the_texts(desk: Desk) -> None:
    """Source and target of every sentence stand where its row says."""
    for record, texts in zip(desk.translate(ARTICLES), ARTICLES, strict=True):
        sources = dict(zip(("headline", "lead", "body"), texts, strict=True))
        summary = []
        for segment in record["segments"]:
            source = sources[segment["field"]][segment["source_start"] : segment["source_end"]]
            target = record["translation"][segment["field"]][segment["target_start"] : segment["target_end"]]
            assert source.strip() == source != ""
            assert target.strip() == target != ""
            if segment["index"] in record["summary"]["segments"]:
                summary.append(target)
        assert record["summary"]["text"] == " ".join(summary)


def test_markup_stays_where_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the options of the job say what the texts are written in."""
    monkeypatch.setattr(desk, "_options", replace(desk._options, format=TextFormat.HTML))
    (record,) = desk.translate([("", "", "<p>Учора <b>ішоў</b> дождж.</p>\n<p>Сёння сонечна.</p>")])
    body = record["translation"]["body"]
    assert re.fullmatch(r"<p>[^<]*<b>[^<]+</b>[^<]*</p>\n<p>[^<]+</p>", body), body
    assert [segment["paragraph"] for segment in record["segments"]] == [0, 1]


@pytest.mark.parametrize(
    ("texts", "reason", "message"),
    [
        (("", " ", "\n"), "EMPTY_TEXT", "article: is empty"),
        (("", "", "слово " * 2_000), "TEXT_TOO_LONG", "article: has 12000 characters (limit 10000)"),
        (("", "", "Zażółć gęślą jaźń, panie."), "LANGUAGE_UNDETERMINED", ""),
    ],
)
def test_an_article_that_fails_is_a_record_with_an_error(desk: Desk, texts: Texts, reason: str, message: str) -> None:
    """And those beside it are translated."""
    failed, other = desk.translate([texts, ARTICLES[0]])
    assert failed["error"]["reason"] == reason
    assert message in failed["error"]["message"]
    assert {name for name, value in failed.items() if value is not None} == {"error"}
    assert other["error"] is None


def test_what_threads_want_at_once_is_translated_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when they want it several times."""
    begun: list[Any] = []
    use_cases = desk._service.use_cases
    translate = use_cases.translate_article

    def counting(fields: Any, *arguments: Any, **options: Any) -> Any:
        begun.append(fields)
        return translate(fields, *arguments, **options)

    monkeypatch.setattr(use_cases, "translate_article", counting)
    article = ("", "", "Учора ў горадзе адкрылі новы мост. " * 3)
    made: list[Sequence[Record]] = []
    threads = [threading.Thread(target=lambda: made.append(desk.translate([article] * 5))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) < 5, "ten times the same article, hardly ever one after the other"
    (first, *others), also = made
    assert all(record == first for record in (*others, *also))


def _known(segment: dict[str, Any]) -> tuple[Any, ...]:
    names = ("index", "field", "source_start", "source_end", "target_start", "target_end", "status", "flags")
    return tuple(segment[name] for name in names)


def _answered(segment: Any) -> tuple[Any, ...]:
    fields = {1: "headline", 2: "lead", 3: "body"}
    source, target = segment.source_span, segment.target_span
    return (
        segment.index,
        fields[segment.field],
        source.start,
        source.end,
        target.start,
        target.end,
        SegmentStatus.Name(segment.status).removeprefix("SEGMENT_STATUS_"),
        sorted(QualityFlag.Name(flag).removeprefix("QUALITY_FLAG_") for flag in segment.quality_flags),
    )
