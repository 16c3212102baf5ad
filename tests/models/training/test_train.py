"""From a bundle to a model that the engine loads, without the service and the corpus, as on a bare machine."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # as many more as others would run beside the tests

from models.training import bundle, export  # noqa: E402 - without torch there is nothing to test
from models.training import experiment as experiments  # noqa: E402
from models.training.data.sentences import START, Bundle  # noqa: E402
from models.training.experiment import Experiment  # noqa: E402
from models.training.network import parts  # noqa: E402
from models.training.network.optimizer import Optimizer, orthogonalize  # noqa: E402
from models.training.network.transformer import Translator  # noqa: E402
from models.training.run.schedule import Schedule  # noqa: E402
from talmach.engine.base import Direction  # noqa: E402
from talmach.engine.ct2 import Ct2Translator  # noqa: E402
from talmach.engine.encoder import Ct2Encoder  # noqa: E402

# What a bare machine does not have is as good as absent. Time passes when somebody looks at the clock, and only then: a
# slow machine and a busy one take as many steps as any other.
BARE = """
import itertools, runpy, sys, time
for name in ("talmach", "ctranslate2", "sacrebleu", "pydantic"):
    sys.modules[name] = None
looks = itertools.count()
time.monotonic = lambda: next(looks) / 25
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def run(folder: Path, module: str, *arguments: object, status: int = 0) -> str:
    """Run a module of an unpacked bundle in that folder, with another home, and return what it printed."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", BARE, f"models.training.{module}", *map(str, arguments)]
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert result.returncode == status, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def unpacked(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds nothing but what came out of a bundle's parts."""
    folder = tmp_path_factory.mktemp("bare")
    bundle.write_parts(bundle_folder, folder, 40_000)
    packed = sorted(folder.glob("bundle.tar.*"))
    assert len(packed) > 2
    assert all(path.stat().st_size <= 40_000 for path in packed)
    (folder / "bundle.tar").write_bytes(b"".join(path.read_bytes() for path in packed))
    with tarfile.open(folder / "bundle.tar") as archive:
        archive.extractall(folder / "unpacked", filter="data")
    return folder / "unpacked"


def dev_losses(log: str) -> list[float]:
    """Return the losses on the development set, in their order."""
    return [float(loss) for loss in re.findall(r"dev loss ([\d.]+)", log)]


def test_a_bare_machine_trains_what_the_engine_loads(unpacked: Path, tmp_path: Path) -> None:
    """In two runs of one schedule, then the encoder; the loss falls, the clock is kept, both models answer."""
    out, state = tmp_path / "out", tmp_path / "state.pt"
    first = run(unpacked, "train", ".", out, "--seconds", 15, "--workers", 1, "--state", state, "--to-share", 0.5)
    second = run(
        unpacked, "train", ".", out, "--seconds", 15, "--workers", 1, "--state", state, "--formats", "int8", "bfloat16"
    )
    assert "share 0.500" in first.splitlines()[-1]
    assert "resumed at" in second
    assert "share 1.000" in second.splitlines()[-1]
    losses = dev_losses(first + second)
    assert losses[-1] < 0.8 * losses[0]
    seconds = [float(re.findall(r"\[ *([\d.]+)\]", log)[-1]) for log in (first, second)]
    assert max(seconds) <= 15
    assert (out / "train.log").read_text(encoding="utf-8") == first + second
    run(unpacked, "train_encoder", ".", out, "--weights", out, "--seconds", 12)
    assert export.export(out, "translation", tmp_path / "translation").name == "tiny"
    export.export(out, "encoder", tmp_path / "encoder")
    directions = frozenset({Direction.parse("en-be")})
    engine = Ct2Translator("small", tmp_path / "translation", directions, max_source_tokens=60, device="cpu", workers=1)
    assert engine.model_id == "small"
    vectors = Ct2Encoder("small", tmp_path / "encoder", device="cpu", workers=1).encode(["town river.", "горад рака."])
    assert vectors.shape == (2, 64)
    assert parts.read(out, "translation").progress["share"] == 1.0


def test_training_goes_on_from_exported_weights(
    unpacked: Path, corpus: Path, experiment: Experiment, tmp_path: Path
) -> None:
    """The loss begins where the exported model stood, and the vocabulary is the exported one."""
    out = tmp_path / "out"
    log = run(unpacked, "train", ".", out, "--seconds", 15, "--workers", 1)
    exported = tmp_path / "exported"
    export.export(out, "translation", exported)
    again = tmp_path / "again"
    bundle.write_folder(experiment, corpus, corpus / "work", exported, again)
    assert (again / START).exists()
    continued = run(again, "train", ".", tmp_path / "more", "--seconds", 12, "--workers", 1)
    assert dev_losses(continued)[0] == pytest.approx(dev_losses(log)[-1], abs=0.02)


def test_a_run_that_is_too_slow_gives_up(unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first seconds, with a status of its own, so that no machine is paid for to the end."""
    from models.training import train  # noqa: PLC0415

    monkeypatch.setattr(train, "JUDGED_AFTER_SECONDS", 1.0)
    command = ["train", str(unpacked), str(tmp_path), "--seconds", "3600", "--workers", "1", "--slowest", "1e9"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as status:
        train.main()
    assert status.value.code == train.TOO_SLOW
    assert "is too slow" in (tmp_path / "train.log").read_text(encoding="utf-8")
    assert not list(tmp_path.glob("translation.*"))


def test_another_experiment_must_have_the_bundles_sources(small_bundle: Bundle, bundle_folder: Path) -> None:
    """Other options are taken; other sources would draw from the wrong pairs."""
    tiny = experiments.to_dict(small_bundle.experiment)
    mine = Bundle(bundle_folder)
    mine.change_experiment(experiments.from_dict({**tiny, "name": "other"}))
    assert mine.experiment.name == "other"
    tiny["data"]["sources"] = tiny["data"]["sources"][::-1]
    with pytest.raises(ValueError, match=r"data\.sources"):
        mine.change_experiment(experiments.from_dict(tiny))


@pytest.mark.parametrize(("number_format", "error"), [("int8", 0.5 / 127), ("bfloat16", 2**-8)])
def test_weights_come_back_from_their_parts(
    small_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number_format: str, error: float
) -> None:
    """In several parts, up to the rounding of their format; a missing part is an error that names it."""
    monkeypatch.setattr(parts, "PART_BYTES", 100_000)
    model = Translator(small_bundle.experiment.network, len(small_bundle.vocabulary))
    parameters = dict(model.named_parameters())
    weights = parts.Weights(small_bundle.experiment, {"steps": 7}, parameters, b"pieces")
    parts.write(tmp_path, "translation", weights, number_format)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) > 1
    assert all(path.stat().st_size <= 100_000 for path in paths)
    read = parts.read(tmp_path, "translation")
    assert (read.experiment, read.progress, read.vocabulary) == (small_bundle.experiment, {"steps": 7}, b"pieces")
    assert list(read.parameters) == list(parameters)
    for name, value in read.parameters.items():
        limit = error * parameters[name].abs().amax(-1, keepdim=True) + 1e-7
        assert ((value - parameters[name]).abs() <= limit).all(), name
    paths[-1].unlink()
    with pytest.raises(FileNotFoundError, match=r"a part is missing"):
        parts.read(tmp_path, "translation")
    with pytest.raises(FileNotFoundError, match=r"no weights here"):
        parts.read(tmp_path / "elsewhere", "translation")


def test_muon_makes_updates_orthogonal() -> None:
    """Singular values near one, whatever the gradient's were; and the network's loss falls on a batch it repeats."""
    torch.manual_seed(1)
    spread = torch.randn(3, 48, 32) @ torch.diag(torch.logspace(-2, 0, 32))
    values = torch.linalg.svdvals(orthogonalize(spread).float())
    assert values.min() > 0.5
    assert values.max() < 1.4
    weight = torch.nn.Parameter(torch.zeros(1, 8, 8))
    gain = torch.nn.Parameter(torch.ones(8))
    optimizer = Optimizer({"weight": weight, "gain": gain}, muon_rate=0.05, adam_rate=0.05, clip=1.0)
    inputs, wanted = torch.randn(32, 8), torch.randn(32, 8)
    losses = []
    for _ in range(50):
        loss = ((inputs * gain) @ weight[0].T - wanted).square().mean()
        loss.backward()
        losses.append(loss.item())
        optimizer.step(1.0)
        assert weight.grad is None
    assert losses[-1] < 0.8 * losses[0]


def test_the_rate_follows_the_clock(experiment: Experiment) -> None:
    """Up over the first steps, constant to `decay_from`, zero at the end; a part of a schedule keeps to its shares."""
    schedule = Schedule(experiment.training, begins_at_s=0.0, ends_at_s=1e-9)
    assert schedule.is_over()
    assert schedule.share() == 1.0
    factors = [
        schedule.factor(share, step) for share, step in ((0.0, 0), (0.2, 999), (0.5, 999), (0.75, 999), (1, 999))
    ]
    assert factors == pytest.approx([0.1, 1.0, 1.0, 0.5, 0.0])
    assert [schedule.phase(share) for share in (0.0, 0.49, 0.5, 1.0)] == [0, 0, 1, 1]
    half = Schedule(experiment.training, 0.0, 1e-9, from_share=0.25, to_share=0.5)
    assert half.share() == 0.5
