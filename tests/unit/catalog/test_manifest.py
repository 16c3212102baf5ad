"""The manifest: read into frozen specs, strict about every key."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import Decoding, Golden, Lengths, Manifest, Prompt, Tokenizer, load
from talmach.errors import ModelNotFound, ModelUnusable

SHA = "0123456789abcdef" * 4


def files(*tokenizers: str) -> str:
    """Return the least that a model's files are."""
    return ", ".join(f'"{name}" = "{SHA}"' for name in ("model.bin", "config.json", "vocabulary.json", *tokenizers))


NMT = f"""
[[model]]
id = "talmach-nmt-draft"
version = "2026.11.23"
kind = "translation"
draft = true
architecture = "transformer 4+2, d=256, 8k pieces"
path = "embedded/nmt"
licence = "Apache-2.0"
directions = ["be-en", "en-be"]
max_source_tokens = 256
sources = ["OPUS, CC-BY"]
card = "embedded/nmt/README.md"
files = {{ {files("sentencepiece.model")} }}
[model.golden]
"be-en" = "Горад адкрыў новую школу."
"en-be" = "The city opened a new school."
[model.scores."be-en"]
chrf = 31.2
bleu = 8.1
signature = "corpus/dev, int8, greedy"
[model.decoding]
beam_size = 4
length_penalty = 0.8
"""
ENCODER = f"""
[[model]]
id = "talmach-encoder"
version = "1"
kind = "encoder"
architecture = "transformer 6, d=384"
path = "remote/encoder"
licence = "Apache-2.0"
files = {{ {files("sentencepiece.model")} }}
source = {{ repository = "somebody/encoder", revision = "abc", files = {{ "model.safetensors" = "{SHA}" }} }}
"""


def manifest(tmp_path: Path, text: str) -> Manifest:
    """Write a manifest and load it."""
    (tmp_path / "manifest.toml").write_text(text, encoding="utf-8")
    return load(tmp_path)


def problem(tmp_path: Path, text: str) -> str:
    """Return what is said about a manifest that is wrong."""
    with pytest.raises(ModelUnusable) as caught:
        manifest(tmp_path, text)
    return str(caught.value)


def test_models_are_read(tmp_path: Path) -> None:
    """Every key of the file arrives in the spec."""
    nmt, encoder = manifest(tmp_path, NMT + ENCODER).models
    assert (nmt.id, nmt.version, nmt.kind, nmt.draft) == ("talmach-nmt-draft", "2026.11.23", "translation", True)
    assert nmt.directions == ("be-en", "en-be")
    assert nmt.files == dict.fromkeys(("model.bin", "config.json", "vocabulary.json", "sentencepiece.model"), SHA)
    assert nmt.golden[0] == Golden(direction="be-en", source="Горад адкрыў новую школу.")
    assert (nmt.scores["be-en"].chrf, nmt.scores["be-en"].signature) == (31.2, "corpus/dev, int8, greedy")
    assert nmt.decoding == Decoding(beam_size=4, length_penalty=0.8, repetition_penalty=1, no_repeat_ngram_size=0)
    assert nmt.source is None
    assert encoder.kind == "encoder"
    assert encoder.source is not None
    assert (encoder.source.repository, encoder.source.revision) == ("somebody/encoder", "abc")
    assert encoder.source.files == {"model.safetensors": SHA}


def test_models_are_found_by_id(tmp_path: Path) -> None:
    """An id finds its model; a wrong one learns the right ones."""
    both = manifest(tmp_path, NMT + ENCODER)
    assert both.model("talmach-encoder") is both.models[1]
    with pytest.raises(ModelNotFound) as caught:
        both.model("gpt")
    assert caught.value.metadata == {"models": "talmach-nmt-draft, talmach-encoder"}


def test_specs_never_change(tmp_path: Path) -> None:
    """A spec is a value."""
    with pytest.raises(ValidationError):
        manifest(tmp_path, NMT).models[0].version = "2"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("draft = true", "darft = true", "model[0].darft: "),
        ('licence = "Apache-2.0"', "", "model[0].licence: Field required"),
        ('kind = "translation"', 'kind = "oracle"', "model[0].kind: "),
        (SHA, SHA[:-1], "model[0].files.model.bin: "),
        ('"model.bin"', '"../model.bin"', "inside the models directory"),
        ('"embedded/nmt"', '"/etc"', "model[0].path: "),
        ('["be-en", "en-be"]', '["be-en"]', "golden: needs one sentence for each"),
        ('["be-en", "en-be"]', '["be_en", "en-be"]', "model[0].directions[0]: "),
        ('signature = "corpus/dev, int8, greedy"', "", "model[0].scores.be-en.signature: Field required"),
        ("beam_size = 4", "beam_size = 9", "model[0].decoding.beam_size: "),
        ("beam_size = 4", "beam = 4", "model[0].decoding.beam: "),
        ("length_penalty = 0.8", "length_penalty = -1", "model[0].decoding.length_penalty: "),
        ("[[model]]", "[[modell]]", "modell: "),
        ("[model.golden]", "[model.golden", "is not TOML"),
    ],
)
def test_a_mistake_is_named_by_its_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Nothing in the manifest is ignored, so a misspelled key cannot pass for a missing one."""
    assert old in NMT
    assert said in problem(tmp_path, NMT.replace(old, new))


def test_two_models_of_one_id_are_refused(tmp_path: Path) -> None:
    """An id names one model."""
    assert "id: two models have the same one" in problem(tmp_path, NMT + NMT)


def test_a_translation_model_needs_directions(tmp_path: Path) -> None:
    """A translation model that translates nothing is a mistake."""
    assert "directions: " in problem(tmp_path, ENCODER.replace('"encoder"', '"translation"'))


PROMPTED = f"""
[[model]]
id = "other"
version = "1"
kind = "translation"
architecture = "transformer 12+12"
path = "."
licence = "MIT"
directions = ["be-en"]
max_source_tokens = 200
tokenizer = {{ source = "source.spm", target = "target.spm", normalize = false }}
lengths = {{ factor = 1.5, extra = 50, limit = 512 }}
files = {{ {files("source.spm", "target.spm")} }}
golden = {{ be-en = "Горад адкрыў новую школу." }}
[model.prompt.be-en]
source_prefix = ["bel_Cyrl"]
source_suffix = ["</s>"]
target_prefix = ["eng_Latn"]
"""


def test_how_a_model_is_spoken_to_is_data(tmp_path: Path) -> None:
    """Tokenizer, prompt and lengths of a model that somebody else trained."""
    (spec,) = manifest(tmp_path, PROMPTED).models
    assert spec.tokenizer == Tokenizer(source="source.spm", target="target.spm", normalize=False)
    assert spec.prompt == {
        "be-en": Prompt(source_prefix=("bel_Cyrl",), source_suffix=("</s>",), target_prefix=("eng_Latn",))
    }
    assert spec.lengths == Lengths(factor=1.5, extra=50, limit=512)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[model.prompt.be-en]", "[model.prompt.en-be]", "prompt: needs one table for each of `directions`"),
        ("source_suffix", "suffix", "model[0].prompt.be-en.suffix: "),
        ('["</s>"]', '""', "model[0].prompt.be-en.source_suffix: "),
        ('source = "source.spm"', 'source = "../source.spm"', "model[0].tokenizer.source: "),
        ("factor = 1.5", "factor = 0", "model[0].lengths.factor: "),
        ("max_source_tokens = 200", 'words = "words.bloom"', "other: files: lacks words.bloom"),
        ("[model.prompt", 'encoding = { dense = "dense.npz" }\n[model.prompt', "other: files: lacks dense.npz"),
        ('"target.spm", n', '"second.spm", n', "other: files: lacks second.spm"),
        ('"model.bin" = ', '"weights.bin" = ', "other: files: lacks model.bin"),
        ('"config.json" = ', '"other.json" = ', "other: files: lacks config.json"),
        (
            '"vocabulary.json" = ',
            '"words.json" = ',
            "other: files: lacks shared_vocabulary.json (or source",
        ),
    ],
)
def test_a_mistake_in_how_a_model_is_spoken_to_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each in one sentence, and nothing else is said."""
    assert old in PROMPTED
    message = problem(tmp_path, PROMPTED.replace(old, new))
    assert said in message
    assert ";" not in message


def test_a_wrong_manifest_is_named_by_its_path(tmp_path: Path) -> None:
    """There may be many of them."""
    path = tmp_path / "manifest.toml"
    with pytest.raises(ModelUnusable) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{path}: cannot be read (No such file or directory)"
    for text in ("[[model", "[[modell]]", NMT + NMT):
        assert problem(tmp_path, text).startswith(f"{path}: ")


def test_the_models_that_come_with_talmach_are_listed() -> None:
    """The default directory holds a manifest with a translation model and an encoder, all embedded."""
    models = load(default_models_dir()).models
    assert {model.kind for model in models} == {"translation", "encoder"}
    assert all(model.source is None for model in models)
