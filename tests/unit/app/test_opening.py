"""What is opened beside the models."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from talmach.app.loading import Engines
from talmach.app.opening import open_cache
from talmach.catalog.manifest import Golden, Lengths, ModelSpec, Prompt, Tokenizer
from talmach.config import Settings
from talmach.engine.base import DecodeOptions, Direction
from talmach.metrics import Metrics

SPEC = ModelSpec(
    id="model",
    version="1",
    kind="translation",
    architecture="any",
    path="model",
    licence="Apache-2.0",
    files={"model.bin": "0" * 64},
    directions=("be-en",),
    golden=(Golden(direction="be-en", source="Дождж."),),
)


def key(spec: ModelSpec) -> bytes:
    """Return the key of a sentence in the cache of a server with this one model."""
    engine: Any = SimpleNamespace(compute_type="int8")
    engines = Engines(((spec, engine),), cast(Any, None), {})
    cache = open_cache(Settings(cache_mib=1), engines, Metrics())
    assert cache is not None
    return cache.key("model", DecodeOptions(), Direction("be", "en"), "Дождж.")


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": {"be-en": Prompt(source_prefix=(">>eng<<",))}},
        {"tokenizer": Tokenizer(normalize=False)},
        {"lengths": Lengths(limit=64)},
        {"max_source_tokens": 64},
    ],
)
def test_a_manifest_that_was_corrected_gets_new_answers(change: dict[str, Any]) -> None:
    """A Redis that outlives the server, or serves others too, holds those of the wrong prompt with the same weights."""
    assert key(SPEC.model_copy(update=change)) != key(SPEC) == key(SPEC.model_copy(update={"licence": "MIT"}))
