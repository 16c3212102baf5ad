"""ServerInfo -> GetServerInfoResponse."""

from collections.abc import Collection, Iterator

from talmach.catalog.manifest import Decoding, ModelSpec, Score
from talmach.contract.info import LanguagePair, Limits, LoadedModel, ServerInfo
from talmach.engine.base import Direction
from talmach.pb import info_pb2


def response(info: ServerInfo) -> info_pb2.GetServerInfoResponse:
    """Describe a server: pairs ordered by source and target, models by id."""
    in_memory = info.in_memory()
    return info_pb2.GetServerInfoResponse(
        version=info.version,
        language_pairs=map(_pair, sorted(info.pairs, key=lambda pair: pair.direction)),
        models=[_model(model, in_memory) for model in sorted(info.models, key=lambda model: model.spec.id)],
        limits=_limits(info.limits),
    )


def _pair(pair: LanguagePair) -> info_pb2.LanguagePair:
    return info_pb2.LanguagePair(
        source_language_code=pair.direction.source,
        target_language_code=pair.direction.target,
        pivot_language_code=pair.pivot,
        default_model=pair.default_model,
    )


def _model(model: LoadedModel, in_memory: Collection[str]) -> info_pb2.ModelInfo:
    spec = model.spec
    return info_pb2.ModelInfo(
        id=spec.id,
        version=spec.version,
        kind=info_pb2.ModelKind.Value(f"MODEL_KIND_{spec.kind.upper()}"),
        draft=spec.draft,
        architecture=spec.architecture,
        directions=map(_direction, spec.directions),
        files=[info_pb2.ModelFile(name=name, sha256=spec.files[name]) for name in sorted(spec.files)],
        compute_type=model.compute_type,
        device=model.device,
        licence=spec.licence,
        training_sources=spec.sources,
        scores=_scores(spec),
        max_source_tokens=spec.max_source_tokens,
        decoding=_decoding(spec.decoding) if spec.kind == "translation" else None,
        in_memory=spec.id in in_memory,
    )


def _direction(code: str) -> info_pb2.ModelDirection:
    direction = Direction.parse(code)
    return info_pb2.ModelDirection(source_language_code=direction.source, target_language_code=direction.target)


def _decoding(decoding: Decoding) -> info_pb2.Decoding:
    return info_pb2.Decoding(
        beam_size=decoding.beam_size,
        length_penalty=decoding.length_penalty,
        repetition_penalty=decoding.repetition_penalty,
        no_repeat_ngram_size=decoding.no_repeat_ngram_size,
    )


def _scores(spec: ModelSpec) -> Iterator[info_pb2.ModelScore]:
    for direction, score in spec.scores.items():
        for metric, value in _values(score).items():
            if value is not None:
                yield info_pb2.ModelScore(
                    direction=_direction(direction), metric=metric, value=value, signature=score.signature
                )


def _values(score: Score) -> dict[str, float | None]:
    return {"chrF2": score.chrf, "BLEU": score.bleu, "retrieval_accuracy": score.retrieval_accuracy}


def _limits(limits: Limits) -> info_pb2.Limits:
    return info_pb2.Limits(
        max_text_chars=limits.max_text_chars,
        max_texts=limits.max_texts,
        max_request_chars=limits.max_request_chars,
        max_glossary_entries=limits.max_glossary_entries,
        max_term_chars=limits.max_term_chars,
        max_beam_size=limits.max_beam_size,
        max_batch_items_in_flight=limits.max_batch_items_in_flight,
        max_message_bytes=limits.max_message_bytes,
        min_keepalive_interval_ms=limits.min_keepalive_interval_ms,
        max_batch_streams=limits.max_batch_streams,
        max_batch_streams_per_caller=limits.max_batch_streams_per_caller,
        stream_idle_ms=limits.stream_idle_ms,
        max_connection_age_ms=limits.max_connection_age_ms,
        max_connection_age_grace_ms=limits.max_connection_age_grace_ms,
    )
