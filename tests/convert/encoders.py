"""Checkpoints in the forms of public sentence encoders, with random weights."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.sentences import SENTENCES

sentence_transformers = pytest.importorskip("sentence_transformers", reason="needs it beside the extra convert")
tokenizers = pytest.importorskip("tokenizers", reason="needs the extra convert")
torch = pytest.importorskip("torch", reason="needs the extra convert")
transformers = pytest.importorskip("transformers", reason="needs the extra convert")
KINDS = {
    "labse": "labse",
    "multilingual-e5-small": "e5",
    "paraphrase-multilingual-minilm-l12-v2": "minilm",
}
TEXTS = [text for texts in SENTENCES.values() for text in texts]


def _wordpiece(directory: Path) -> None:
    tokenizer = tokenizers.BertWordPieceTokenizer(lowercase=False)
    tokenizer.train_from_iterator(TEXTS, vocab_size=600, show_progress=False)
    tokenizer.save_model(str(directory))
    transformers.BertTokenizerFast(str(directory / "vocab.txt"), do_lower_case=False).save_pretrained(directory)


def _unigram(directory: Path) -> None:
    inner = tokenizers.SentencePieceUnigramTokenizer()
    inner.train_from_iterator(
        TEXTS, vocab_size=600, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
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


def save(directory: Path, kind: str) -> Any:
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
