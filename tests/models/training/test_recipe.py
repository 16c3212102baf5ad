"""The parts of the training recipe that need no torch: experiments, corpus, the manifest's keeper."""

import gzip
import re
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.training import experiment as experiments
from models.training import recipe, register
from models.training.data.corpus import read_pairs
from models.training.experiment import Data, Source
from talmach.catalog import default_models_dir, manifest
from talmach.catalog.manifest import Decoding
from talmach.catalog.verify import verify

EXPERIMENTS = Path(experiments.__file__).parent / "experiments"
LINES = [
    ("en", "be", "The town opened a new school on Monday.", "Горад адкрыў новую школу ў панядзелак."),
    ("en", "be", "It isn't far from the river.", "Гэта недалёка ад ракі."),
    ("en", "ru", "The bridge was closed for repairs.", "Мост закрыли на ремонт."),
    ("en", "be", "Yes", "Так, вядома, мы зробім гэта заўтра раніцай, калі не будзе дажджу і ветру."),
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a folder with one small corpus file, `news`."""
    with gzip.open(tmp_path / "news.tsv.gz", "wt", encoding="utf-8") as file:
        for line in LINES * 60:
            file.write("\t".join([*line, "test"]) + "\n")
    return tmp_path


def small_data(**changes: object) -> Data:
    """Return a data section for the small corpus."""
    values = {
        "vocabulary_size": 316,  # 256 of them are bytes
        "vocabulary_sentences": 100,
        "max_tokens": 120,
        "max_length_ratio": 2.0,
        "dev_sentences": 10,
        "sources": (),
    }
    return Data(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted(EXPERIMENTS.glob("*.toml")), ids=lambda path: path.stem)
def test_experiments_load_and_survive_a_checkpoint(path: Path) -> None:
    """Every experiment of the project is valid, and comes back equal from the plain values in a checkpoint."""
    experiment = experiments.load(path)
    assert path.stem == experiment.name
    assert experiment == experiments.from_dict(experiments.to_dict(experiment))


@pytest.mark.parametrize(("line", "key"), [("dropuot = 0.1", "dropuot"), ("", "dropout")])
def test_unknown_and_missing_keys_are_named(tmp_path: Path, line: str, key: str) -> None:
    """A misspelled key is an error that names it, and so is one that is not there."""
    text = (EXPERIMENTS / "tiny.toml").read_text(encoding="utf-8").replace("dropout = 0.1", line)
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=key):
        experiments.load(tmp_path / "bad.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('pair = "en-be"', 'pair = "be-en"', "'be-en' of prose is none of"),
        ("forward = [2, 2]", "forward = [2]", "shares of prose en-be"),
        ("forward = [2, 2]", "forward = [2, -1]", "shares of prose en-be"),
        ("row_tokens = [64, 128]", "row_tokens = [64, 100]", "no multiple"),
    ],
)
def test_impossible_values_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    """What the run would trip over later is refused when the file is read."""
    text = (EXPERIMENTS / "tiny.toml").read_text(encoding="utf-8").replace(old, new)
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        experiments.load(tmp_path / "bad.toml")


def test_the_documented_steps_are_those_of_the_chain(tmp_path: Path) -> None:
    """Whoever reads the list of commands reads what the one command does, in the same order."""
    arguments = Namespace(
        experiment=EXPERIMENTS / "full.toml",
        corpus=tmp_path,
        work=tmp_path,
        seconds=60.0,
        encoder_seconds=10.0,
        generate_seconds=5.0,
        machine="",
    )
    readme = (Path(recipe.__file__).parent / "README.md").read_text(encoding="utf-8")
    documented = re.findall(r"^    python -m models\.training\.(\w+) ", readme, flags=re.MULTILINE)
    modules = [step[0] for step in recipe.steps(Namespace(**vars(arguments), install="2026.1.1"))]
    assert documented[: len(modules) + 1] == ["recipe", *modules]
    assert [step[0] for step in recipe.steps(Namespace(**vars(arguments), install=None))] == modules[:8]


def test_pairs_are_filtered_by_language_and_length(corpus: Path) -> None:
    """Only pairs of the wanted languages come, without those whose sides differ too much in length."""
    pairs = set(read_pairs(corpus, Source("news", "en-be"), small_data()))
    assert {(line[2], line[3]) for line in LINES[:2]} == pairs


def test_pairs_are_selected_by_their_origin(corpus: Path) -> None:
    """Only what the fifth column names comes."""
    read = [[*read_pairs(corpus, Source("news", "en-be", only=only), small_data())] for only in (("test",), ("x",))]
    assert list(map(len, read)) == [120, 0]


@pytest.mark.parametrize(("forward", "expected"), [((0.0, 1.0), "Гмах тут."), ((0.0, 0.0), "Ґмах тут.")])
def test_targets_are_in_the_official_orthography(tmp_path: Path, forward: tuple[float, float], expected: str) -> None:
    """What is a source only keeps its own."""
    with gzip.open(tmp_path / "news.tsv.gz", "wt", encoding="utf-8") as file:
        file.write("en\tbe\tIt is here.\tҐмах тут.\ttest\n")
    source = Source("news", "en-be", forward=forward, backward=(1.0, 1.0))
    assert [*read_pairs(tmp_path, source, small_data())] == [("It is here.", expected)]


def test_exported_weights_take_the_place_of_the_embedded_ones(tmp_path: Path) -> None:
    """The service's own catalog verifies what was copied, a file of the old model is gone, and its card is not."""
    _write_manifest(tmp_path, "translation")
    decoding = Decoding(beam_size=3, no_repeat_ngram_size=5)
    (spec,) = register.embed(tmp_path, default_models_dir() / "embedded", "2", 250, decoding)
    assert spec == manifest.load(tmp_path).model("small")
    embedded = manifest.load(default_models_dir()).models[0]
    assert (spec.version, spec.max_source_tokens, spec.decoding) == ("2", 250, decoding)
    assert (spec.architecture, spec.files) == (embedded.architecture, embedded.files)
    assert {path.name for path in verify(spec, tmp_path).iterdir()} == {"README.md", *embedded.files}
    with pytest.raises(SystemExit, match="neither translation/ nor encoder/"):
        register.embed(tmp_path, tmp_path, "3", 250, decoding)


def test_the_words_of_an_old_model_go_with_it(tmp_path: Path) -> None:
    """The manifest does not name a file that the new weights came without."""
    _write_manifest(tmp_path, "translation")
    weights, old = tmp_path / "weights", default_models_dir() / "embedded"
    shutil.copytree(old, weights)
    register.embed(tmp_path, weights, "2", 250, Decoding())
    register.write_words(tmp_path, "small", "words.bloom")
    assert manifest.load(tmp_path).model("small").words == "words.bloom"
    (weights / "translation" / "words.bloom").unlink()
    (spec,) = register.embed(tmp_path, weights, "3", 250, Decoding())
    assert spec.words is None


def test_a_shape_is_read_from_the_weights() -> None:
    """Layers are counted by number, and an encoder has no decoder."""
    scopes = [f"encoder/layer_{number}/ffn" for number in range(11)]
    weights: dict[str, Any] = {"encoder/embeddings_0/weight": np.zeros((8000, 512), np.float32)}
    weights |= {f"{scope}/linear_{index}/weight": np.zeros(1, np.float32) for scope in scopes for index in (0, 1)}
    shape = "RMSNorm, rotary, SwiGLU, d=512, 8,000 pieces"
    assert register.architecture(weights) == f"transformer encoder 11, {shape}"
    weights |= {"decoder/layer_0/ffn/linear_0/weight": np.zeros(1, np.float32)}
    assert register.architecture(weights) == f"transformer 11+1, {shape}"


def test_a_model_is_a_draft_until_every_direction_is_good_enough(tmp_path: Path) -> None:
    """One direction below its bar makes a draft of the whole model."""
    _write_manifest(tmp_path, "translation")
    good = {"ru-en": {"chrf": 50.0, "chrf_signature": "dev"}, "en-be": {"chrf": 37.0, "chrf_signature": "dev"}}
    for worse, is_draft in ((0, False), (0.1, True)):
        register.write_scores(tmp_path, "small", {**good, "en-be": {**good["en-be"], "chrf": 37.0 - worse}})
        assert manifest.load(tmp_path).model("small").draft == is_draft


def test_an_encoder_is_judged_by_what_it_finds(tmp_path: Path) -> None:
    """Its scores are shares of sentences retrieved, and so is the bar."""
    _write_manifest(tmp_path, "encoder")
    register.write_scores(tmp_path, "small", {"be-en": {"retrieval_accuracy": 0.9, "signature": "dev"}})
    spec = manifest.load(tmp_path).model("small")
    assert (spec.scores["be-en"].retrieval_accuracy, spec.draft) == (0.9, False)


def _write_manifest(models_dir: Path, kind: str) -> None:
    (models_dir / "small").mkdir()
    (models_dir / "small" / "model.bin").write_bytes(b"weights")
    (models_dir / "small" / "README.md").write_text("a card", encoding="utf-8")
    pairs = ("ru-en", "en-be") if kind == "translation" else ()
    golden = ", ".join(f'{{ direction = "{pair}", source = "…" }}' for pair in pairs)
    of_kind = f"directions = {list(pairs)}\ngolden = [{golden}]\n" if pairs else ""
    names = ("model.bin", "config.json", "shared_vocabulary.json", manifest.SENTENCEPIECE_FILE)
    files = "\n".join(f'"{name}" = "{"0" * 64}"' for name in names)
    (models_dir / manifest.FILENAME).write_text(
        f'[[model]]\nid = "small"\nversion = "0"\nkind = "{kind}"\narchitecture = "a"\npath = "small"\n{of_kind}'
        'licence = "Apache-2.0"\n[model.files]\n' + files,
        encoding="utf-8",
    )
