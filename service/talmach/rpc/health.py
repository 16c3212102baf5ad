"""The health service: what is known of each name, for whoever asks or watches.

grpc's own servicer writes to a watcher while it holds the lock that a change waits for: a stranger who takes nothing
could keep a server from saying that it serves, and from ending.
"""

# The names and parameters are those of the contract.
# ruff: noqa: N802

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthServicer

_Context = grpc.aio.ServicerContext[Any, Any]
Status = health_pb2.HealthCheckResponse.ServingStatus
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Health(HealthServicer):  # type: ignore[misc]  # grpc_health has no types
    """Lives on one event loop; nobody waits for a watcher."""

    def __init__(self) -> None:
        self._statuses: dict[str, Any] = {}
        self._change = asyncio.Event()  # the next one; each has its own

    def set(self, name: str, status: Any) -> None:
        """Say how the part of the server with this name is."""
        self._statuses[name] = status
        self._change.set()
        self._change = asyncio.Event()

    async def Check(self, request: Any, context: _Context) -> Any:
        """Tell the status of a name; NOT_FOUND for one that is not known."""
        status = self._statuses.get(request.service)
        if status is None:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        return health_pb2.HealthCheckResponse(status=status)

    async def Watch(self, request: Any, context: _Context) -> None:
        """Tell the status of a name, known or not, now and whenever it has changed."""
        told = None
        while True:
            change = self._change
            status = self._statuses.get(request.service, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
            if status == told:
                await change.wait()
            else:
                await context.write(health_pb2.HealthCheckResponse(status=status))
                told = status
