"""ServerInfo -> GetServerInfoResponse."""

from collections.abc import Collection, Iterator

from talmach.catalog.manifest import ModelSpec
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
        decoding=info_pb2.Decoding(**spec.decoding.model_dump()) if spec.kind == "translation" else None,
        in_memory=spec.id in in_memory,
    )


def _direction(code: str) -> info_pb2.ModelDirection:
    direction = Direction.parse(code)
    return info_pb2.ModelDirection(source_language_code=direction.source, target_language_code=direction.target)


def _scores(spec: ModelSpec) -> Iterator[info_pb2.ModelScore]:
    for direction, score in spec.scores.items():
        values = {"chrF2": score.chrf, "BLEU": score.bleu, "retrieval_accuracy": score.retrieval_accuracy}
        for metric, value in values.items():
            if value is not None:
                yield info_pb2.ModelScore(
                    direction=_direction(direction), metric=metric, value=value, signature=score.signature
                )


def _limits(limits: Limits) -> info_pb2.Limits:
    # Both have the same names: a limit that the contract gets and the server lacks fails here.
    return info_pb2.Limits(**{name: getattr(limits, name) for name in info_pb2.Limits.DESCRIPTOR.fields_by_name})
