"""The description of the HTTP door, `/openapi.json`; the schemas of messages are generated from the contract."""

from functools import cache
from importlib.metadata import version
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from talmach.contract.json_form import dump
from talmach.http.exchange import TIMEOUT_FIELD
from talmach.pb import info_pb2, summarization_pb2, translation_pb2
from talmach.pb.comments import COMMENTS

Schema = dict[str, Any]
_PLAIN: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
}
_STREAM = translation_pb2.StreamTranslateArticleResponse
_TEXT: Schema = {"type": "string"}
_TEXT_OR_TEXTS: Schema = {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_KEY: Schema = {"api_key": {**_TEXT, "description": "A client's token, where the server asks for one."}}
_LANGUAGE: Schema = {
    "type": "object",
    "properties": {"language": _TEXT, "confidence": {"type": "number", "description": "Percent."}},
}
_DETECTED: Schema = {"oneOf": [_LANGUAGE, {"type": "array", "items": _LANGUAGE}]}


@cache
def document() -> Schema:
    """Return the whole description."""
    schemas: dict[str, Schema] = {"Error": _error(), "LibreTranslateError": _object({"error": _TEXT})}
    paths = {**_own_paths(schemas), **_libretranslate_paths(), **_health_paths()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "talmach",
            "version": version("talmach"),
            "description": "Translates and summarises news articles between Russian, Belarusian and English. `/v1` is "
            "the protobuf JSON of the gRPC contract: names in camelCase, in requests also as the contract writes them. "
            f"`{TIMEOUT_FIELD}` says how many milliseconds the caller waits, `x-request-id` names the call in the log.",
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


@cache
def rendered() -> bytes:
    """Return the description as JSON."""
    return dump(document())


def _own_paths(schemas: dict[str, Schema]) -> Schema:
    def once(method: Any, **more: Schema) -> Schema:
        bodies = {"application/json": {"schema": _message(method.output_type, schemas)}, **more}
        return _post(COMMENTS[method.full_name], _message(method.input_type, schemas), bodies, "Error", tag="talmach")

    translation = translation_pb2.DESCRIPTOR.services_by_name["TranslationService"].methods_by_name
    summarization = summarization_pb2.DESCRIPTOR.services_by_name["SummarizationService"].methods_by_name
    info = info_pb2.DESCRIPTOR.services_by_name["InfoService"].methods_by_name["GetServerInfo"]
    _message(_STREAM.DESCRIPTOR, schemas)
    events = (
        f"One event for each of {', '.join(field.name for field in _STREAM.DESCRIPTOR.fields)}, its `data` that member "
        "of StreamTranslateArticleResponse; at the end of a stream that fails, `error` with an Error."
    )
    stream = {"text/event-stream": {"schema": {**_TEXT, "description": events}}}
    return {
        "/v1/translate": once(translation["TranslateText"]),
        "/v1/article": once(translation["TranslateArticle"], **stream),
        "/v1/summary": once(summarization["SummarizeArticle"]),
        "/v1/detect": once(translation["DetectLanguage"]),
        "/v1/info": _get(COMMENTS[info.full_name], _message(info.output_type, schemas), tag="talmach"),
    }


def _libretranslate_paths() -> Schema:
    translate = {
        "q": _TEXT_OR_TEXTS,
        "source": {**_TEXT, "description": "The code of a language, or `auto`."},
        "target": _TEXT,
        "format": {"enum": ["text", "html"], "default": "text"},
        "alternatives": {"type": "integer", "description": "Accepted; there are none."},
        **_KEY,
    }
    translated = {
        "translatedText": _TEXT_OR_TEXTS,
        "detectedLanguage": _DETECTED,
        "alternatives": {"type": "array", "items": {}},
    }
    language = {"code": _TEXT, "name": _TEXT, "targets": {"type": "array", "items": _TEXT}}

    def post(description: str, fields: Schema, required: list[str], reply: Schema) -> Schema:
        request = {**_object(fields), "required": required}
        operation = _post(description, request, _json(reply), "LibreTranslateError", tag="LibreTranslate")
        content = operation["post"]["requestBody"]["content"]
        for form in ("application/x-www-form-urlencoded", "multipart/form-data"):
            content[form] = {"schema": request}
        return operation

    return {
        "/translate": post(
            "Translates a text, or each of several.", translate, ["q", "source", "target"], _object(translated)
        ),
        "/detect": post(
            "Tells the language of a text, the likeliest first.",
            {"q": _TEXT, **_KEY},
            ["q"],
            {"type": "array", "items": _LANGUAGE},
        ),
        "/languages": _get(
            "Lists the languages and their targets.",
            {"type": "array", "items": _object(language)},
            tag="LibreTranslate",
        ),
        "/frontend/settings": _get(
            "Tells what a page of LibreTranslate wants to know.", {"type": "object"}, tag="LibreTranslate"
        ),
    }


def _health_paths() -> Schema:
    status = _object({"status": {"enum": ["ok", "starting", "draining", "stuck"]}})
    return {
        "/health": _get("Whether calls are served; 503 while they are not.", status, tag="health"),
        "/health/live": _get("Whether the process can do its work; 503 = restart it.", status, tag="health"),
    }


def _post(description: str, request: Schema, replies: Schema, error: str, *, tag: str) -> Schema:
    body = {"required": True, "content": _json(request)}
    return {"post": {**_operation(description, replies, error, tag), "requestBody": body}}


def _get(description: str, reply: Schema, *, tag: str) -> Schema:
    return {"get": _operation(description, _json(reply), "Error", tag)}


def _operation(description: str, replies: Schema, error: str, tag: str) -> Schema:
    return {
        "tags": [tag],
        "description": description,
        "responses": {
            "200": {"description": "Done.", "content": replies},
            "default": {"description": "An error.", "content": _json(_reference(error))},
        },
    }


def _message(kind: Any, schemas: dict[str, Schema]) -> Schema:
    """Return a reference to the schema of a message, which is made, like those inside it, unless it exists."""
    if kind.name not in schemas:
        schemas[kind.name] = made = _object({})
        made["description"] = COMMENTS[kind.full_name]
        for field in kind.fields:
            made["properties"][field.json_name] = _field(field, schemas)
    return _reference(kind.name)


def _field(field: Any, schemas: dict[str, Schema]) -> Schema:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        schema: Schema = {"type": "object", "additionalProperties": _TEXT}
    elif field.message_type is not None:
        schema = _message(field.message_type, schemas)
    elif field.enum_type is not None:
        schema = _enum(field.enum_type, schemas)
    else:
        schema = _PLAIN[field.cpp_type]
    if field.is_repeated and schema.get("type") != "object":
        schema = {"type": "array", "items": schema}
    return {**schema, "description": COMMENTS[field.full_name]}


def _enum(kind: Any, schemas: dict[str, Schema]) -> Schema:
    if kind.name not in schemas:
        values = [f"`{value.name}`: {COMMENTS[f'{kind.full_name}.{value.name}']}" for value in kind.values]
        schemas[kind.name] = {
            "type": "string",
            "enum": [value.name for value in kind.values],
            "description": "\n".join([COMMENTS[kind.full_name], *values]),
        }
    return _reference(kind.name)


def _error() -> Schema:
    fields = {
        "code": {"type": "integer", "description": "The status in HTTP."},
        "status": {**_TEXT, "description": "The name of the status in gRPC, such as INVALID_ARGUMENT."},
        "message": {**_TEXT, "description": "What is wrong, for people."},
        "details": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Messages of google.rpc: ErrorInfo always, BadRequest with every violation, RetryInfo.",
        },
    }
    return _object({"error": _object(fields)})


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
