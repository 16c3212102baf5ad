"""The public client: typed calls to one server or several, and errors that say what to do about them.

    with Client("localhost:50051") as client:
        reply = client.translate_article(Article(body=text), TranslationOptions(target_language_code="en"))
        print(reply.translation.body)

`AsyncClient` has the same calls, as coroutines. Arguments and replies are messages of the contract; `to_json` prints
any of them.
"""

from talmach.client.asynchronous import AsyncClient
from talmach.client.channel import Tls
from talmach.client.failures import Cause, NotConnected, RpcFailed, Violation
from talmach.client.messages import Texts, to_json
from talmach.client.synchronous import Client
from talmach.pb.common_pb2 import (
    Article,
    GlossaryEntry,
    GlossaryUsage,
    ItemError,
    LanguageCandidate,
    LanguageDetection,
    OffsetEncoding,
    Span,
    TextField,
    TextFormat,
    Timings,
    TranslationOptions,
    Usage,
)
from talmach.pb.info_pb2 import (
    Decoding,
    GetServerInfoResponse,
    LanguagePair,
    Limits,
    ModelDirection,
    ModelFile,
    ModelInfo,
    ModelKind,
    ModelScore,
)
from talmach.pb.segment_pb2 import BoilerplateKind, BoilerplateSpan, QualityFlag, Segment, SegmentStatus
from talmach.pb.summarization_pb2 import (
    ScoreComponents,
    SentenceScore,
    SummarizeArticleResponse,
    Summary,
    SummaryOptions,
    SummarySentence,
)
from talmach.pb.translation_pb2 import (
    ArticleHeader,
    ArticleTrailer,
    ArticleTranslation,
    BatchTranslateRequest,
    BatchTranslateResponse,
    DetectLanguageResponse,
    StreamTranslateArticleResponse,
    TextTranslation,
    TranslateArticleResponse,
    TranslateTextResponse,
)

__all__ = [
    "Article",
    "ArticleHeader",
    "ArticleTrailer",
    "ArticleTranslation",
    "AsyncClient",
    "BatchTranslateRequest",
    "BatchTranslateResponse",
    "BoilerplateKind",
    "BoilerplateSpan",
    "Cause",
    "Client",
    "Decoding",
    "DetectLanguageResponse",
    "GetServerInfoResponse",
    "GlossaryEntry",
    "GlossaryUsage",
    "ItemError",
    "LanguageCandidate",
    "LanguageDetection",
    "LanguagePair",
    "Limits",
    "ModelDirection",
    "ModelFile",
    "ModelInfo",
    "ModelKind",
    "ModelScore",
    "NotConnected",
    "OffsetEncoding",
    "QualityFlag",
    "RpcFailed",
    "ScoreComponents",
    "Segment",
    "SegmentStatus",
    "SentenceScore",
    "Span",
    "StreamTranslateArticleResponse",
    "SummarizeArticleResponse",
    "Summary",
    "SummaryOptions",
    "SummarySentence",
    "TextField",
    "TextFormat",
    "TextTranslation",
    "Texts",
    "Timings",
    "Tls",
    "TranslateArticleResponse",
    "TranslateTextResponse",
    "TranslationOptions",
    "Usage",
    "Violation",
    "to_json",
]
