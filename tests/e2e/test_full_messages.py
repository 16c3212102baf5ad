"""Messages that are small on the wire and large in memory, from as many callers as there are places."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from talmach.pb.translation_pb2 import TranslateTextRequest
from tests.e2e.callers import TO_ENGLISH
from tests.e2e.program import TIMEOUT_S, Server

MESSAGE_BYTES = 4_194_304
PLACES = 32
REQUEST = TranslateTextRequest(texts=["Горад."], options=TO_ENGLISH).SerializeToString()
EMPTY_TEXT = b"\x0a\x00"  # field 1, of no bytes
UNKNOWN = b"\xfa\x7f" + bytes([0x80, 0x80, 0xC0, 0x01]) + bytes(3 << 20)  # field 2047, of 3 MiB


def peak_bytes(server: Server) -> int:
    """Return the most memory that the process has held."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return 1_024 * int(status.split("VmHWM:")[1].split()[0])


async def outcome(address: str, message: bytes) -> str:
    """Send a message on a connection of its own, and return the code of the call."""
    bare: Any = grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
    async with bare as channel:
        try:
            await channel.unary_unary("/talmach.v1.TranslationService/TranslateText")(message, timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            return str(error.code().name)
        return "OK"


@pytest.mark.parametrize("message", [EMPTY_TEXT * (MESSAGE_BYTES // 2 - 1_000) + REQUEST, UNKNOWN + REQUEST])
async def test_what_is_refused_is_let_go(start: Callable[..., Server], message: bytes) -> None:
    """Two million empty texts take 56 MB when they are read: of those, one call at a time has them."""
    server = start(TALMACH_MAX_CONCURRENT_CALLS=str(PLACES), TALMACH_MAX_MESSAGE_BYTES=str(MESSAGE_BYTES))
    before = peak_bytes(server)
    codes = Counter(await asyncio.gather(*(outcome(server.address, message) for _ in range(PLACES))))
    assert codes == {"INVALID_ARGUMENT": PLACES}
    assert peak_bytes(server) - before < 3 * PLACES * MESSAGE_BYTES + 100_000_000
