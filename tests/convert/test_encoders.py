"""Public kinds of sentence encoders: converted, their vectors are those of sentence-transformers."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.training.summaries.served import RememberingEncoder, encoder_named
from talmach.app import pulling
from talmach.app.engines import open_encoder
from talmach.errors import ModelNotFound, ModelUnusable
from tests.convert import encoders

pytestmark = pytest.mark.filterwarnings("ignore")
_LONG = " ".join(encoders.TEXTS[:6])


@pytest.mark.parametrize(("kind", "prefix"), [("labse", ""), ("e5", "query: "), ("minilm", "")])
def test_vectors_are_those_of_sentence_transformers(tmp_path: Path, kind: str, prefix: str) -> None:
    """Within 1e-4: pooling, dense layer, prefix, special tokens, what is cut, and any company in the batch."""
    model = encoders.save(tmp_path, kind)
    extra = {"encoding": {"text_prefix": prefix}} if prefix else {}
    wanted = pulling.Wanted(kind, tmp_path / "saved", quantization="float32", extra=extra)
    spec = pulling.install(wanted, tmp_path / "models")
    assert spec.kind == "encoder"
    assert spec.max_source_tokens == 64
    encoder = open_encoder(spec, tmp_path / "models" / kind, device="cpu", compute_type="float32")
    texts = [*encoders.TEXTS, _LONG, "[CLS] </s> <s>", "", "x"]
    expected = model.encode([prefix + text for text in texts], normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(texts)[:-3], expected[:-3], atol=1e-4)
    assert encoder.encode(texts).shape == expected.shape


def test_the_summariser_is_measured_with_any_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is installed, by its id, with its own tokenizer, prefix and pooling; an unknown one is named."""
    encoders.save(tmp_path, "e5")
    extra = {"encoding": {"text_prefix": "query: "}}
    pulling.install(pulling.Wanted("e5", tmp_path / "saved", extra=extra), tmp_path / "models")
    monkeypatch.setenv("TALMACH_MODELS_DIR", str(tmp_path / "models"))
    entry = encoder_named("e5")
    served = open_encoder(entry.spec, tmp_path / "models" / "e5", device="cpu", compute_type="auto")
    measured = RememberingEncoder(entry.spec, entry.root)
    np.testing.assert_allclose(measured.encode(encoders.TEXTS[:9]), served.encode(encoders.TEXTS[:9]), atol=0.05)
    with pytest.raises(ModelNotFound, match=r"e5, talmach-encoder"):
        encoder_named("labse")


def test_what_cannot_be_converted_says_why(tmp_path: Path) -> None:
    """A pooling that the service does not know is an error, not other vectors."""
    encoders.save(tmp_path, "minilm")
    settings = next((tmp_path / "saved").glob("*Pooling/config.json"))
    settings.write_text(json.dumps({"pooling_mode_max_tokens": True}), encoding="utf-8")
    with pytest.raises(ModelUnusable, match="pooling is neither"):
        pulling.install(pulling.Wanted("max", tmp_path / "saved"), tmp_path / "models")
