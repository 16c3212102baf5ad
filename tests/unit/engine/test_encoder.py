"""The real sentence encoder with a tiny model of random numbers: lengths, order, padding, threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from talmach.engine.encoder import Ct2Encoder
from talmach.errors import ModelUnusable
from tests.unit.engine import tiny

TEXTS = [*tiny.SENTENCES[::5], "Ганна", "Ганна бачыў " * 20]


@pytest.fixture(scope="module", name="directory")
def _directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("encoder")
    tiny.write_encoder(directory)
    return directory


@pytest.fixture(scope="module", name="encoder")
def _encoder(directory: Path) -> Ct2Encoder:
    return Ct2Encoder("tiny", directory, device="cpu", workers=2)


def test_embeddings_have_length_one(encoder: Ct2Encoder) -> None:
    """One float32 row for each text, more than one batch of them."""
    embeddings = encoder.encode(TEXTS)
    assert len(TEXTS) > 32
    assert embeddings.shape == (len(TEXTS), tiny.WIDTH)
    assert embeddings.dtype == np.dtype("float32")
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_embeddings_do_not_depend_on_their_company(directory: Path) -> None:
    """Padding is masked, in attention and in the mean: alone or beside long ones, a sentence is the same."""
    encoder = Ct2Encoder("tiny", directory, device="cpu", compute_type="float32")
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_int8_embeddings_hardly_depend_on_their_company(encoder: Ct2Encoder) -> None:
    """The same at the served settings."""
    together, alone = encoder.encode(TEXTS), np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_rows_are_in_the_order_of_the_texts(encoder: Ct2Encoder) -> None:
    """Batches are made by length, results are not."""
    order = np.random.default_rng(3).permutation(len(TEXTS))
    shuffled = encoder.encode([TEXTS[index] for index in order])
    assert (shuffled * encoder.encode(TEXTS)[order]).sum(axis=1).min() > 0.999
    assert encoder.encode(TEXTS)[0] @ encoder.encode(TEXTS)[-1] < 0.99


def test_no_texts_have_no_rows(encoder: Ct2Encoder) -> None:
    """And an empty text has one that is as long as the others."""
    assert len(encoder.encode([])) == 0
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(["", "\n"]), axis=1), 1, atol=1e-5)


def test_very_long_texts_are_cut(encoder: Ct2Encoder) -> None:
    """What is behind the first 127 pieces makes no difference."""
    start = "Ганна бачыў новую школу " * 20
    first, second = encoder.encode([start + "Пётр", start + "Anna saw the bridge " * 200])
    assert first @ second > 0.999


def test_threads_get_the_same_results(encoder: Ct2Encoder) -> None:
    """Four at once."""
    expected = encoder.encode(TEXTS)
    with ThreadPoolExecutor(4) as executor:
        for embeddings in executor.map(lambda _: encoder.encode(TEXTS), range(8)):
            np.testing.assert_allclose(embeddings, expected, atol=1e-5)


def test_what_is_in_effect_is_reported(encoder: Ct2Encoder) -> None:
    """As with the translator."""
    assert (encoder.device, encoder.compute_type, encoder.model_id) == ("cpu", "int8_float32", "tiny")


def test_a_missing_model_is_unusable(tmp_path: Path) -> None:
    """As with the translator."""
    with pytest.raises(ModelUnusable):
        Ct2Encoder("tiny", tmp_path)
