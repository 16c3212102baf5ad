"""The paths of the second door, and what every answer carries."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from talmach.access.gate import State
from talmach.calls import REQUEST_ID, UNKNOWN_METHOD
from talmach.http import docs_page, libretranslate, openapi
from talmach.http.api import Api
from talmach.http.exchange import TIMEOUT_FIELD, Endpoint, Exchange, Rules
from talmach.http.libretranslate import LibreTranslate
from talmach.http.refusals import HttpRefusal, refusal
from talmach.http.reply import JSON

_HERE = Path(__file__).parent
_PAGE = _HERE / "page"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# For the page itself: markup is made out of text only under the one name that its own modules use.
_PAGE_CSP = "require-trusted-types-for 'script'; trusted-types inert"
# Files keep their names in the next version, so a browser asks each time whether its copies are current.
_FRESH = {"cache-control": "no-cache"}
_SECURITY = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Health:
    """What `/health` tells; the gate knows the rest."""

    def __init__(self, rules: Rules) -> None:
        self.is_able = True  # to do its work
        self._gate = rules.admission.gate

    async def ready(self, _request: Request) -> Response:
        """Whether calls are served: what a load balancer asks."""
        state = self._gate.state.name.lower()
        if self._gate.state is not State.SERVING:
            return JSONResponse({"status": state}, 503, {"retry-after": "1"})
        return self._able()

    async def live(self, _request: Request) -> Response:
        """Whether a restart would not help: what a supervisor asks."""
        return self._able()

    def _able(self) -> Response:
        return JSONResponse({"status": "ok"}) if self.is_able else JSONResponse({"status": "stuck"}, 503)


class _Files(StaticFiles):
    """The files of the page."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers.update(_FRESH)
        return response


def application(rules: Rules, api: Api, libre: LibreTranslate, health: Health, origins: Sequence[str]) -> ASGIApp:
    """Return the whole as ASGI; `origins` are those of other sites whose pages may call."""
    routes: list[BaseRoute] = [
        Route(path, Endpoint(f"{method} {path}", handle, rules, refusal), methods=[method])
        for path, (method, handle) in api.handlers.items()
    ]
    routes += [
        Route(
            path,
            Endpoint(f"{method} {path}", handle, rules, libretranslate.refusal, takes_keys=True),
            methods=[method],
        )
        for path, (method, handle) in libre.handlers.items()
    ]
    routes += [
        Route("/languages", libre.languages),
        Route("/frontend/settings", libre.settings),
        Route("/health", health.ready),
        Route("/health/live", health.live),
        Route("/openapi.json", _openapi),
        Route("/docs", _docs),
        Route("/docs.css", _docs_style),
        Route("/", _index),
        Mount("/static", _Files(directory=_PAGE)),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _unknown(rules), 405: _unknown(rules)})
    app.router.redirect_slashes = False  # to whatever host the request names
    return secured(_shared_with(origins, app) if origins else app)


def _shared_with(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", "traceparent", REQUEST_ID, TIMEOUT_FIELD],
        expose_headers=["retry-after", REQUEST_ID],
    )


def secured(app: ASGIApp) -> ASGIApp:
    """Return an application whose every answer tells browsers to be strict."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_SECURITY]}
            await send(message)

        await app(scope, receive, send_secured)

    return serve


async def _index(_request: Request) -> Response:
    return FileResponse(_PAGE / "index.html", headers={**_FRESH, "content-security-policy": _PAGE_CSP})


async def _openapi(_request: Request) -> Response:
    return Response(openapi.rendered(), media_type=JSON)


async def _docs(_request: Request) -> Response:
    return Response(docs_page.rendered(), media_type="text/html")


async def _docs_style(_request: Request) -> Response:
    return FileResponse(_HERE / "docs.css")


def _unknown(rules: Rules) -> Any:
    """Return what answers a path that is not there; such calls have their line in the log too."""

    async def answer(request: Request, error: Exception) -> ASGIApp:
        assert isinstance(error, HTTPException)
        call = rules.admission.begin(UNKNOWN_METHOD, request.headers.items())
        rules.admission.refuse(call, "UNIMPLEMENTED")
        if allowed := (error.headers or {}).get("Allow"):
            made = refusal(HttpRefusal(405, "method", "METHOD_NOT_ALLOWED", f"is not served here ({allowed})"))
        else:
            made = refusal(HttpRefusal(404, "path", "UNKNOWN_PATH", "is not one of this server; /docs has them all"))
        made = replace(made, fields=tuple((error.headers or {}).items()))

        async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
            await Exchange(rules, scope, receive, send, call, is_of_stranger=False).refuse(made)

        return refuse

    return answer
