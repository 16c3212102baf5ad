"""Small checkpoints of the public architectures and tokenizer classes, made and trained for seconds with transformers.

They know the golden sentences and a few of the articles by heart, in every direction; of anything else they make what
they make. What is tested is that the service makes the same of it.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentencepiece

from tests.convert.sentences import GOLDEN, SENTENCES

# Whoever imports this is skipped, and says so, where the extra is not installed.
torch = pytest.importorskip("torch", reason="needs the extra convert")
transformers = pytest.importorskip("transformers", reason="needs the extra convert")
pytest.importorskip("huggingface_hub", reason="needs the extra convert")

_WIDTH = {
    "d_model": 64,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
}
_DROPOUT = {"dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0}
_POSITIONS = 256
_MARIAN_OPTIONS = """
type: transformer
enc-depth: 2
dec-depth: 2
transformer-heads: 4
transformer-ffn-activation: swish
transformer-decoder-autoreg: self-attention
transformer-no-projection: false
transformer-preprocess: ""
transformer-postprocess: dan
transformer-postprocess-emb: d
transformer-postprocess-top: ""
transformer-guided-alignment-layer: last
"""
_STEPS = 160
_LEARNED = 2  # sentences of each direction, beside the golden one


@dataclass
class Checkpoint:
    """A checkpoint with how its own library encodes a sentence and forces the beginning of its translation."""

    directory: Path
    directions: tuple[str, ...]
    model: Any
    tokenizer: Any
    encode: Callable[[str, str], list[int]]  # text, direction -> ids
    forced: Callable[[str], int | None]  # direction -> the id that a translation is made to begin with
    label: Callable[[str, str], list[int]]  # text, direction -> ids, no start and no end

    def generate(self, texts: list[str], direction: str, beam_size: int, new_tokens: int) -> list[list[str]]:
        """Return the tokens that transformers generates, without what was forced and what follows the end."""
        forced, config = self.forced(direction), self.model.config
        rows = [torch.tensor(self.encode(text, direction)) for text in texts]
        inputs = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=config.pad_token_id)
        with torch.no_grad():
            generated = self.model.generate(
                inputs,
                attention_mask=(inputs != config.pad_token_id).long(),
                max_new_tokens=new_tokens,
                num_beams=beam_size,
                do_sample=False,
                early_stopping=beam_size > 1,
                length_penalty=1.0,
                forced_bos_token_id=forced,
                forced_eos_token_id=None,
            ).tolist()
        start = 1 if forced is None else 2
        return [self.tokenizer.convert_ids_to_tokens(_ended(ids[start:], config.eos_token_id)) for ids in generated]

    def score(self, text: str, direction: str, tokens: list[str]) -> float:
        """Return what transformers itself holds of a translation: the mean log-probability of its tokens."""
        forced = self.forced(direction)
        labels = [*([] if forced is None else [forced]), *self.tokenizer.convert_tokens_to_ids(tokens)]
        with torch.no_grad():
            inputs = torch.tensor([self.encode(text, direction)])
            logits = self.model(input_ids=inputs, labels=torch.tensor([labels])).logits[0]
        of_each = logits.log_softmax(-1).gather(1, torch.tensor(labels)[:, None])
        return float(of_each[0 if forced is None else 1 :].mean())


def marian(directory: Path, directions: tuple[str, ...], *, multi_target: bool) -> Checkpoint:
    """One SentencePiece model for each side, one vocabulary; with several targets, a token for each."""
    sources, targets = (sorted({each.split("-")[side] for each in directions}) for side in (0, 1))
    pieces = [*_train(directory / "source.spm", sources), *_train(directory / "target.spm", targets)]
    names = {"be": ">>bel<<", "en": ">>eng<<", "ru": ">>rus<<"}
    markers = [names[each] for each in targets] if multi_target else []
    vocabulary = list(dict.fromkeys(["</s>", "<unk>", *markers, *(each for each in pieces if each != "<s>"), "<pad>"]))
    _json(directory / "vocab.json", {token: index for index, token in enumerate(vocabulary)})
    _json(directory / "tokenizer_config.json", {"tokenizer_class": "MarianTokenizer", "model_max_length": 512})
    pad = len(vocabulary) - 1
    config = transformers.MarianConfig(
        vocab_size=len(vocabulary),
        pad_token_id=pad,
        eos_token_id=0,
        bos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=None,
        activation_function="swish",
        static_position_embeddings=True,
        scale_embedding=True,
        max_position_embeddings=_POSITIONS,
        **_WIDTH,
        **_DROPOUT,
    )
    model = transformers.MarianMTModel(config)
    with torch.no_grad():
        model.model.shared.weight[pad] = 0  # the decoder starts from nothing
    model.generation_config.bad_words_ids = [[pad]]
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)

    def encode(text: str, direction: str) -> list[int]:
        marker = names[direction.split("-")[1]] if multi_target else ""
        return list(tokenizer(marker + text).input_ids)

    def label(text: str, _: str) -> list[int]:
        return list(tokenizer(text_target=text).input_ids[:-1])

    return _finish(Checkpoint(directory, directions, model, tokenizer, encode, lambda _: None, label))


def opus(directory: Path, directions: tuple[str, ...]) -> Checkpoint:
    """The same as `marian` has it, in Marian's own files: an .npz, a vocabulary in YAML and a decoder.yml."""
    original = directory.with_name(f"{directory.name}-transformers")
    checkpoint = marian(original, directions, multi_target=False)
    weights = {name: value.detach().numpy() for name, value in checkpoint.model.state_dict().items()}
    vocabulary = json.loads((original / "vocab.json").read_text(encoding="utf-8"))
    pad = vocabulary.pop("<pad>")
    renamed = {
        "Wemb": weights["model.shared.weight"][:pad],
        "decoder_ff_logit_out_b": weights["final_logits_bias"][:, :pad],
        "special:model.yml": np.frombuffer(_MARIAN_OPTIONS.encode() + b"\0", dtype=np.int8),
    }
    for side in ("encoder", "decoder"):
        for layer in range(2):
            renamed |= _marian_layer(weights, f"model.{side}.layers.{layer}", f"{side}_l{layer + 1}")
    np.savez(directory / "model.npz", **renamed)
    lines = [f"{json.dumps(token, ensure_ascii=False)}: {index}" for token, index in vocabulary.items()]
    (directory / "vocab.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (directory / "decoder.yml").write_text(
        "models:\n- model.npz\nvocabs:\n- vocab.yml\n- vocab.yml\n", encoding="utf-8"
    )
    for name in ("source.spm", "target.spm"):
        shutil.copyfile(original / name, directory / name)
    return replace(checkpoint, directory=directory)


def _marian_layer(weights: dict[str, Any], own: str, marians: str) -> dict[str, Any]:
    """Give the weights of a layer the names and the orientation that Marian saves them in."""
    renamed = {}
    for attention, scope in (("self_attn", "self"), ("encoder_attn", "context")):
        if f"{own}.{attention}.q_proj.weight" in weights:
            for part, letter in (("q_proj", "q"), ("k_proj", "k"), ("v_proj", "v"), ("out_proj", "o")):
                renamed[f"{marians}_{scope}_W{letter}"] = weights[f"{own}.{attention}.{part}.weight"].T
                renamed[f"{marians}_{scope}_b{letter}"] = weights[f"{own}.{attention}.{part}.bias"][None]
            renamed[f"{marians}_{scope}_Wo_ln_scale"] = weights[f"{own}.{attention}_layer_norm.weight"][None]
            renamed[f"{marians}_{scope}_Wo_ln_bias"] = weights[f"{own}.{attention}_layer_norm.bias"][None]
    for number in "12":
        renamed[f"{marians}_ffn_W{number}"] = weights[f"{own}.fc{number}.weight"].T
        renamed[f"{marians}_ffn_b{number}"] = weights[f"{own}.fc{number}.bias"][None]
    renamed[f"{marians}_ffn_ffn_ln_scale"] = weights[f"{own}.final_layer_norm.weight"][None]
    renamed[f"{marians}_ffn_ffn_ln_bias"] = weights[f"{own}.final_layer_norm.bias"][None]
    return renamed


def m2m100(directory: Path, directions: tuple[str, ...]) -> Checkpoint:
    """Language tokens in front of both sides."""
    languages = sorted({code for each in directions for code in each.split("-")})
    pieces = _train(directory / "sentencepiece.bpe.model", languages)
    vocabulary = dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>", *pieces])
    _json(directory / "vocab.json", {token: index for index, token in enumerate(vocabulary)})
    tokenizer = transformers.M2M100Tokenizer(
        str(directory / "vocab.json"), str(directory / "sentencepiece.bpe.model"), model_max_length=1024
    )
    tokenizer.save_pretrained(directory)
    size = len(vocabulary) + len(tokenizer.lang_token_to_id) + tokenizer.num_madeup_words
    return _both_sides(directory, directions, tokenizer, size, dict(zip(languages, languages, strict=True)))


def nllb(directory: Path, directions: tuple[str, ...]) -> Checkpoint:
    """The same architecture, other names of languages, a BPE vocabulary."""
    languages = sorted({code for each in directions for code in each.split("-")})
    _train(directory / "sentencepiece.bpe.model", languages, model_type="bpe")
    names = {"be": "bel_Cyrl", "en": "eng_Latn", "ru": "rus_Cyrl"}
    _json(
        directory / "tokenizer_config.json",
        {
            "tokenizer_class": "NllbTokenizer",
            "model_max_length": 1024,
            "additional_special_tokens": list(names.values()),
        },
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return _both_sides(directory, directions, tokenizer, len(tokenizer), {each: names[each] for each in languages})


def t5(directory: Path, directions: tuple[str, ...]) -> Checkpoint:
    """A tag of the target language in front of the source, as MADLAD-400 has it."""
    languages = sorted({code for each in directions for code in each.split("-")})
    tags = [f"<2{each}>" for each in languages]
    _train(
        directory / "spiece.model",
        languages,
        user_defined_symbols=tags,
        pad_id=0,  # transformers' class of this tokenizer knows these places only
        eos_id=1,
        unk_id=2,
        bos_id=-1,
    )
    _json(
        directory / "tokenizer_config.json",
        {"tokenizer_class": "T5Tokenizer", "model_max_length": 512, "extra_ids": 0, "additional_special_tokens": []},
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    tokenizer.save_pretrained(directory)
    config = transformers.T5Config(
        vocab_size=len(tokenizer),
        d_model=64,
        d_kv=16,
        d_ff=128,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
        dropout_rate=0.0,
    )
    model = transformers.T5ForConditionalGeneration(config)

    def encode(text: str, direction: str) -> list[int]:
        return list(tokenizer(f"<2{direction.split('-')[1]}> {text}").input_ids)

    def label(text: str, _: str) -> list[int]:
        return list(tokenizer(text).input_ids[:-1])

    return _finish(Checkpoint(directory, directions, model, tokenizer, encode, lambda _: None, label))


def _ended(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end) + 1] if end in ids else ids


def _both_sides(
    directory: Path, directions: tuple[str, ...], tokenizer: Any, size: int, names: dict[str, str]
) -> Checkpoint:
    config = transformers.M2M100Config(
        vocab_size=size,
        pad_token_id=1,
        eos_token_id=2,
        bos_token_id=0,
        decoder_start_token_id=2,
        activation_function="relu",
        scale_embedding=True,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        max_position_embeddings=_POSITIONS,
        **_WIDTH,
        **_DROPOUT,
    )
    model = transformers.M2M100ForConditionalGeneration(config)

    def encode(text: str, direction: str) -> list[int]:
        tokenizer.src_lang = names[direction.split("-", maxsplit=1)[0]]
        return list(tokenizer(text).input_ids)

    def forced(direction: str) -> int:
        name = names[direction.split("-")[1]]
        return int(tokenizer.convert_tokens_to_ids(name if "_" in name else f"__{name}__"))

    def label(text: str, direction: str) -> list[int]:
        return [forced(direction), *encode(text, direction)[1:-1]]

    return _finish(Checkpoint(directory, directions, model, tokenizer, encode, forced, label))


def _finish(checkpoint: Checkpoint) -> Checkpoint:
    """Learn a few sentences by heart and save."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model, config = checkpoint.model, checkpoint.model.config
    rows = []
    for direction in checkpoint.directions:
        source, target = direction.split("-")
        pairs = [(GOLDEN[source], GOLDEN[target]), *zip(SENTENCES[source], SENTENCES[target], strict=False)]
        for one, other in pairs[: _LEARNED + 1]:
            ids = checkpoint.encode(one, direction)[:60]
            labels = [*checkpoint.label(other, direction)[:30], config.eos_token_id]
            rows.append((torch.tensor(ids), torch.tensor(labels)))
    pad = torch.nn.utils.rnn.pad_sequence
    inputs = pad([row[0] for row in rows], batch_first=True, padding_value=config.pad_token_id)
    labels = pad([row[1] for row in rows], batch_first=True, padding_value=-100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=_STEPS)
    model.train()
    for _ in range(_STEPS):
        loss = model(input_ids=inputs, attention_mask=(inputs != config.pad_token_id).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        if isinstance(model, transformers.MarianMTModel):
            model.model.shared.weight.grad[config.pad_token_id] = 0
        optimizer.step()
        schedule.step()
    model.eval()
    model.save_pretrained(checkpoint.directory)
    return checkpoint


def _train(path: Path, languages: list[str], **options: Any) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if options.get("model_type") != "bpe":  # which knows no soft limits
        options["hard_vocab_limit"] = False
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([each for code in languages for each in (GOLDEN[code], *SENTENCES[code])]),
        model_prefix=str(path),
        vocab_size=600,
        num_threads=1,
        minloglevel=2,
        **options,
    )
    Path(f"{path}.model").rename(path)
    Path(f"{path}.vocab").unlink()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [str(processor.id_to_piece(index)) for index in range(processor.get_piece_size())]


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
