"""Which of the models are loaded, and which one a direction has: preferences, a limit of memory, a missing GPU."""

from pathlib import Path

import ctranslate2
import pytest

from talmach.app.loading import Engines, load_engines
from talmach.catalog import default_models_dir
from talmach.catalog.catalogue import EMBEDDED, prefer
from talmach.config import load_settings
from talmach.engine.base import Direction
from talmach.errors import ModelUnusable
from talmach.metrics import Metrics
from tests.own_models import copy_embedded

RU_EN, EN_RU = Direction("ru", "en"), Direction("en", "ru")


@pytest.fixture(name="models_dir")
def _models_dir(tmp_path: Path) -> Path:
    """The embedded translation model once more, as somebody's own, for one direction."""
    copy_embedded(tmp_path, "own", ["ru-en"])
    return tmp_path


def engines_of(models_dir: Path, **options: object) -> Engines:
    """Start with the models of a directory beside the embedded ones."""
    return load_engines(load_settings(models_dir=models_dir, device="cpu", workers=1, **options), Metrics())


def loaded(models_dir: Path, **options: object) -> tuple[list[str], dict[Direction, str]]:
    """Return the translation models that are loaded, and the preferred ones."""
    engines = engines_of(models_dir, **options)
    return [spec.id for spec, _ in engines.translators], dict(engines.preferred)


def test_every_model_is_loaded_and_the_users_own_goes_first(models_dir: Path) -> None:
    """Where it translates; elsewhere the embedded one does."""
    models, preferred = loaded(models_dir)
    assert models == ["own", "talmach-translation"]
    assert (preferred[RU_EN], preferred[EN_RU]) == ("own", "talmach-translation")


def test_the_preferences_decide(models_dir: Path) -> None:
    """As `talmach models use` wrote them."""
    prefer(models_dir, [EMBEDDED])
    models, preferred = loaded(models_dir)
    assert models == ["talmach-translation", "own"]
    assert preferred[RU_EN] == "talmach-translation"


def test_within_a_limit_of_memory_the_preferred_models_stay(models_dir: Path) -> None:
    """One translation model and the encoder fit: the other model is proven and comes when it is needed."""
    prefer(models_dir, [EMBEDDED])
    engines = engines_of(models_dir, models_memory_mib=_one_each())
    assert {each.model_id: each.is_loaded for each in engines.weights} == {"own": False, "talmach-translation": True}
    assert sum(each.size_bytes for each in engines.weights if each.is_loaded) <= engines.weights_limit_bytes
    prefer(models_dir, ["own"], ["ru-en"])
    engines = engines_of(models_dir, models_memory_mib=_one_each())
    assert dict(engines.preferred)[RU_EN] == "own"


def test_a_start_that_nothing_fits_into_says_why_it_ends(models_dir: Path) -> None:
    """The same weights take four times as much as float32."""
    with pytest.raises(ModelUnusable, match=f"within TALMACH_MODELS_MEMORY_MIB={_one_each()}"):
        engines_of(models_dir, models_memory_mib=_one_each(), compute_type="float32")


def test_what_does_not_fit_even_alone_is_left_out(models_dir: Path) -> None:
    """A direction has the next model then."""
    with (models_dir / "own" / "model.bin").open("ab") as weights:
        weights.truncate(100 << 20)
    engines = engines_of(models_dir, models_memory_mib=_one_each())
    assert [spec.id for spec, _ in engines.translators] == ["talmach-translation"]
    assert dict(engines.preferred)[RU_EN] == "talmach-translation"


def _one_each() -> int:
    """MiB of the embedded models: one of each kind."""
    weights = [path.stat().st_size for path in (default_models_dir() / "embedded").glob("*/model.bin")]
    return (sum(weights) >> 20) + 1


@pytest.mark.skipif(ctranslate2.get_cuda_device_count() > 0, reason="there is a GPU")
def test_a_missing_gpu_is_named_with_the_cure(models_dir: Path) -> None:
    """The start does not end in a traceback of a library."""
    settings = load_settings(models_dir=models_dir, device="cuda")
    with pytest.raises(ModelUnusable, match=r"device cuda: (no GPU is visible|the GPU's driver cannot be used)"):
        load_engines(settings, Metrics())
