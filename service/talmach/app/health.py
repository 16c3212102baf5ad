"""Tells whoever watches the server which models and directions work, when that changes."""

from typing import TYPE_CHECKING

from talmach.app.service import Service
from talmach.rpc.server import Server, part_names

if TYPE_CHECKING:
    from talmach.http.server import HttpServer  # needs an extra


class Health:
    """The health of one server, of each of its doors, and of the service behind it."""

    def __init__(self, server: Server, http: "HttpServer | None") -> None:
        self._server = server
        self._http = http
        self._service: Service | None = None
        self._told: dict[str, bool] = {}

    def watch(self, service: Service) -> None:
        """Watch this service from now on; all of it works at first."""
        self._service, self._told = service, part_names(*service.working())

    def report(self) -> None:
        """Report NOT_SERVING for what does not work, and for the whole when only a restart can help."""
        if self._service is None or (parts := part_names(*self._service.working())) == self._told:
            return
        self._told, is_healthy = parts, not self._service.is_stuck
        if self._http is not None:
            self._http.set_healthy(is_healthy)
        self._server.set_healthy(healthy=is_healthy, parts=parts)
