"""Request messages -> validated values; what is wrong with a request is reported all at once."""

from collections.abc import Collection, Sequence

from talmach.contract import checks
from talmach.contract.checks import MAX_ID_CHARS, Problems
from talmach.contract.info import Limits
from talmach.contract.offsets import UNITS
from talmach.contract.violations import Violation, empty_text, violation
from talmach.engine.base import Direction
from talmach.errors import UnsupportedLanguagePair
from talmach.pb import common_pb2, summarization_pb2, translation_pb2
from talmach.summary.values import SummaryOptions
from talmach.text.article import Field
from talmach.text.markup import TextFormat
from talmach.translation.values import GlossaryEntry, TranslationOptions
from talmach.use_cases import Fields

_FORMATS = {
    common_pb2.TEXT_FORMAT_UNSPECIFIED: TextFormat.TEXT,
    **{common_pb2.TextFormat.Value(f"TEXT_FORMAT_{each.name}"): each for each in TextFormat},
}
_MAX_INT = 2**31 - 1  # the contract's largest


class RequestReader:
    """Reads requests within `limits`; `directions` are those that can be translated."""

    def __init__(self, limits: Limits, directions: Collection[Direction]) -> None:
        self._limits = limits
        self._pairs = sorted(map(str, directions))

    def texts(self, request: translation_pb2.TranslateTextRequest) -> tuple[Sequence[str], TranslationOptions]:
        """Read a request for the translation of texts."""
        problems = Problems()
        checks.texts("texts", request.texts, self._limits, problems)
        options = self._options(request.options, problems)
        problems.settle()
        return tuple(request.texts), options

    def article(
        self, request: translation_pb2.TranslateArticleRequest | translation_pb2.StreamTranslateArticleRequest
    ) -> tuple[Fields, TranslationOptions, SummaryOptions | None]:
        """Read a request for the translation of an article, with its summary when that is asked for too."""
        problems = Problems()
        fields = _fields(request.article)
        checks.article("article", fields.values(), self._limits, problems)
        options = self._options(request.options, problems)
        summary = None
        if isinstance(request, translation_pb2.TranslateArticleRequest) and request.HasField("summary_options"):
            summary = _summary(request.summary_options, problems)
        problems.settle()
        return fields, options, summary

    def item(
        self, request: translation_pb2.BatchTranslateRequest, *, is_taken: bool
    ) -> tuple[Fields, TranslationOptions]:
        """Read one item of a bulk translation; `is_taken` = another item in flight has its id."""
        problems = Problems()
        checks.between("id", len(request.id), 1, MAX_ID_CHARS, problems)
        if is_taken:
            problems.append(Violation("id", "DUPLICATE_ID", "is the id of another item in flight"))
        content = request.WhichOneof("content")
        fields = {Field.TEXT: request.text} if content == "text" else _fields(request.article)
        if content == "text":
            checks.text("text", request.text, self._limits.max_text_chars, problems)
        elif content == "article":
            checks.article("article", fields.values(), self._limits, problems)
        else:
            problems.append(empty_text("content"))
        options = self._options(request.options, problems)
        problems.settle()
        return fields, options

    def summarization(
        self, request: summarization_pb2.SummarizeArticleRequest
    ) -> tuple[Fields, SummaryOptions, TranslationOptions]:
        """Read a request for a summary; without a target language it is not to be translated."""
        problems = Problems()
        fields = _fields(request.article)
        checks.article("article", fields.values(), self._limits, problems)
        summary = _summary(request.summary_options, problems)
        options = self._options(request.options, problems, needs_target=False)
        problems.settle()
        return fields, summary, options

    def to_detect(self, request: translation_pb2.DetectLanguageRequest) -> Sequence[str]:
        """Read the texts whose languages are asked for."""
        problems = Problems()
        checks.texts("texts", request.texts, self._limits, problems)
        problems.settle()
        return tuple(request.texts)

    def _options(
        self, message: common_pb2.TranslationOptions, problems: Problems, *, needs_target: bool = True
    ) -> TranslationOptions:
        """Read the options; of use to the caller only when no problem was found."""
        source, target, default = "", "", ""
        if message.source_language_code:
            source = checks.language("options.source_language_code", message.source_language_code, problems)
        if message.default_source_language_code:
            field = "options.default_source_language_code"
            default = checks.language(field, message.default_source_language_code, problems)
        if message.target_language_code or needs_target:
            target = checks.language("options.target_language_code", message.target_language_code, problems)
        if source and source == target:
            error = UnsupportedLanguagePair(source, target, self._pairs)
            problems.append(violation("options.target_language_code", error))
        checks.between("options.beam_size", message.beam_size, 0, self._limits.max_beam_size, problems)
        checks.glossary(message, self._limits, problems)
        # An encoding of a later version of the contract: counted in anything else, its spans would cut wrongly.
        checks.between("options.offset_encoding", message.offset_encoding, min(UNITS), max(UNITS), problems)
        checks.between("options.format", message.format, min(_FORMATS), max(_FORMATS), problems)
        return TranslationOptions(
            target_language=target,
            source_language=source or None,
            default_source_language=default or None,
            model=message.model or None,
            glossary=_glossary(message),
            remove_boilerplate=message.remove_boilerplate,
            beam_size=message.beam_size or None,
            format=_FORMATS.get(message.format, TextFormat.TEXT),
            translate_attributes=message.translate_attributes,
        )


def _fields(message: common_pb2.Article) -> Fields:
    return {Field.HEADLINE: message.headline, Field.LEAD: message.lead, Field.BODY: message.body}


def _glossary(message: common_pb2.TranslationOptions) -> tuple[GlossaryEntry, ...]:
    # Without the blanks around them, which the text has already: "школа = school".
    entries = (GlossaryEntry(entry.source_term, entry.target_term.strip()) for entry in message.glossary_entries)
    phrases = (GlossaryEntry(phrase, phrase.strip(), verbatim=True) for phrase in message.do_not_translate_phrases)
    return (*entries, *phrases)


def _summary(message: summarization_pb2.SummaryOptions, problems: Problems) -> SummaryOptions:
    length = message.WhichOneof("length")
    if length == "ratio":
        checks.share("summary_options.ratio", message.ratio, problems)
    elif length is not None:
        checks.between(f"summary_options.{length}", getattr(message, length), 1, _MAX_INT, problems)
    if message.HasField("diversity"):
        checks.between("summary_options.diversity", message.diversity, 0, 1, problems)
    return SummaryOptions(
        max_sentences=message.max_sentences if length == "max_sentences" else None,
        ratio=message.ratio if length == "ratio" else None,
        max_chars=message.max_chars if length == "max_chars" else None,
        diversity=message.diversity if message.HasField("diversity") else None,
        include_lead=message.include_lead,
    )
