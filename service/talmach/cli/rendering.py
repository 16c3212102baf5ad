"""How replies look to a person: tables on a wide terminal, elsewhere plain lines that are never cut."""

from collections.abc import Sequence
from itertools import chain, groupby, repeat

from rich.console import Console
from rich.table import Table
from rich.text import Text

from talmach.cli.review import flag_names
from talmach.client import (
    ArticleTranslation,
    GetServerInfoResponse,
    ModelInfo,
    Segment,
    SegmentStatus,
    Span,
    Summary,
    TextField,
    TranslateArticleResponse,
)

_TABLE_WIDTH = 60  # columns; below it two texts side by side are one word wide


def show_line(console: Console, line: str = "", style: str = "") -> None:
    """Print a line that the terminal wraps at words; where there is no terminal, nothing wraps it."""
    console.print(Text(line, style=style), soft_wrap=not console.is_terminal)


def show_translation(console: Console, translation: ArticleTranslation, languages: tuple[str, str]) -> None:
    """Show every sentence beside its translation, paragraph by paragraph."""
    paragraphs = [
        list(segments) for _, segments in groupby(translation.segments, lambda each: (each.field, each.paragraph_index))
    ]
    if console.is_terminal and console.width >= _TABLE_WIDTH:
        console.print(_side_by_side(paragraphs, languages))
        return
    for paragraph in paragraphs:
        for segment in paragraph:
            show_line(console, f"[{segment.index}] {_marked(segment.source_text, segment)}")
            show_line(console, f"{' ' * len(f'[{segment.index}]')} {segment.translated_text}")
        show_line(console)


def _side_by_side(paragraphs: Sequence[Sequence[Segment]], languages: tuple[str, str]) -> Table:
    table = Table(expand=True)
    table.add_column("#", justify="right", style="dim")
    for language in languages:
        table.add_column(language, ratio=1, overflow="fold")
    for paragraph in paragraphs:
        for segment in paragraph:
            style = "bold" if segment.field == TextField.TEXT_FIELD_HEADLINE else ""
            source = Text(_marked(segment.source_text, segment), style)
            table.add_row(str(segment.index), source, Text(segment.translated_text, style))
        table.add_section()
    return table


def _marked(text: str, segment: Segment) -> str:
    """Mark a sentence that was not translated with the reason."""
    if segment.status == SegmentStatus.SEGMENT_STATUS_TRANSLATED:
        return text
    return f"{text} ({SegmentStatus.Name(segment.status).removeprefix('SEGMENT_STATUS_').lower()})"


def show_summary(console: Console, summary: Summary) -> None:
    """Show the chosen sentences, each with its place in the source and, when it was translated, its source."""
    for number, sentence in enumerate(summary.sentences, start=1):
        segment = sentence.segment
        show_line(console, f"{number}. {segment.translated_text}", "bold")
        is_translated = segment.translated_text != segment.source_text
        place = _place(segment.field, segment.source_span)
        show_line(console, f"   {place} {segment.source_text if is_translated else ''}".rstrip(), "dim")


def show_scores(console: Console, summary: Summary) -> None:
    """Show how every sentence fared."""
    show_line(console)
    show_line(console, f"{'#':>3}  {'score':>5}  {'place':<18}  reason")
    for score in summary.all_scores:
        mark = "*" if score.chosen else " "
        place = _place(score.field, score.source_span)
        show_line(console, f"{score.index:>3}{mark} {score.score:>5.2f}  {place:<18}  {score.reason}")


def _place(field: "TextField.ValueType", span: Span) -> str:
    return f"{TextField.Name(field).removeprefix('TEXT_FIELD_').lower()}[{span.start}:{span.end}]"


def show_facts(
    console: Console, reply: TranslateArticleResponse, server: GetServerInfoResponse, target: str, named: str
) -> None:
    """Show language, models and why these, time, tokens and every flag; `named` is the model that was asked for."""
    translation, timings, usage = reply.translation, reply.timings, reply.usage
    detected = ", ".join(f"{each.language_code} {each.confidence:.2f}" for each in translation.detection.candidates)
    used = [*reply.model_ids, reply.summary.encoder_model_id]
    models = [_model_name(model) for model in server.models if model.id in used]
    speed = 1_000 * usage.target_tokens / timings.inference_ms if timings.inference_ms else 0
    flags = [f"[{each.index}] {', '.join(flag_names(each))}" for each in translation.segments if each.quality_flags]
    facts = {
        "language": [f"{translation.source_language_code or 'undetermined'} (detected: {detected or 'nothing'})"],
        "models": models or ["none"],
        "why": _why(server, translation.source_language_code, target, named),
        "time": [f"{timings.total_ms:,.0f} ms (queue {timings.queue_ms:,.0f}, inference {timings.inference_ms:,.0f})"],
        "tokens": [f"{usage.source_tokens:,} in, {usage.target_tokens:,} out ({speed:,.0f} out/s)"],
        "flags": flags or ["none"],
    }
    for name, values in facts.items():
        for title, value in zip(chain([name], repeat("")), values, strict=False):
            show_line(console, f"{title:<10}{value}")


def _why(server: GetServerInfoResponse, source: str, target: str, named: str) -> list[str]:
    """Say why the model of a direction was chosen; nothing if there is no such direction."""
    for pair in server.language_pairs:
        if (pair.source_language_code, pair.target_language_code) == (source, target):
            direction, chosen, pivot = f"{source}-{target}", pair.default_model, pair.pivot_language_code
            if named:
                return [f"{named} was named by --model"]
            if pivot:
                return [f"no model translates {direction}: it goes through {pivot}, and {chosen} begins"]
            others = [model.id for model in server.models if model.id != chosen and _translates(model, source, target)]
            if not others:
                return [f"{chosen} is the only model for {direction}"]
            order = "`talmach models list` shows the order, `talmach models use` changes it"
            return [f"{chosen} goes before {', '.join(others)} for {direction} ({order})"]
    return []


def _translates(model: ModelInfo, source: str, target: str) -> bool:
    return any((each.source_language_code, each.target_language_code) == (source, target) for each in model.directions)


def _model_name(model: ModelInfo) -> str:
    return f"{model.id} {model.version} ({'draft, ' if model.draft else ''}{model.compute_type} on {model.device})"


def show_server(console: Console, server: GetServerInfoResponse) -> None:
    """Show version, language pairs, models and limits."""
    pairs = [
        f"{pair.source_language_code}-{pair.target_language_code}"
        + (f" (through {pair.pivot_language_code})" if pair.pivot_language_code else "")
        for pair in server.language_pairs
    ]
    show_line(console, f"talmach {server.version}", "bold")
    show_line(console, f"{'pairs':<10}{', '.join(pairs)}")
    for model in server.models:
        place = "" if model.in_memory else ", not in memory now"
        search = f", beam {model.decoding.beam_size}" if model.HasField("decoding") else ""
        facts = f"{_model_name(model)}, {model.architecture}, {model.licence}{search}{place}"
        show_line(console, f"{'model':<10}{facts}")
    for field, value in server.limits.ListFields():
        show_line(console, f"{field.name:<26}{value:>12,}")
