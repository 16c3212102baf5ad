"""The description of the door: it has every path, it is true, and its page needs nobody else."""

import re
from typing import Any

from tests.http.harness import EVENTS, Served

OPTIONS = {"targetLanguageCode": "en", "sourceLanguageCode": "be"}
ARTICLE = {"headline": "Навіны", "body": "Горад адкрыў новую школу. Дзень быў цёплы."}
CALLS: dict[str, Any] = {
    "/v1/translate": {"texts": ["Сёння ідзе дождж."], "options": OPTIONS},
    "/v1/article": {"article": ARTICLE, "options": OPTIONS, "summaryOptions": {"maxSentences": 1}},
    "/v1/summary": {"article": ARTICLE, "summaryOptions": {"returnAllScores": True}},
    "/v1/detect": {"texts": ["Сёння ідзе дождж."]},
    "/v1/info": None,
    "/translate": {"q": ["Сёння ідзе дождж."], "source": "auto", "target": "en", "alternatives": 1},
    "/detect": {"q": "Сёння ідзе дождж."},
    "/languages": None,
    "/frontend/settings": None,
    "/health": None,
    "/health/live": None,
}


def check(value: Any, schema: Any, schemas: Any, path: str) -> None:
    """Fail unless a value is what a schema says, without a field that is not described."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        schema = next(each for each in schema["oneOf"] if (each["type"] == "array") == isinstance(value, list))
    if "enum" in schema:
        assert value in schema["enum"], path
    elif schema.get("type") == "array":
        assert isinstance(value, list), path
        for each in value:
            check(each, schema["items"], schemas, f"{path}[]")
    elif schema.get("type") == "object":
        assert isinstance(value, dict), path
        for name, each in value.items():
            if "properties" in schema:
                assert name in schema["properties"], f"{path}.{name}"
                check(each, schema["properties"][name], schemas, f"{path}.{name}")
    elif schema:
        kinds: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
        assert isinstance(value, kinds[schema["type"]]), path


async def test_every_path_answers_as_it_is_described(site: Served) -> None:
    """Requests and replies fit their schemas; what is refused by all means is not described."""
    document = (await site.ask("/openapi.json")).json
    schemas = document["components"]["schemas"]
    assert set(document["paths"]) == set(CALLS)
    for path, content in CALLS.items():
        (operation,) = document["paths"][path].values()
        got = await site.ask(path, content)
        assert got.status == 200
        if content is not None:
            check(content, operation["requestBody"]["content"]["application/json"]["schema"], schemas, path)
        check(got.json, operation["responses"]["200"]["content"]["application/json"]["schema"], schemas, path)


async def test_events_are_described(site: Served) -> None:
    """Each is a member of the streamed message."""
    schemas = (await site.ask("/openapi.json")).json["components"]["schemas"]
    got = await site.ask("/v1/article", {"article": ARTICLE, "options": OPTIONS}, fields=EVENTS)
    for name, data in got.events:
        check(data, schemas["StreamTranslateArticleResponse"]["properties"][name], schemas, name)


async def test_errors_are_described(site: Served) -> None:
    """Of both kinds."""
    schemas = (await site.ask("/openapi.json")).json["components"]["schemas"]
    check((await site.ask("/v1/detect", {})).json, schemas["Error"], schemas, "error")
    check((await site.ask("/detect", {})).json, schemas["LibreTranslateError"], schemas, "error")


async def test_the_page_needs_nobody_else(site: Served) -> None:
    """Every link of it leads into this server, and to something that is there; it has no script."""
    page = (await site.ask("/docs")).body.decode()
    links = set(re.findall(r'(?:href|src)="([^"]*)"', page))
    for link in links:
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in page
        else:
            assert (await site.ask(link)).status == 200
    assert "<script" not in page
    assert "GetServerInfoResponse" in page
