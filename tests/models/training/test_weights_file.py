"""What the recipe exported can be read back, so that a later session goes on from the embedded weights."""

from pathlib import Path

import numpy as np
import pytest
from ctranslate2.specs import ModelSpec, common_spec

from models.training.network.weights_file import read_weights


class TwoLayers(ModelSpec):  # type: ignore[misc]  # CTranslate2 has no types
    """A linear layer, a norm and a second linear layer that shares the first one's weights."""

    def __init__(self, weight: np.ndarray, gain: np.ndarray) -> None:
        super().__init__()
        self.first, self.norm, self.tied = (
            common_spec.LinearSpec(),
            common_spec.LayerNormSpec(rms_norm=True),
            common_spec.LinearSpec(),
        )
        self.first.weight, self.norm.gamma, self.tied.weight = weight, gain, weight.copy()

    @property
    def name(self) -> str:
        """Return a name as a real model's."""
        return "TwoLayers"


@pytest.mark.parametrize(("quantization", "steps"), [(None, 0.0), ("int8", 0.5)])
def test_an_exported_model_is_read_back(tmp_path: Path, quantization: str | None, steps: float) -> None:
    """Every weight comes back under its name, int8 within half a quantisation step of its row, aliases included."""
    rng = np.random.default_rng(1)
    weight, gain = rng.standard_normal((6, 9)).astype(np.float32), rng.standard_normal(9).astype(np.float32)
    spec = TwoLayers(weight.copy(), gain.copy())
    spec.validate()
    spec.optimize(quantization)
    spec.save(str(tmp_path))
    read = read_weights(tmp_path / "model.bin")
    assert read.keys() == {"first/weight", "norm/gamma", "tied/weight"}
    step = np.abs(weight).max(axis=1, keepdims=True) / 127
    assert (np.abs(read["first/weight"] - weight) <= steps * step + 1e-6).all()
    np.testing.assert_array_equal(read["tied/weight"], read["first/weight"])
    np.testing.assert_array_equal(read["norm/gamma"], gain)


def test_another_layout_is_refused(tmp_path: Path) -> None:
    """A file of a later binary version is an error, not a jumble of weights."""
    (tmp_path / "model.bin").write_bytes(b"\x07\x00\x00\x00")
    with pytest.raises(ValueError, match="binary version 7"):
        read_weights(tmp_path / "model.bin")
