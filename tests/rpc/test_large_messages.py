"""Large messages are read one by one, and leave the loop to others in between."""

import asyncio
import itertools
import time

from talmach.pb.translation_pb2 import TranslateTextRequest
from talmach.rpc.interceptor import _parse_in_turn

LARGE = TranslateTextRequest(texts=["Горад. " * 30_000]).SerializeToString()
SMALL = TranslateTextRequest(texts=["Горад."]).SerializeToString()


async def test_large_messages_take_turns() -> None:
    """Between two of them there is as much time as the first one took; small ones do not wait for them."""
    spans: list[tuple[float, float]] = []
    read: list[int] = []

    def parse(data: bytes) -> TranslateTextRequest:
        began_at = time.monotonic()
        if len(data) == len(LARGE):
            time.sleep(0.05)
            spans.append((began_at, time.monotonic()))
        read.append(len(data))
        return TranslateTextRequest.FromString(data)

    large = asyncio.Semaphore(1)
    messages = [LARGE, LARGE, LARGE, SMALL]
    found = await asyncio.gather(*(_parse_in_turn(each, parse, large) for each in messages))
    assert [each.SerializeToString() for each in found] == messages
    for (began_at, ended_at), (next_at, _) in itertools.pairwise(spans):
        assert next_at - ended_at > 0.9 * (ended_at - began_at)
    assert read[1] == len(SMALL)
