"""`/docs`: the description of the HTTP door as a page of plain HTML, without a script."""

from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any

from talmach.http.openapi import Schema, document

_EXAMPLE = """\
curl -H 'content-type: application/json' \\
  -d '{"texts": ["Горад адкрыў новую школу."], "options": {"targetLanguageCode": "en"}}' \\
  http://127.0.0.1:5000/v1/translate"""


@cache
def rendered() -> bytes:
    """Return the page."""
    content = document()
    info, schemas = content["info"], content["components"]["schemas"]
    body = "".join([
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{_prose(info['description'])}</p>",
        '<p>For programs: <a href="/openapi.json">openapi.json</a>. For people: <a href="/">the page</a>.</p>',
        f"<pre>{escape(_EXAMPLE)}</pre>",
        *(_operation(path, method, each) for path, item in content["paths"].items() for method, each in item.items()),
        "<h2>Messages</h2>",
        *(_schema(name, each) for name, each in schemas.items()),
    ])  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>talmach: HTTP API</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs.css"></head>'
        f"<body><main>{body}</main></body></html>"
    ).encode()


def _operation(path: str, method: str, operation: Schema) -> str:
    request = operation.get("requestBody", {}).get("content", {})
    replies = operation["responses"]["200"]["content"]
    parts = [f'<section><h2 id="{escape(path)}"><code>{method.upper()} {escape(path)}</code></h2>']
    parts.append(f"<p>{_prose(operation['description'])}</p><dl>")
    if request:
        parts.append(
            f"<dt>request ({', '.join(request)})</dt><dd>{_shape(next(iter(request.values()))['schema'])}</dd>"
        )
    parts += [f"<dt>reply ({kind})</dt><dd>{_shape(each['schema'])}</dd>" for kind, each in replies.items()]
    parts.append(
        f"<dt>error</dt><dd>{_shape(operation['responses']['default']['content']['application/json']['schema'])}"
    )
    return "".join([*parts, "</dd></dl></section>"])


def _schema(name: str, schema: Schema) -> str:
    shape = _shape(schema) if "properties" in schema else ""
    return f'<section><h3 id="{name}">{name}</h3><p>{_prose(schema.get("description", ""))}</p>{shape}</section>'


def _shape(schema: Schema) -> str:
    """Return a schema as a list of its fields, or in a word."""
    if "properties" not in schema:
        return _kind(schema) + (f". {_prose(schema['description'])}" if "description" in schema else "")
    return f"<table>{''.join(_rows(schema))}</table>"


def _rows(schema: Schema) -> Iterator[str]:
    for name, each in schema["properties"].items():
        needed = " (required)" if name in schema.get("required", ()) else ""
        about = _shape(each) if "properties" in each else _prose(each.get("description", ""))
        yield f"<tr><th>{escape(name)}{needed}</th><td>{_kind(each)}</td><td>{about}</td></tr>"


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{name}">{name}</a>'
    if "oneOf" in schema:
        return " or ".join(map(_kind, schema["oneOf"]))
    if schema.get("type") == "array":
        return f"array of {_kind(schema['items'])}"
    kind: Any = schema.get("type") or " | ".join(schema.get("enum", ["any"]))
    return escape(kind)


def _prose(text: str) -> str:
    """Return a comment as HTML: text between backticks is code, and lines stay lines."""
    parts = escape(text).split("`")
    marked = "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
    return marked.replace("\n", "<br>")
