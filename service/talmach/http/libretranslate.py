"""The API of LibreTranslate, for the programs that speak it; what talmach does not have is refused, or empty.

Its errors are `{"error": "..."}`; its statuses are kept, 400 for a missing key among them. A key is a client's token.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from talmach.contract import json_form, status
from talmach.contract.methods import Methods
from talmach.contract.violations import InvalidFields, Violation, by_field, too_many_texts
from talmach.errors import EngineFailure, InvalidRequest, Overloaded, TalmachError, Unauthenticated
from talmach.http.exchange import Exchange, Handler, Rules
from talmach.http.refusals import HttpRefusal, fields_of, status_of
from talmach.http.reply import JSON, Reply
from talmach.pb import common_pb2, translation_pb2
from talmach.text.article import Field
from talmach.text.characters import is_encodable
from talmach.text.language import LANGUAGES, normalize_code
from talmach.threads import offload
from talmach.translation.source import Detection
from talmach.translation.values import Translation

_AUTO = "auto"
_NAMES = {"be": "Belarusian", "en": "English", "ru": "Russian"}
_FORMATS = {"text": common_pb2.TEXT_FORMAT_TEXT, "html": common_pb2.TEXT_FORMAT_HTML}
_MAX_FORM_FIELDS = 32
# How the fields of the contract are called here.
_FIELDS = {
    "texts": "q",
    "options.source_language_code": "source",
    "options.target_language_code": "target",
    "options.format": "format",
}


class LibreTranslate:
    """The handlers; they have their `methods` before the first call is let in."""

    methods: Methods

    def __init__(self, rules: Rules) -> None:
        self._admission = rules.admission

    @property
    def handlers(self) -> dict[str, tuple[str, Handler]]:
        """What serves each path that is a call, and by which method of HTTP."""
        return {
            "/translate": ("POST", self._translate),
            "/detect": ("POST", self._detect),
            "/suggest": ("POST", _refuse("does not collect suggestions")),
            "/translate_file": ("POST", _refuse("does not translate files: send their text")),
        }

    async def languages(self, _request: Request) -> Response:
        """Tell the languages, each with those that it is translated into."""
        if not self._is_ready:
            return JSONResponse({"error": "server: is starting"}, 503, {"retry-after": "1"})
        pairs = self.methods.info.language_pairs
        targets: dict[str, list[str]] = {}
        for pair in pairs:
            targets.setdefault(pair.source_language_code, []).append(pair.target_language_code)
        return JSONResponse(
            [{"code": code, "name": _NAMES.get(code, code), "targets": targets[code]} for code in sorted(targets)]
        )

    async def settings(self, _request: Request) -> Response:
        """Tell what a page of LibreTranslate would want to know."""
        return JSONResponse(
            {
                "charLimit": self.methods.limits.max_text_chars if self._is_ready else -1,
                "frontendTimeout": 500,
                "apiKeys": self._admission.is_for_clients_only,
                "keyRequired": self._admission.is_for_clients_only,
                "suggestions": False,
                "filesTranslation": False,
                "supportedFilesFormat": [],
                "language": {
                    "source": {"code": _AUTO, "name": "Auto Detect"},
                    "target": {"code": "en", "name": _NAMES["en"]},
                },
            }
        )

    @property
    def _is_ready(self) -> bool:
        """Whether there are methods; a server that is ended while it starts never has them."""
        return hasattr(self, "methods")

    async def _translate(self, exchange: Exchange) -> None:
        fields = await _fields(exchange, self.methods.limits.max_texts)
        for name in ("q", "source", "target"):
            if not fields.get(name):
                raise _wrong(name, "is missing")
        texts, is_batch = self._texts(fields["q"])
        source, target = _code("source", fields["source"]), _code("target", fields["target"])
        wants_alternatives = _number("alternatives", fields.get("alternatives") or 0) > 0
        # A blank text has nothing to translate; it comes back as it is.
        places = [place for place, text in enumerate(texts) if text.strip()]
        request = translation_pb2.TranslateTextRequest(
            texts=[texts[place] for place in places],
            options=common_pb2.TranslationOptions(
                source_language_code="" if source == _AUTO else source,
                target_language_code=target,
                format=_format(fields.get("format") or "text"),
            ),
        )
        translated: list[str] = list(texts)
        detected = [_unknown()] * len(texts)
        if places and source != target:
            async with exchange.while_the_caller_waits():
                for place, each in zip(places, await self._translations(request, exchange), strict=True):
                    if each.source.is_undetermined:
                        raise _wrong(f"q[{place}]", "the language of the text cannot be determined: name it")
                    if not each.is_complete:
                        # The answer has no place for a failed sentence, and the source is no translation.
                        raise EngineFailure
                    translated[place] = each.texts[Field.TEXT]
                    detected[place] = _detected(each.source.detection, each.source.language)
        answer: dict[str, Any] = {"translatedText": translated if is_batch else translated[0]}
        if source == _AUTO:
            answer["detectedLanguage"] = detected if is_batch else detected[0]
        if wants_alternatives:  # there are none: a sentence has one translation here
            answer["alternatives"] = [[] for _ in texts] if is_batch else []
        async with exchange.while_the_caller_waits():
            await exchange.answer(Reply(await offload(sum(map(len, translated)), json_form.dump, answer)))

    def _texts(self, q: Any) -> tuple[list[str], bool]:
        """Return the texts, and whether they came as an array."""
        texts = q if isinstance(q, list) else [q]
        if len(texts) > (limit := self.methods.limits.max_texts):
            raise InvalidFields([too_many_texts("q", actual=len(texts), limit=limit)])
        for place, each in enumerate(texts):
            name = f"q[{place}]" if isinstance(q, list) else "q"
            if not isinstance(each, str):
                raise _wrong(name, "is not a string")
            if not is_encodable(each):
                raise _wrong(name, "has half of a surrogate pair")
        return texts, isinstance(q, list)

    async def _translations(
        self, request: translation_pb2.TranslateTextRequest, exchange: Exchange
    ) -> Sequence[Translation]:
        texts, options = self.methods.reader.texts(request)
        exchange.call.check_deadline()
        return (await self.methods.use_cases.translate_texts(texts, options, exchange.call)).translations

    async def _detect(self, exchange: Exchange) -> None:
        fields = await _fields(exchange, self.methods.limits.max_texts)
        if not fields.get("q"):
            raise _wrong("q", "is missing")
        texts, _ = self._texts(fields["q"])
        text = "\n".join(texts)
        candidates = [_unknown()]  # clients take the first without looking whether there is one
        if text.strip():
            request = translation_pb2.DetectLanguageRequest(texts=[text])
            exchange.call.check_deadline()
            async with exchange.while_the_caller_waits():
                (found,) = await self.methods.use_cases.detect(self.methods.reader.to_detect(request), exchange.call)
            candidates = [_likely(each.confidence, each.language) for each in found.candidates] or candidates
        await exchange.answer(Reply(json_form.dump(candidates)))


def refusal(error: TalmachError) -> Reply:
    """Return an error as LibreTranslate answers it."""
    number = 400 if isinstance(error, Unauthenticated) else status_of(error)
    message = str(error)
    if isinstance(error, InvalidRequest):
        message = "; ".join(map(_told, by_field(error)[:10]))
    elif isinstance(error, Overloaded):
        message = f"Slowdown: {error}"
    elif isinstance(error, Unauthenticated):
        message = "api_key: is missing; ask the operator of this server for one"
    elif status.code_of(error) == "PERMISSION_DENIED":
        message = "Invalid API key"
    return Reply(json_form.dump({"error": message}), status=number, fields=fields_of(error))


def _refuse(problem: str) -> Handler:
    async def handle(_exchange: Exchange) -> None:  # whoever calls, and with whatever: the body stays unread
        raise HttpRefusal(403, "server", "NOT_OFFERED", problem)

    return handle


async def _fields(exchange: Exchange, max_texts: int) -> Mapping[str, Any]:
    """Return the fields of a body of any of the three kinds, and of the query, after showing who calls."""
    fields = _query(exchange.scope["query_string"])
    media_type = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == JSON:
        fields |= await exchange.content(_object, max_texts)
    elif media_type == "multipart/form-data":
        fields |= await _multipart(exchange)
    else:
        fields |= await exchange.content(_query)
    if exchange.is_of_stranger:
        key = fields.get("api_key")
        exchange.show(f"Bearer {key}" if isinstance(key, str) and key else "")
    return fields


def _object(data: bytes, max_texts: int) -> dict[str, Any]:
    content = json_form.parse(data, max_texts) if data else {}  # everything may be in the query
    if not isinstance(content, dict):
        raise _wrong("request", "is not an object")
    return content


def _query(data: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=_MAX_FORM_FIELDS, errors="strict")
    except ValueError as error:
        raise _wrong("request", "is not a form in UTF-8") from error
    return _first(pairs)


async def _multipart(exchange: Exchange) -> dict[str, Any]:
    body = await exchange.body()

    async def stream() -> Any:
        yield body

    parser = MultiPartParser(
        exchange.headers, stream(), max_files=0, max_fields=_MAX_FORM_FIELDS, max_part_size=max(1, len(body))
    )
    try:
        form = await parser.parse()
    except (MultiPartException, FormParserError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise _wrong("request", "is not a form without files") from error
    return _first([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


def _first(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the first value of each field, with the line ends of text and not those of forms."""
    return {name: value.replace("\r\n", "\n") for name, value in reversed(pairs)}


def _code(field: str, value: Any) -> str:
    """Return the language that a code names, or `auto`; without one even a text that stays as it is is refused."""
    if field == "source" and value == _AUTO:
        return _AUTO
    language = normalize_code(value) if isinstance(value, str) else None
    if language is None:
        raise _wrong(field, f"is not the code of a supported language ({', '.join(LANGUAGES)})")
    return language


def _format(value: Any) -> "common_pb2.TextFormat.ValueType":
    found = _FORMATS.get(value) if isinstance(value, str) else None
    if found is None:
        raise _wrong("format", f"is not one of {', '.join(_FORMATS)}")
    return found


def _number(field: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _wrong(field, "is not a number") from error


def _detected(found: Detection, language: str | None) -> dict[str, Any]:
    confidence = next((each.confidence for each in found.candidates if each.language == language), 0.0)
    return _likely(confidence, language) if language else _unknown()


def _unknown() -> dict[str, Any]:
    """What LibreTranslate answers for a text without a language."""
    return _likely(0.0, "en")


def _likely(confidence: float, language: str) -> dict[str, Any]:
    return {"confidence": round(100 * confidence, 1), "language": language}  # in percent


def _told(violation: Violation) -> str:
    name, bracket, rest = violation.field.partition("[")
    return f"{_FIELDS.get(name, name)}{bracket}{rest}: {violation.description}"


def _wrong(field: str, problem: str) -> InvalidFields:
    return InvalidFields([Violation(field, "INVALID_REQUEST", problem)])
