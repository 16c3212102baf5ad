"""Which of the models are loaded, and which one a direction has: preferences, a limit of memory, a missing GPU."""

import shutil
from pathlib import Path

import ctranslate2
import pytest

from talmach.app.loading import load_engines
from talmach.catalog import default_models_dir
from talmach.catalog.catalogue import EMBEDDED, prefer
from talmach.config import load_settings
from talmach.engine.base import Direction
from talmach.errors import ModelUnusable
from talmach.metrics import Metrics

RU_EN, EN_RU = Direction("ru", "en"), Direction("en", "ru")


@pytest.fixture(name="models_dir")
def _models_dir(tmp_path: Path) -> Path:
    """The embedded translation model once more, as somebody's own, for one direction."""
    shutil.copytree(default_models_dir() / "embedded" / "translation", tmp_path / "own")
    listed = (default_models_dir() / "manifest.toml").read_text(encoding="utf-8").split("[[model]]")[1]
    golden = 'ru-en = "Город открыл новую школу."'
    head, _, rest = listed.partition("[model.golden]")
    text = f"[[model]]{head}[model.golden]\n{golden}\n\n[model.files]{rest.partition('[model.files]')[2]}"
    text = text.partition("[model.scores]")[0]
    text = text.replace('"talmach-translation"', '"own"').replace('"embedded/translation"', '"."')
    text = text.replace('["ru-en", "en-ru", "be-en", "en-be", "ru-be", "be-ru"]', '["ru-en"]')
    (tmp_path / "own" / "manifest.toml").write_text(text, encoding="utf-8")
    return tmp_path


def loaded(models_dir: Path, **options: object) -> tuple[list[str], dict[Direction, str]]:
    """Return the translation models that are loaded, and the preferred ones."""
    engines = load_engines(load_settings(models_dir=models_dir, device="cpu", workers=1, **options), Metrics())
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


def test_a_limit_of_memory_leaves_out_what_is_preferred_least(models_dir: Path) -> None:
    """One translation model and the encoder fit: the one that is preferred; with less, the start says why it ends."""
    weights = [path.stat().st_size for path in (default_models_dir() / "embedded").glob("*/model.bin")]
    one_each = (sum(weights) >> 20) + 1
    prefer(models_dir, [EMBEDDED])
    assert loaded(models_dir, models_memory_mib=one_each)[0] == ["talmach-translation"]
    # The same weights take four times as much as float32.
    with pytest.raises(ModelUnusable, match=f"within TALMACH_MODELS_MEMORY_MIB={one_each}"):
        loaded(models_dir, models_memory_mib=one_each, compute_type="float32")


@pytest.mark.skipif(ctranslate2.get_cuda_device_count() > 0, reason="there is a GPU")
def test_a_missing_gpu_is_named_with_the_cure(models_dir: Path) -> None:
    """The start does not end in a traceback of a library."""
    settings = load_settings(models_dir=models_dir, device="cuda")
    with pytest.raises(ModelUnusable, match=r"device cuda: (no GPU is visible|the GPU's driver cannot be used)"):
        load_engines(settings, Metrics())
