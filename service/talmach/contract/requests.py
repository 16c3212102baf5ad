"""Request messages -> validated values; what is wrong with a request is reported all at once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from talmach.contract import checks
from talmach.contract.checks import MAX_ID_CHARS, Problems
from talmach.contract.info import Limits
from talmach.contract.offsets import OffsetUnit
from talmach.engine.base import Direction
from talmach.errors import Violation, empty_text, unsupported_language_pair
from talmach.pb import common_pb2, summarization_pb2, translation_pb2
from talmach.summary.values import SummaryOptions
from talmach.text.article import Article
from talmach.translation.values import GlossaryEntry, TranslationOptions

_UNITS = {
    common_pb2.OFFSET_ENCODING_UNSPECIFIED: OffsetUnit.UTF32,
    common_pb2.OFFSET_ENCODING_UTF8: OffsetUnit.UTF8,
    common_pb2.OFFSET_ENCODING_UTF16: OffsetUnit.UTF16,
    common_pb2.OFFSET_ENCODING_UTF32: OffsetUnit.UTF32,
}


@dataclass(frozen=True, slots=True)
class Translation:
    """What is asked of the translator: articles (or lone texts), how, and in which unit spans are wanted."""

    articles: tuple[Article, ...]
    options: TranslationOptions
    unit: OffsetUnit
    summary: "Summary | None" = None

    @property
    def article(self) -> Article:
        """The only one."""
        (article,) = self.articles
        return article


@dataclass(frozen=True, slots=True)
class Summary:
    """What is asked of the summariser."""

    options: SummaryOptions
    return_all_scores: bool


@dataclass(frozen=True, slots=True)
class Summarization:
    """An article to summarise, and to translate where `translation` says how."""

    article: Article
    summary: Summary
    source_language: str | None
    translation: TranslationOptions | None
    unit: OffsetUnit


class RequestReader:
    """Reads requests within `limits`; `directions` are those that can be translated."""

    def __init__(self, limits: Limits, directions: Collection[Direction], charge: Callable[[int], None]) -> None:
        """`charge` gets the characters of every request that is in order, before any work on it, and may refuse it."""
        self._limits = limits
        self._charge = charge
        self._pairs = sorted(map(str, directions))

    def texts(self, request: translation_pb2.TranslateTextRequest) -> Translation:
        """Read a request for the translation of texts."""
        problems = Problems()
        checks.texts("texts", request.texts, self._limits, problems)
        options = self._options(request.options, problems)
        problems.settle()
        self._charge(_length(*request.texts))
        articles = tuple(Article.of_text(text, options.source_language) for text in request.texts)
        return Translation(articles, options, _unit(request.options))

    def article(
        self, request: translation_pb2.TranslateArticleRequest | translation_pb2.StreamTranslateArticleRequest
    ) -> Translation:
        """Read a request for the translation of an article, with its summary when that is asked for too."""
        problems = Problems()
        checks.article("article", request.article, self._limits, problems)
        options = self._options(request.options, problems)
        summary = None
        if isinstance(request, translation_pb2.TranslateArticleRequest) and request.HasField("summary_options"):
            summary = _summary(request.summary_options, problems)
        problems.settle()
        self._charge(_article_length(request.article))
        return Translation((_article(request.article, options),), options, _unit(request.options), summary)

    def item(self, request: translation_pb2.BatchTranslateRequest, *, is_taken: bool) -> Translation:
        """Read one item of a bulk translation; `is_taken` = another item in flight has its id."""
        problems = Problems()
        checks.between("id", len(request.id), 1, MAX_ID_CHARS, problems)
        if is_taken:
            problems.append(Violation("id", "DUPLICATE_ID", "is the id of another item in flight"))
        content = request.WhichOneof("content")
        if content == "text":
            checks.text("text", request.text, self._limits, problems)
        elif content == "article":
            checks.article("article", request.article, self._limits, problems)
        else:
            problems.append(empty_text("content"))
        options = self._options(request.options, problems)
        problems.settle()
        is_text = content == "text"
        self._charge(len(request.text) if is_text else _article_length(request.article))
        article = (
            Article.of_text(request.text, options.source_language) if is_text else _article(request.article, options)
        )
        return Translation((article,), options, _unit(request.options))

    def summarization(self, request: summarization_pb2.SummarizeArticleRequest) -> Summarization:
        """Read a request for a summary; without a target language, `translation` is None."""
        problems = Problems()
        checks.article("article", request.article, self._limits, problems)
        summary = _summary(request.summary_options, problems)
        options = self._options(request.options, problems, needs_target=False)
        problems.settle()
        self._charge(_article_length(request.article))
        return Summarization(
            article=_article(request.article, options),
            summary=summary,
            source_language=options.source_language,
            translation=options if options.target_language else None,
            unit=_unit(request.options),
        )

    def to_detect(self, request: translation_pb2.DetectLanguageRequest) -> tuple[str, ...]:
        """Read the texts whose languages are asked for."""
        problems = Problems()
        checks.texts("texts", request.texts, self._limits, problems)
        problems.settle()
        self._charge(_length(*request.texts))
        return tuple(request.texts)

    def _options(
        self, message: common_pb2.TranslationOptions, problems: Problems, *, needs_target: bool = True
    ) -> TranslationOptions:
        """Read the options; of use to the caller only when no problem was found."""
        source, target = "", ""
        if message.source_language_code:
            source = checks.language("options.source_language_code", message.source_language_code, problems)
        if message.target_language_code or needs_target:
            target = checks.language("options.target_language_code", message.target_language_code, problems)
        if source and source == target:
            field = "options.target_language_code"
            problems.append(unsupported_language_pair(field, source=source, target=target, pairs=self._pairs))
        checks.between("options.beam_size", message.beam_size, 0, self._limits.max_beam_size, problems)
        checks.glossary(message, self._limits, problems)
        # An encoding of a later version of the contract: counted in anything else, its spans would cut wrongly.
        checks.between("options.offset_encoding", message.offset_encoding, min(_UNITS), max(_UNITS), problems)
        return TranslationOptions(
            target_language=target,
            source_language=source or None,
            model=message.model or None,
            glossary=_glossary(message),
            remove_boilerplate=message.remove_boilerplate,
            beam_size=message.beam_size or None,
        )


def _length(*texts: str) -> int:
    return sum(map(len, texts))


def _article_length(message: common_pb2.Article) -> int:
    return _length(message.headline, message.lead, message.body)


def _article(message: common_pb2.Article, options: TranslationOptions) -> Article:
    return Article.parse(message.headline, message.lead, message.body, options.source_language)


def _glossary(message: common_pb2.TranslationOptions) -> tuple[GlossaryEntry, ...]:
    entries = (GlossaryEntry(entry.source_term, entry.target_term) for entry in message.glossary_entries)
    phrases = (GlossaryEntry(phrase, phrase, verbatim=True) for phrase in message.do_not_translate_phrases)
    return (*entries, *phrases)


def _unit(message: common_pb2.TranslationOptions) -> OffsetUnit:
    return _UNITS[message.offset_encoding]


def _summary(message: summarization_pb2.SummaryOptions, problems: Problems) -> Summary:
    length = message.WhichOneof("length")
    if length == "max_sentences":
        checks.at_least_one("summary_options.max_sentences", message.max_sentences, problems)
    elif length == "ratio":
        checks.share("summary_options.ratio", message.ratio, problems)
    elif length == "max_chars":
        checks.at_least_one("summary_options.max_chars", message.max_chars, problems)
    if message.HasField("diversity"):
        checks.between("summary_options.diversity", message.diversity, 0, 1, problems)
    options = SummaryOptions(
        max_sentences=message.max_sentences if length == "max_sentences" else None,
        ratio=message.ratio if length == "ratio" else None,
        max_chars=message.max_chars if length == "max_chars" else None,
        diversity=message.diversity if message.HasField("diversity") else None,
        include_lead=message.include_lead,
    )
    return Summary(options, message.return_all_scores)
