"""From a manifest to engines: intact, loadable and proven, or refused with the name of the model."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from talmach.app.engines import device_of, open_encoder, prove_encoder, prove_translator
from talmach.app.loading import batch_limits, load_engines, worker_count
from talmach.catalog.manifest import ModelSpec, load
from talmach.catalog.verify import sha256_of
from talmach.config import Settings, load_settings
from talmach.engine.base import DecodeOptions, Direction, Hypothesis
from talmach.engine.ct2 import Ct2Translator
from talmach.errors import ModelUnusable
from talmach.metrics import Metrics
from tests.fakes import NaughtyEngine
from tests.unit.engine import tiny

GOLDEN = "Горад адкрыў новую школу."


def settings(models_dir: Path, **options: object) -> Settings:
    """Settings for a models directory."""
    return load_settings(models_dir=models_dir, device="cpu", **options)


@pytest.fixture(name="models_dir")
def _models_dir(tmp_path: Path) -> Path:
    """Two tiny models with their manifest."""
    for kind, write in (("translation", tiny.write_translator), ("encoder", tiny.write_encoder)):
        (tmp_path / kind).mkdir()
        write(tmp_path / kind)
    (tmp_path / "manifest.toml").write_text(
        "\n".join(_entry(tmp_path, kind) for kind in ("translation", "encoder")), encoding="utf-8"
    )
    return tmp_path


def written(models_dir: Path, kind: str, positions: int | None) -> ModelSpec:
    """Write a tiny model, alone in its catalogue."""
    (models_dir / kind).mkdir()
    (tiny.write_translator if kind == "translation" else tiny.write_encoder)(models_dir / kind, positions=positions)
    (models_dir / "manifest.toml").write_text(_entry(models_dir, kind), encoding="utf-8")
    return load(models_dir).model(kind)


def _entry(models_dir: Path, kind: str) -> str:
    files = "\n".join(f'"{path.name}" = "{sha256_of(path)}"' for path in sorted((models_dir / kind).iterdir()))
    directions = f'directions = ["be-en"]\ngolden = {{ be-en = "{GOLDEN}" }}\n' if kind == "translation" else ""
    return (
        f'[[model]]\nid = "{kind}"\nversion = "1"\nkind = "{kind}"\narchitecture = "random"\npath = "{kind}"\n'
        f'licence = "Apache-2.0"\n{directions}[model.files]\n{files}\n'
    )


def test_a_model_that_fails_its_self_test_is_unusable(models_dir: Path) -> None:
    """Random weights are read without complaint, but what they translate is not English; the metrics say so."""
    metrics = Metrics()
    with pytest.raises(ModelUnusable, match=r"^translation: failed its self-test for be-en; [A-Z_, ]+$"):
        load_engines(settings(models_dir), metrics)
    assert metrics.registry.get_sample_value("talmach_model_loaded", {"model": "translation"}) == 0


def test_an_altered_file_is_unusable(models_dir: Path) -> None:
    """Before anything reads it."""
    with (models_dir / "translation" / "model.bin").open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(ModelUnusable, match=r"^translation: model.bin is damaged"):
        load_engines(settings(models_dir), Metrics())


def test_both_kinds_of_model_are_needed(models_dir: Path) -> None:
    """A manifest with an encoder alone is refused."""
    (models_dir / "manifest.toml").write_text(_entry(models_dir, "encoder"), encoding="utf-8")
    with pytest.raises(ModelUnusable, match="needs a model of the kind translation"):
        load_engines(settings(models_dir), Metrics())


class Answering(NaughtyEngine):
    """Answers every sentence with the same."""

    answer = Hypothesis("The town opened a new school.", -0.2, 8, truncated=False)

    def translate(self, batch: object, options: DecodeOptions) -> list[Hypothesis]:
        return [self.answer]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Hypothesis(" ", -0.2, 1, truncated=False), "empty translation|LENGTH_RATIO"),
        (Hypothesis("Горад адкрыў новую школу.", -0.2, 8, truncated=False), "WRONG_SCRIPT"),
        (Hypothesis("town town town town town town", -0.2, 8, truncated=False), "REPETITION"),
        (Hypothesis("The town opened a new school", -0.2, 8, truncated=True), "TRUNCATED"),
    ],
)
def test_golden_translations_must_not_be_broken(models_dir: Path, answer: Hypothesis, problem: str) -> None:
    """Empty, in the wrong script, looping or cut: each is refused; a proper sentence is not."""
    spec = load(models_dir).model("translation")
    engine = Answering(directions=frozenset({Direction("be", "en")}))
    prove_translator(spec, engine)
    engine.answer = answer
    with pytest.raises(ModelUnusable, match=problem):
        prove_translator(spec, engine)


class Fluent(Ct2Translator):
    """A real engine, whose random words are replaced by a good sentence."""

    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        hypotheses = super().translate(batch, options)
        return hypotheses if options.align else [Answering.answer for _ in hypotheses]


def fluent(directory: Path, spec: ModelSpec) -> Fluent:
    """Open a translation model as its manifest describes it."""
    directions = frozenset({Direction("be", "en")})
    return Fluent(spec.id, directory, directions, max_source_tokens=spec.max_source_tokens, device="cpu")


@pytest.mark.parametrize(
    ("positions", "changes", "problem"),
    [
        (None, {}, ""),
        (None, {"max_source_tokens": 8}, "the golden sentences; engine: a sentence has [0-9]+ tokens .limit 8.$"),
        (None, {"max_source_tokens": 2_000}, ""),
        (120, {}, "max_source_tokens = 256; No position encodings are defined for positions >= 120, but got "),
        (120, {"max_source_tokens": 120}, "max_source_tokens = 120; .* but got position 120$"),  # </s> is the 121st
        (120, {"max_source_tokens": 119}, ""),
    ],
)
def test_a_sentence_that_fills_the_window_must_go_through(
    tmp_path: Path, positions: int | None, changes: dict[str, object], problem: str
) -> None:
    """A window that the model has no positions for would fail only in use."""
    spec = written(tmp_path, "translation", positions).model_copy(update=changes)
    said = f"^translation: failed its self-test of {problem}"
    with pytest.raises(ModelUnusable, match=said) if problem else nullcontext():
        prove_translator(spec, fluent(tmp_path / "translation", spec))


@pytest.mark.parametrize(("window", "problem"), [(120, ""), (121, "No position encodings .* but got position 120")])
def test_the_window_of_an_encoder_must_go_through(tmp_path: Path, window: int, problem: str) -> None:
    """The same of the model that summaries need."""
    spec = written(tmp_path, "encoder", 120).model_copy(update={"max_source_tokens": window})
    said = f"^encoder: failed its self-test of max_source_tokens = {window}; {problem}$"
    with pytest.raises(ModelUnusable, match=said) if problem else nullcontext():
        prove_encoder(spec, open_encoder(spec, tmp_path / "encoder", device="cpu"))


def test_there_is_a_worker_for_each_core(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer when each has several threads, never none, and as many as are set."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert worker_count(settings(models_dir)) == 6
    assert worker_count(settings(models_dir, threads_per_worker=4)) == 1
    assert worker_count(settings(models_dir, threads_per_worker=8)) == 1
    assert worker_count(settings(models_dir, workers=3)) == 3
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert worker_count(settings(models_dir)) == 4


def test_batches_are_larger_on_a_gpu(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its workers few; what is set stays."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert batch_limits(settings(models_dir)) == (512, 32)
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 1)
    on_gpu = load_settings(models_dir=models_dir)
    assert (batch_limits(on_gpu), worker_count(on_gpu)) == ((8_192, 256), 2)
    assert batch_limits(load_settings(max_batch_tokens=100, max_batch_size=4)) == (100, 4)
    assert worker_count(load_settings(workers=5)) == 5


def test_a_model_says_what_it_computes_in_on_a_gpu(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a setting says it for all; on the CPU it is int8."""
    spec = load(models_dir).model("translation")
    small = spec.model_copy(update={"gpu_compute_type": "int8_float16"})
    assert device_of(small, "cpu", "auto") == ("cpu", "int8")
    assert device_of(small, "auto", "auto") == ("cpu", "int8")
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 1)
    assert device_of(spec, "auto", "auto") == ("cuda", "float16")
    assert device_of(small, "auto", "auto") == ("cuda", "int8_float16")
    assert device_of(small, "cuda", "float16") == ("cuda", "float16")
