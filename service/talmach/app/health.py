"""Tells whoever watches the server which models and directions work, when that changes."""

import asyncio
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
        self._telling: asyncio.Task[None] | None = None  # kept, or it might be collected before it is done

    def watch(self, service: Service) -> None:
        """Watch this service from now on; all of it works at first."""
        self._service, self._told = service, part_names(*service.working())

    def report(self) -> None:
        """Report NOT_SERVING for what does not work, and for the whole when only a restart can help."""
        if self._service is not None and self._telling is None:
            self._telling = asyncio.get_running_loop().create_task(self._tell(self._service))

    async def _tell(self, service: Service) -> None:
        while (parts := part_names(*service.working())) != self._told:
            self._told = parts
            if self._http is not None:
                self._http.set_healthy(not service.is_stuck)
            await self._server.set_healthy(healthy=not service.is_stuck, parts=parts)
        self._telling = None
