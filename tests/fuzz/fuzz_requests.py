"""Coverage-guided search for messages that break validation: bytes -> request -> values or InvalidRequest.

python tests/fuzz/fuzz_requests.py -max_total_time=600 -timeout=5 CORPUS_DIRECTORY
"""

import harness
from google.protobuf.message import DecodeError

from talmach.app.opening import limits
from talmach.config import Settings
from talmach.contract import status
from talmach.contract.requests import RequestReader
from talmach.engine.base import Direction
from talmach.errors import InvalidRequest
from talmach.pb import summarization_pb2, translation_pb2

_PAIRS = [
    Direction(source, target) for source in ("ru", "be", "en") for target in ("ru", "be", "en") if source != target
]
_READER = RequestReader(limits(Settings(max_text_chars=1_000, max_texts=8, max_message_bytes=1 << 20)), _PAIRS)
_KINDS = (
    (translation_pb2.TranslateTextRequest, _READER.texts),
    (translation_pb2.TranslateArticleRequest, _READER.article),
    (translation_pb2.StreamTranslateArticleRequest, _READER.article),
    (translation_pb2.BatchTranslateRequest, lambda message: _READER.item(message, is_taken=False)),
    (summarization_pb2.SummarizeArticleRequest, _READER.summarization),
    (translation_pb2.DetectLanguageRequest, _READER.to_detect),
)


def test(data: bytes) -> None:
    """The first byte chooses the type of the message, the rest is the message; a refusal must fit into a status."""
    if not data:
        return
    kind, read = _KINDS[data[0] % len(_KINDS)]
    try:
        message = kind.FromString(data[1:])
    except DecodeError:
        return
    try:
        read(message)
    except InvalidRequest as error:
        rich = status.to_status(error)
        assert rich.message
        assert rich.ByteSize() * 4 // 3 + len(rich.message) < 8_192


if __name__ == "__main__":
    harness.search(test)
