"""Packed rows train the network that is exported: same loss, same gradients, whoever lies beside a pair."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # as many more as others would run beside the tests

from models.training.data.packing import Reader, Rows, pack  # noqa: E402 - without torch there is nothing to test
from models.training.data.sentences import Bundle  # noqa: E402
from models.training.network.packed import PackedTranslator  # noqa: E402
from models.training.network.transformer import Translator  # noqa: E402

SMOOTHING = 0.1


@pytest.fixture
def model(small_bundle: Bundle) -> "Translator":
    """Return a network none of whose matrices is zero: at the start, half of the gradients would be."""
    torch.manual_seed(0)
    model = Translator(small_bundle.experiment.network, len(small_bundle.vocabulary))
    for parameter in model.parameters():
        if not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def steps(bundle: Bundle) -> list[Rows]:
    """Return packed steps of some pairs of each stream, of both row lengths, the last ones with empty rows."""
    reader = Reader(bundle.sentences, bundle.vocabulary, None, seed=1)
    examples = (reader.read(stream, index) for stream in bundle.streams() for index in range(20))
    return list(pack(examples, bundle.experiment.training, bundle.vocabulary, rest=True))


def unpack(rows: Rows, eos: int) -> list[tuple[list[int], list[int]]]:
    """Return the pairs of a step: source with its marks, target with both of its own."""
    pairs = []
    for row in range(len(rows.source)):
        for segment in range(1, int(rows.source_segments[row].max()) + 1):
            source = rows.source[row][rows.source_segments[row] == segment].tolist()
            target = rows.target_input[row][rows.target_segments[row] == segment].tolist()
            pairs.append((source, [*target, eos]))
    return pairs


def test_loss_and_gradients_are_those_of_the_plain_network(
    small_bundle: Bundle, model: "Translator", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentence by sentence, padded, with PyTorch's loss, comes out what packed rows give, up to float32's rounding."""
    monkeypatch.setattr("models.training.network.packed.fastest_dtype", lambda _device: torch.float32)
    vocabulary = small_bundle.vocabulary
    packed = PackedTranslator(model, small_bundle.experiment.training.row_tokens, label_smoothing=SMOOTHING)
    lengths = set()
    for rows in steps(small_bundle):
        lengths.add(rows.source.shape[1])
        pairs = unpack(rows, vocabulary.eos)
        assert rows.target_tokens == sum(len(target) - 1 for _, target in pairs)
        model.zero_grad()
        loss, likelihood = packed.loss(rows)
        loss.backward()
        gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
        model.zero_grad()
        source, target = (_padded([pair[side] for pair in pairs], vocabulary.pad) for side in (0, 1))
        logits, labels = model(source, target, vocabulary.pad), target[:, 1:][target[:, 1:] != vocabulary.pad]
        plain = {
            smoothing: torch.nn.functional.cross_entropy(logits, labels, reduction="sum", label_smoothing=smoothing)
            for smoothing in (SMOOTHING, 0.0)
        }
        plain[SMOOTHING].backward()
        torch.testing.assert_close(loss, plain[SMOOTHING], rtol=1e-6, atol=0)
        torch.testing.assert_close(likelihood, plain[0.0], rtol=1e-6, atol=0)
        for name, parameter in model.named_parameters():
            difference = (gradients[name] - parameter.grad).norm() / parameter.grad.norm()
            assert difference < 3e-6, f"{name}: {difference}"
    assert lengths == set(small_bundle.experiment.training.row_tokens)


def _padded(rows: list[list[int]], pad: int) -> Any:
    table = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    for row, tokens in zip(table, rows, strict=True):
        row[: len(tokens)] = tokens
    return torch.from_numpy(table)
