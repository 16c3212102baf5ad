"""InfoService: constant while the server runs."""

# The names and parameters are those of the contract.
# ruff: noqa: ARG002, N802

from typing import Any

import grpc

from talmach.contract import server_info
from talmach.contract.info import ServerInfo
from talmach.pb import info_pb2 as pb
from talmach.pb.info_pb2_grpc import InfoServiceServicer


class InfoServicer(InfoServiceServicer):
    """Describes the server; nobody is let in before `serve`."""

    _response: pb.GetServerInfoResponse

    def serve(self, info: ServerInfo) -> None:
        """Take what it tells: the server is known when its models are loaded."""
        self._response = server_info.response(info)

    async def GetServerInfo(
        self, request: pb.GetServerInfoRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetServerInfoResponse:
        """Return version, language pairs, models and limits."""
        return self._response
