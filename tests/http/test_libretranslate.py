"""The API of LibreTranslate: shapes, statuses and errors as its clients know them."""

from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.fakes import until
from tests.http.harness import Answer, Served, answer, request, served
from tests.rpc.harness import Clients

FORM = {"content-type": "application/x-www-form-urlencoded"}
RAIN, SNOW = "Сёння ідзе моцны дождж.", "Заўтра будзе снег."


async def translated(site: Served, text: str) -> str:
    """Return the translation that our own API gives."""
    content = {"texts": [text], "options": {"sourceLanguageCode": "be", "targetLanguageCode": "en"}}
    return str((await site.ask("/v1/translate", content)).json["translations"][0]["translatedText"])


def form(**fields: str) -> str:
    """Return the body of a form."""
    return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())


def multipart(**fields: str) -> tuple[str, dict[str, str]]:
    """Return the body of a form in parts, and its type."""
    parts = [
        f'--cut\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    return "".join([*parts, "--cut--\r\n"]), {"content-type": "multipart/form-data; boundary=cut"}


async def test_one_text(site: Served) -> None:
    """As JSON, as a form, in parts and in the query: the answer is the same."""
    fields = {"q": RAIN, "source": "be", "target": "en"}
    body, parts = multipart(**fields)
    answers = [
        await site.ask("/translate", fields),
        await site.ask("/translate", form(**fields), fields=FORM),
        await site.ask("/translate", body, fields=parts),
        await site.ask(f"/translate?{form(**fields)}", ""),
    ]
    wanted = {"translatedText": await translated(site, RAIN)}
    assert [(each.status, each.json) for each in answers] == [(200, wanted)] * 4


async def test_an_array(site: Served) -> None:
    """As many answers as texts, in their order; a blank one stays what it was, each has its language."""
    got = await site.ask("/translate", {"q": [RAIN, "", " \n", "42", SNOW], "source": "auto", "target": "en"})
    rain, snow = await translated(site, RAIN), await translated(site, SNOW)
    assert got.json["translatedText"] == [rain, "", " \n", "42", snow]
    assert [each["language"] for each in got.json["detectedLanguage"]] == ["be", "en", "en", "en", "be"]
    assert got.json["detectedLanguage"][0]["confidence"] > 90


async def test_a_language_that_is_found(site: Served) -> None:
    """In percent, and only where it was asked for."""
    got = (await site.ask("/translate", {"q": RAIN, "source": "auto", "target": "en"})).json
    assert got["detectedLanguage"]["language"] == "be"
    assert 90 < got["detectedLanguage"]["confidence"] <= 100


async def test_alternatives_are_none(site: Served) -> None:
    """Asked for, they are an empty list, and for an array one of each; a sentence has one translation here."""
    for q, wanted in ((RAIN, []), ([RAIN, SNOW], [[], []])):
        got = await site.ask("/translate", {"q": q, "source": "be", "target": "en", "alternatives": 3})
        assert got.json["alternatives"] == wanted
    got = await site.ask("/translate", form(q=RAIN, source="be", target="en", alternatives="2"), fields=FORM)
    assert got.json["alternatives"] == []


async def test_a_text_in_the_target_language_stays(site: Served) -> None:
    """LibreTranslate has a translation from every language into itself."""
    got = await site.ask("/translate", {"q": RAIN, "source": "be", "target": "be"})
    assert got.json == {"translatedText": RAIN}


async def test_the_line_ends_of_forms(site: Served) -> None:
    """Are not those of the text."""
    got = await site.ask("/translate", form(q="12\r\n13", source="be", target="en"), fields=FORM)
    assert got.json == {"translatedText": "12\n13"}


async def test_languages_of_a_text(site: Served) -> None:
    """The likeliest first, in percent."""
    got = (await site.ask("/detect", form(q=RAIN), fields=FORM)).json
    assert got[0]["language"] == "be"
    assert got[0]["confidence"] > 90


@pytest.mark.parametrize("text", ["42", " ", "\n\u00a0\n", ["", " "]])
async def test_a_text_without_words_has_a_language_too(site: Served, text: Any) -> None:
    """Clients take the first of the list, whatever the text: it is the one that LibreTranslate answers."""
    got = await site.ask("/detect", {"q": text})
    assert (got.status, got.json) == (200, [{"confidence": 0.0, "language": "en"}])


async def test_languages_of_the_server(site: Served) -> None:
    """Each with its name and its targets."""
    got = (await site.ask("/languages")).json
    assert got[0] == {"code": "be", "name": "Belarusian", "targets": ["en", "ru"]}
    assert [each["code"] for each in got] == ["be", "en", "ru"]


async def test_settings_of_a_page(site: Served) -> None:
    """What there is not is not promised."""
    got = (await site.ask("/frontend/settings")).json
    assert (got["charLimit"], got["keyRequired"], got["suggestions"], got["filesTranslation"]) == (
        100_000,
        False,
        False,
        False,
    )


@pytest.mark.parametrize("path", ["/suggest", "/translate_file"])
async def test_what_there_is_not_is_refused(site: Served, path: str) -> None:
    """403 and why, as LibreTranslate answers where it is switched off."""
    got = await site.ask(path, {"q": RAIN, "s": SNOW, "source": "be", "target": "en"})
    assert (got.status, list(got.json)) == (403, ["error"])
    assert got.json["error"].startswith("server: does not ")
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + b"a" * 100_000 + b"\r\n--b--"
    )
    fields = {"content-type": "multipart/form-data; boundary=b"}
    assert (await site.ask(path, form, fields=fields)).status == 403


WRONG: dict[str, tuple[Any, str]] = {
    "no text": ({"source": "be", "target": "en"}, "q: is missing"),
    "no source": ({"q": RAIN, "target": "en"}, "source: is missing"),
    "no target": ({"q": RAIN, "source": "be"}, "target: is missing"),
    "a number": ({"q": 3, "source": "be", "target": "en"}, "q: is not a string"),
    "a number in an array": ({"q": [RAIN, 3], "source": "be", "target": "en"}, "q[1]: is not a string"),
    "half a pair": ('{"q": "\\ud800", "source": "be", "target": "en"}', "q: has half of a surrogate pair"),
    "a code of no language": ({"q": RAIN, "source": "xx", "target": "en"}, "source: is not the code of a supported"),
    "twice no language": ({"q": "x", "source": "zz", "target": "zz"}, "source: is not the code of a supported"),
    "no language for nothing": ({"q": " ", "source": "be", "target": "zz"}, "target: is not the code of a"),
    "a code of no kind": ({"q": RAIN, "source": "be", "target": ["en"]}, "target: is not the code of a"),
    "another format": (
        {"q": RAIN, "source": "be", "target": "en", "format": "rtf"},
        "format: is not one of text, html",
    ),
    "too long": ({"q": "а" * 100_001, "source": "be", "target": "en"}, "q[0]: has 100001 characters (limit 100000)"),
    "too many": ({"q": ["а"] * 21, "source": "be", "target": "en"}, "q: has 21 items (limit 20)"),
    "alternatives": ({"q": RAIN, "source": "be", "target": "en", "alternatives": "x"}, "alternatives: is not a number"),
    "no language": (
        {"q": [RAIN, "日本語の文章です。"], "source": "auto", "target": "en"},
        "q[1]: the language of the text",
    ),
    "no object": ("[]", "request: is not an object"),
    "no JSON": ("{", "request: is not JSON (line 1, column 2)"),
}


@pytest.mark.parametrize(("content", "problem"), WRONG.values(), ids=WRONG)
async def test_errors_are_one_sentence(site: Served, log: StringIO, content: Any, problem: str) -> None:
    """400 and `error`, by the names that this API has."""
    got = await site.ask("/translate", content)
    assert (got.status, list(got.json)) == (400, ["error"])
    assert got.json["error"].startswith(problem)
    assert RAIN not in got.body.decode() + log.getvalue()


async def test_a_form_with_a_file_is_no_text(site: Served) -> None:
    """Nothing is written to a disk."""
    body = '--cut\r\ncontent-disposition: form-data; name="q"; filename="a.txt"\r\n\r\nx\r\n--cut--\r\n'
    for fields in ({"content-type": "multipart/form-data; boundary=cut"}, {"content-type": "multipart/form-data"}):
        got = await site.ask("/translate", body, fields=fields)
        assert (got.status, got.json) == (400, {"error": "request: is not a form without files"})


async def test_a_form_of_too_many_fields(site: Served) -> None:
    """Is refused as a whole."""
    body, parts = multipart(**{f"f{number}": "x" for number in range(40)})
    for content, fields in ((body, parts), ("&".join(["a=b"] * 40), FORM)):
        assert (await site.ask("/translate", content, fields=fields)).status == 400


async def test_a_sentence_that_fails_is_no_translation(site: Served) -> None:
    """500: the source is not passed off as one."""
    got = await site.ask("/translate", {"q": ["fine day.", "raise me."], "source": "en", "target": "be"})
    assert (got.status, got.json) == (500, {"error": "engine: failed"})


async def test_a_status_of_mastodon(site: Served) -> None:
    """An array of HTML from a language that is named, as Mastodon sends: body, warning, options of a poll, captions."""
    content = {
        "q": [
            f'<p>{RAIN} <a href="https://example.org/tags/x" rel="tag">#<span>тэг</span></a><br>12</p>',
            SNOW,
            "<p>«42» &amp; 43</p>",
            "",
        ],
        "source": "be",
        "target": "en",
        "format": "html",
        "api_key": "",
    }
    got = await site.ask("/translate", content)
    assert (got.status, list(got.json)) == (200, ["translatedText"])
    post, warning, numbers, nothing = got.json["translatedText"]
    for mark in ('<a href="https://example.org/tags/x" rel="tag">', "</a>", "<span>", "</span>", "<br>", "<p>", "</p>"):
        assert post.count(mark) == 1
    assert "Dozdz" in post
    assert warning == await translated(site, SNOW)
    assert (numbers, nothing) == ("<p>«42» &amp; 43</p>", "")


async def test_keys_are_tokens(tmp_path: Path, log: StringIO) -> None:
    """In the body of any kind, in the query, or as a bearer token; with the quotas of the client."""
    clients = Clients(tmp_path / "clients.toml").write(news="requests_per_second = 5\n")
    fields = {"q": RAIN, "source": "be", "target": "en"}
    key = {"api_key": "news-token"}
    async with served(clients=clients) as site:

        async def ask(content: Any, **more: Any) -> Answer:
            return await site.ask("/translate", content, **more)

        body, parts = multipart(**fields, **key)
        good = [
            await ask(fields | key),
            await ask(form(**fields, **key), fields=FORM),
            await ask(body, fields=parts),
            await ask(fields, fields={"authorization": "Bearer news-token"}),
            await site.ask("/translate?api_key=news-token", fields),
        ]
        assert [each.status for each in good] == [200] * 5
        refused = await ask(fields | key)
        assert (refused.status, refused.fields["retry-after"]) == (429, "1")
        assert refused.json["error"].startswith("Slowdown: requests_per_second: is used up")
        none, empty, wrong = (
            await ask(fields),
            await ask(fields | {"api_key": ""}),
            await ask(fields | {"api_key": "x"}),
        )
        assert [each.status for each in (none, empty, wrong)] == [400, 400, 403]
        assert (await ask(fields | {"api_key": "\ud800"})).json == wrong.json
        assert wrong.json == {"error": "Invalid API key"}
        assert site.running.sample("talmach_refused_total", reason="UNAUTHENTICATED") == 2
        assert (await site.ask("/frontend/settings")).json["keyRequired"] is True
    assert "news-token" not in log.getvalue()


async def test_a_stranger_may_send_little(tmp_path: Path) -> None:
    """A key in the body is seen only when that was read: it may have 1 MiB."""
    clients = Clients(tmp_path / "clients.toml").write(news="")
    async with served(clients=clients) as site:
        got = await site.ask("/translate", {"q": "x" * 1_100_000})
        assert (got.status, got.json["error"]) == (413, "request: is too large (limit 1048576 bytes)")


async def test_strangers_leave_room(tmp_path: Path) -> None:
    """Those who are slow to tell their key have a quarter of the places; whoever shows it in the head is served."""
    clients = Clients(tmp_path / "clients.toml").write(news="")
    fields = {"q": RAIN, "source": "be", "target": "en"}
    async with served(clients=clients, max_concurrent_calls=8) as site:
        slow = [await site.connect() for _ in range(2)]
        for _, writer in slow:
            writer.write(request("/translate", fields | {"api_key": "news-token"})[:-1])
        await until(lambda: site.running.sample("talmach_rpc_in_flight") == 2)
        refused = await site.ask("/translate", fields | {"api_key": "news-token"})
        assert (refused.status, refused.fields["retry-after"]) == (429, "1")
        assert (await site.ask("/translate", fields, fields={"authorization": "Bearer news-token"})).status == 200
        for reader, writer in slow:
            writer.write(b"}")
            assert (await answer(reader)).status == 200
            writer.close()
        assert (await site.ask("/translate", fields | {"api_key": "news-token"})).status == 200
