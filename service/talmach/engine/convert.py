"""Converts a checkpoint into a CTranslate2 model and finds out how to prompt it, in the form that its manifest needs.

A checkpoint is a directory as Hugging Face's transformers or sentence-transformers save one, or one of OPUS-MT with a
`decoder.yml`. Needs the extra `convert`; serving what comes out does not.
"""

import json
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from talmach.engine.base import Direction
from talmach.engine.tokenizers import Vocabularies
from talmach.errors import ModelUnusable

END = "</s>"
_LARGE_BYTES = 4 << 30  # read as float16: otherwise twice its size has to fit into memory
_TOKENIZERS = (
    ("source.spm", "target.spm"),
    ("sentencepiece.bpe.model", ""),
    ("spiece.model", ""),
    ("sentencepiece.model", ""),
    ("tokenizer.json", ""),
)
_WINDOW = 256  # tokens of a source, where positions allow for them
_BEAM_SIZE = 4  # where the checkpoint names none
_MAX_BEAM_SIZE = 8
# How public multilingual models name the languages in their tokens.
_NAMES = {
    "be": ("bel", "bel_Cyrl"),
    "en": ("eng", "eng_Latn"),
    "ru": ("rus", "rus_Cyrl"),
}


def convert(model_id: str, source: Path, output: Path, directions: Sequence[str], quantization: str) -> dict[str, Any]:
    """Write the model and its tokenizer to `output`, and return what a manifest says of it, but for its files.

    `directions` is empty for an encoder.

    Raises:
        ModelUnusable: a package is missing, or the checkpoint is of no kind that can be converted.

    """
    encoder = (source / "modules.json").exists()
    if not encoder and not directions:
        raise ModelUnusable(model_id, "directions: a translation model needs them (--directions ru-en,en-ru)")
    try:
        import ctranslate2.converters  # noqa: PLC0415 - pulls in torch and transformers

        with _quiet():
            _write(ctranslate2.converters, source, output, quantization)
            values = _encoder(source, output) if encoder else _translator(model_id, source, output, directions)
        architecture = _architecture(_json(source / "config.json"))
    except ModelUnusable:
        raise
    except ImportError as error:
        raise ModelUnusable(
            model_id, f"converting needs a package that is not installed ({error.name}): pip install 'talmach[convert]'"
        ) from error
    except Exception as error:  # the readers of a damaged file raise what they like, and some plain Exception
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ModelUnusable(model_id, f"{source.name} cannot be converted: {reason}") from error
    kind = "encoder" if encoder else "translation"
    return {"kind": kind, "architecture": architecture, "quantization": quantization, **values}


def _write(converters: Any, source: Path, output: Path, quantization: str) -> None:
    if (source / "decoder.yml").exists():
        converter = converters.OpusMTConverter(str(source))
    elif (source / "config.json").exists():
        weights = sum(path.stat().st_size for path in source.iterdir() if path.suffix in {".bin", ".safetensors"})
        large = weights > _LARGE_BYTES
        converter = converters.TransformersConverter(str(source), load_as_float16=large, low_cpu_mem_usage=large)
        converter.load_tokenizer = _whole_tokenizer
        converter.load_model = _model_as_read
    else:
        raise ValueError("it has neither a config.json nor a decoder.yml")
    converter.convert(str(output), quantization=None if quantization == "float32" else quantization)


def _model_as_read(model_class: Any, path: str, **options: Any) -> Any:
    """Load a model and say in its configuration what the converter asks there and transformers 5 leaves out."""
    model = model_class.from_pretrained(path, **options)
    if not hasattr(model.config, "position_embedding_type"):
        model.config.position_embedding_type = "absolute"  # there is no other kind left
    # The converter takes shared embeddings for a sign that outputs are scaled.
    scales: bool | None = getattr(model.config, "scale_decoder_outputs", None)
    if scales is not None:
        model.config.tie_word_embeddings = scales
    return model


def _whole_tokenizer(tokenizer_class: Any, path: str, **options: Any) -> Any:
    """Load a tokenizer whose vocabulary holds its language tokens: some of transformers 5 keep them elsewhere."""
    tokenizer = tokenizer_class.from_pretrained(path, **options)
    if languages := getattr(tokenizer, "lang_token_to_id", None):
        own_vocabulary = tokenizer.get_vocab
        tokenizer.get_vocab = lambda: {**own_vocabulary(), **languages}
    return tokenizer


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from drawing bars and recommending packages."""
    import transformers  # noqa: PLC0415 - an extra

    transformers.utils.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _translator(model_id: str, source: Path, output: Path, directions: Sequence[str]) -> dict[str, Any]:
    first, second = _copy_tokenizer(source, output)
    config, generation = _json(source / "config.json"), _json(source / "generation_config.json")
    adds_end = bool(_json(output / "config.json").get("add_source_eos"))
    vocabularies = Vocabularies(output)
    known = frozenset(vocabularies.source) & frozenset(vocabularies.target) | frozenset(vocabularies.source)
    end = () if adds_end else (END,)
    prompt = {each: _prompt(model_id, source, Direction.parse(each), known, end) for each in directions}
    positions = None if config.get("model_type") == "t5" else config.get("max_position_embeddings", 512)
    beam_size = int(generation.get("num_beams") or config.get("num_beams") or _BEAM_SIZE)
    return {
        "max_source_tokens": min(_WINDOW, positions - adds_end if positions else _WINDOW),
        "tokenizer": {"source": first, **({"target": second} if second else {}), "normalize": False},
        "prompt": prompt,
        "decoding": {"beam_size": min(max(beam_size, 1), _MAX_BEAM_SIZE)},
        **({"lengths": {"limit": positions}} if positions else {}),
    }


def _prompt(
    model_id: str, checkpoint: Path, direction: Direction, known: frozenset[str], end: tuple[str, ...]
) -> dict[str, list[str]]:
    """Find out from the vocabulary how a language is asked for: a model that names languages has a token for each."""
    source, target = (_NAMES.get(code, (code, code)) for code in (direction.source, direction.target))
    pairs = ((source[1], target[1]), (f"__{direction.source}__", f"__{direction.target}__"))
    for source_token, target_token in pairs:
        if source_token in known and target_token in known:
            return {"source_prefix": [source_token], "source_suffix": list(end), "target_prefix": [target_token]}
    if (token := f"<2{direction.target}>") in known:
        # Whether a space of its own stands before the tag is up to the checkpoint's tokenizer.
        tokens = _tokenize(checkpoint, f"{token} a")
        return {"source_prefix": tokens[: tokens.index(token) + 1], "source_suffix": list(end)}
    if (token := f">>{target[0]}<<") in known:
        return {"source_prefix": [token], "source_suffix": list(end)}
    if any(token.startswith(">>") and token.endswith("<<") for token in known):
        raise ModelUnusable(model_id, f"directions: the vocabulary has no token that asks for {direction.target!r}")
    return {"source_suffix": list(end)} if end else {}


def _tokenize(checkpoint: Path, text: str) -> list[str]:
    import transformers  # noqa: PLC0415 - an extra

    return list(transformers.AutoTokenizer.from_pretrained(str(checkpoint)).tokenize(text))


def _encoder(source: Path, output: Path) -> dict[str, Any]:
    import tokenizers  # noqa: PLC0415 - an extra

    shutil.copyfile(source / "tokenizer.json", output / "tokenizer.json")
    tokenizer = tokenizers.Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    prefix, *suffix = tokenizer.encode("").tokens
    # The older form says it in a file of its own.
    window = _json(source / "sentence_bert_config.json").get("max_seq_length")
    window = window or _json(source / "tokenizer_config.json").get("model_max_length")
    positions = _json(source / "config.json").get("max_position_embeddings", 512)
    encoding: dict[str, Any] = {"source_prefix": [prefix], "source_suffix": suffix}
    for directory, kind in _modules(source):
        settings = _json(directory / "config.json")
        if kind == "Pooling":
            encoding["pooling"] = _pooling(settings)
        elif kind == "Dense":
            encoding["dense"] = "dense.npz"
            encoding["activation"] = _activation(settings)
            np.savez(output / "dense.npz", **_dense(directory))
        elif kind not in {"Transformer", "Normalize"}:
            raise ValueError(f"its module {kind} is not supported")
    return {
        "max_source_tokens": min(window or positions, positions),
        "tokenizer": {"source": "tokenizer.json", "normalize": False},
        "encoding": encoding,
    }


def _modules(source: Path) -> Iterator[tuple[Path, str]]:
    for module in json.loads((source / "modules.json").read_text(encoding="utf-8")):
        yield source / module["path"], module["type"].rpartition(".")[2]


def _pooling(settings: dict[str, Any]) -> str:
    # The older form has one switch for each way, the newer one names it.
    if settings.get("pooling_mode_cls_token") or settings.get("pooling_mode") == "cls":
        return "cls"
    if settings.get("pooling_mode_mean_tokens") or settings.get("pooling_mode") == "mean":
        return "mean"
    raise ValueError("its pooling is neither of all tokens' mean nor of the first token")


def _activation(settings: dict[str, Any]) -> str:
    name = str(settings.get("activation_function", "torch.nn.modules.linear.Identity")).rpartition(".")[2].lower()
    if name not in {"tanh", "identity"}:
        raise ValueError(f"the activation {name} of its dense layer is not supported")
    return name


def _dense(directory: Path) -> dict[str, Any]:
    if (path := directory / "model.safetensors").exists():
        from safetensors.numpy import load_file  # noqa: PLC0415 - an extra

        weights: dict[str, Any] = load_file(path)
    else:
        import torch  # noqa: PLC0415 - an extra

        state = torch.load(directory / "pytorch_model.bin", map_location="cpu", weights_only=True)
        weights = {name: tensor.numpy() for name, tensor in state.items()}
    weight = weights["linear.weight"].astype(np.float32)
    bias = weights["linear.bias"].astype(np.float32) if "linear.bias" in weights else np.zeros(len(weight), np.float32)
    return {"weight": weight, "bias": bias}


def _copy_tokenizer(source: Path, output: Path) -> tuple[str, str]:
    for names in _TOKENIZERS:
        files = [name for name in names if name]
        if all((source / name).exists() for name in files):
            for name in files:
                shutil.copyfile(source / name, output / name)
            return names
    raise ValueError(f"it has no tokenizer ({', '.join(names[0] for names in _TOKENIZERS)})")


def _architecture(config: dict[str, Any]) -> str:
    layers = [
        config.get("encoder_layers") or config.get("num_layers") or config.get("num_hidden_layers"),
        config.get("decoder_layers") or config.get("num_decoder_layers"),
    ]
    shape = "+".join(str(count) for count in layers if count)
    width = config.get("d_model") or config.get("hidden_size")
    name = config.get("model_type", "marian")
    return f"{name} {shape}, d={width}, {config['vocab_size']:,} pieces" if shape else f"{name}"


def _json(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return values
