"""Public kinds of sentence encoders: converted, their vectors are those of sentence-transformers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talmach.app import pulling
from talmach.app.engines import open_encoder
from talmach.errors import ModelUnusable
from tests.convert.sentences import SENTENCES

sentence_transformers = pytest.importorskip("sentence_transformers", reason="needs it beside the extra convert")
tokenizers = pytest.importorskip("tokenizers", reason="needs the extra convert")
torch = pytest.importorskip("torch", reason="needs the extra convert")
transformers = pytest.importorskip("transformers", reason="needs the extra convert")
pytestmark = pytest.mark.filterwarnings("ignore")
_TEXTS = [text for texts in SENTENCES.values() for text in texts]
_LONG = " ".join(_TEXTS[:6])


def _wordpiece(directory: Path) -> None:
    tokenizer = tokenizers.BertWordPieceTokenizer(lowercase=False)
    tokenizer.train_from_iterator(_TEXTS, vocab_size=600, show_progress=False)
    tokenizer.save_model(str(directory))
    transformers.BertTokenizerFast(str(directory / "vocab.txt"), do_lower_case=False).save_pretrained(directory)


def _unigram(directory: Path) -> None:
    inner = tokenizers.SentencePieceUnigramTokenizer()
    inner.train_from_iterator(
        _TEXTS, vocab_size=600, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    inner._tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner._tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    ).save_pretrained(directory)


def _encoder(directory: Path, kind: str) -> Any:
    """Make a checkpoint in the form of a public one, with random weights, and save it."""
    bert = directory / "bert"
    bert.mkdir(parents=True)
    (_wordpiece if kind == "labse" else _unigram)(bert)
    size = len(transformers.AutoTokenizer.from_pretrained(bert))
    config = transformers.BertConfig(
        vocab_size=size,
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=128,
        pad_token_id=0 if kind == "labse" else 1,
    )
    torch.manual_seed(2)
    transformers.BertModel(config).save_pretrained(bert)
    modules = sentence_transformers.sentence_transformer.modules
    parts: list[Any] = [modules.Transformer(str(bert), max_seq_length=64)]
    parts.append(modules.Pooling(48, pooling_mode="cls" if kind == "labse" else "mean"))
    if kind == "labse":
        parts.append(modules.Dense(48, 40, activation_function=torch.nn.Tanh()))
    if kind != "minilm":
        parts.append(modules.Normalize())
    model = sentence_transformers.SentenceTransformer(modules=parts, device="cpu")
    model.save(str(directory / "saved"))
    return model


@pytest.mark.parametrize(("kind", "prefix"), [("labse", ""), ("e5", "query: "), ("minilm", "")])
def test_vectors_are_those_of_sentence_transformers(tmp_path: Path, kind: str, prefix: str) -> None:
    """Within 1e-4: pooling, dense layer, prefix, special tokens, what is cut, and any company in the batch."""
    model = _encoder(tmp_path, kind)
    extra = {"encoding": {"text_prefix": prefix}} if prefix else {}
    wanted = pulling.Wanted(kind, str(tmp_path / "saved"), quantization="float32", extra=extra)
    spec = pulling.install(wanted, tmp_path / "models")
    assert spec.kind == "encoder"
    assert spec.max_source_tokens == 64
    encoder = open_encoder(spec, tmp_path / "models" / kind, device="cpu", compute_type="float32")
    texts = [*_TEXTS, _LONG, "[CLS] </s> <s>", "", "x"]
    expected = model.encode([prefix + text for text in texts], normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(texts)[:-3], expected[:-3], atol=1e-4)
    assert encoder.encode(texts).shape == expected.shape


def test_what_cannot_be_converted_says_why(tmp_path: Path) -> None:
    """A pooling that the service does not know is an error, not other vectors."""
    _encoder(tmp_path, "minilm")
    settings = next((tmp_path / "saved").glob("*Pooling/config.json"))
    settings.write_text(json.dumps({"pooling_mode_max_tokens": True}), encoding="utf-8")
    with pytest.raises(ModelUnusable, match="pooling is neither"):
        pulling.install(pulling.Wanted("max", str(tmp_path / "saved")), tmp_path / "models")
