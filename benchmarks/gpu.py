"""Speed on a GPU: `python -m benchmarks.gpu`, under two minutes, from a bare checkout.

Needs CTranslate2, SentencePiece, numpy and PyTorch, nothing else of talmach's dependencies. Measures the bare engine
with the embedded model and with a random one of OPUS-MT's base shape, beside two roofs of the same GPU: the rate of its
matrix products and of its memory. `--device cpu` rehearses the script with a few sentences.
"""

import argparse
import ctypes
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.roof import Need
from benchmarks.shapes import OPUS_BASE, save_random, tokens
from models.training.network.weights_file import read_weights

_ROOT = Path(__file__).parents[1]
_CUBLAS = "libcublas.so.12"  # what the published wheel of CTranslate2 opens
_RELINKED = "TALMACH_BENCHMARK_RELINKED"
_SECONDS = 1.0  # of measuring, for each row
_LONE_CALLS = {"cuda": 20, "cpu": 2}
_BATCHES = {"cuda": (32, 128, 512), "cpu": (4,)}
_BEAMS = (1, 4)
_OPUS_LENGTH = 30  # tokens, of the source and of the forced translation
_MAX_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Roofs:
    """What this device can do at best, measured."""

    products: dict[str, float]  # operations per second by number format
    bytes_per_s: float

    @classmethod
    def measure(cls, device: str) -> "Roofs":
        """Multiply large matrices and copy a large array."""
        size = 8192 if device == "cuda" else 1024
        dtype = torch.float16 if device == "cuda" else torch.float32
        a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        products = {str(dtype).removeprefix("torch."): 2 * size**3 / _seconds_of(lambda: a @ b, device)}
        if device == "cuda":
            c, d = (torch.randint(-8, 8, (size, size), device=device, dtype=torch.int8) for _ in range(2))
            products["int8_float16"] = 2 * size**3 / _seconds_of(lambda: torch._int_mm(c, d.t()), device)  # noqa: SLF001 - PyTorch has no public int8 product
        source = torch.zeros(1 << (28 if device == "cuda" else 24), device=device)
        target = torch.empty_like(source)
        copied = 2 * source.nbytes / _seconds_of(lambda: target.copy_(source), device)
        return cls(products, copied)


@dataclass(frozen=True, slots=True)
class Subject:
    """A model with the batches it translates."""

    name: str
    directory: Path
    sources: list[list[str]]
    forced_tokens: int | None  # length of every translation; None = the model ends them


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    device: str = parser.parse_args().device
    if device == "cuda":
        _find_cublas()
    import ctranslate2  # noqa: PLC0415 - after the library path is right

    started_at = time.perf_counter()
    roofs = Roofs.measure(device)
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    print(f"{name}; CTranslate2 {ctranslate2.__version__}, PyTorch {torch.__version__}, CUDA {torch.version.cuda}")
    rates = ", ".join(f"{key} {value / 1e12:.1f} T op/s" for key, value in roofs.products.items())
    print(f"roofs measured: {rates}; memory {roofs.bytes_per_s / 1e9:.0f} GB/s (copy, read + write)\n")
    print("| model | format | call | target tokens/s | sentences/s | share of products | share of memory |")
    print("|---|---|---|---|---|---|---|")
    loads = []
    with tempfile.TemporaryDirectory() as directory:
        for subject in (_embedded(), _opus_shaped(Path(directory))):
            for compute_type in ("float16", "int8_float16") if device == "cuda" else ("float32",):
                loads.append(_measure(subject, device, compute_type, roofs))  # noqa: PERF401 - prints as it goes
    print("\n" + "\n".join(loads))
    print("\nProducts: useful ones only, no padding, one hypothesis; memory: weights read once by every decoding step.")
    print(f"\n{time.perf_counter() - started_at:.0f} s in all")


def _find_cublas() -> None:
    """Give the process a cuBLAS by the name that CTranslate2 opens: a link to PyTorch's own, of whichever CUDA."""
    try:
        ctypes.CDLL(_CUBLAS)
    except OSError:
        if os.environ.get(_RELINKED):
            raise SystemExit(
                f"{_CUBLAS} cannot be opened, not even as a link to PyTorch's: {_cublas_of_torch()}"
            ) from None
    else:
        print(f"{_CUBLAS}: {'a link to ' + str(_cublas_of_torch()) if os.environ.get(_RELINKED) else 'found'}")
        return
    library = _cublas_of_torch()
    links = Path(tempfile.mkdtemp())
    (links / _CUBLAS).symlink_to(library)
    # The loader reads its path when a process starts; the second entry has the library that cuBLAS itself needs.
    path = ":".join([str(links), str(library.parent), os.environ.get("LD_LIBRARY_PATH", "")])
    environment = os.environ | {"LD_LIBRARY_PATH": path.rstrip(":"), _RELINKED: "1"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - itself


def _cublas_of_torch() -> Path:
    packages = Path(torch.__file__).parents[1]
    found = sorted([*packages.glob("nvidia/**/libcublas.so.*"), *packages.glob("torch/lib/libcublas.so.*")])
    found += sorted(Path("/usr/local").glob("cuda*/**/libcublas.so.*"))
    if not found:
        raise SystemExit(f"{_CUBLAS} is missing, and PyTorch brings no cuBLAS: pip install nvidia-cublas-cu12")
    return found[0]


def _seconds_of(run: Any, device: str) -> float:
    """Return the seconds of the fastest of several runs."""
    best = float("inf")
    for _ in range(6):
        _wait(device)
        started_at = time.perf_counter()
        for _ in range(4):
            run()
        _wait(device)
        best = min(best, (time.perf_counter() - started_at) / 4)
    return best


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _embedded() -> Subject:
    import sentencepiece  # noqa: PLC0415 - beside CTranslate2

    directory = _ROOT / "models" / "embedded" / "translation"
    processor: Any = sentencepiece.SentencePieceProcessor(model_file=str(directory / "sentencepiece.model"))
    others = {"ru": ("en", "be"), "be": ("en", "ru"), "en": ("ru", "be")}
    sources = []
    for path in sorted((_ROOT / "tests" / "data" / "articles").glob("*.*.txt")):
        for sentence in re.split(r"(?<=[.!?])\s+", path.read_text(encoding="utf-8")):
            pieces = processor.encode(sentence, out_type=str)[:_MAX_LENGTH]
            sources += [[f"<2{target}>", *pieces] for target in others[path.name.split(".")[-2]]]
    random.Random(1).shuffle(sources)
    return Subject("embedded", directory, sources, None)


def _opus_shaped(directory: Path) -> Subject:
    save_random(directory, OPUS_BASE)
    chance = random.Random(1)
    sources = [chance.choices(tokens(OPUS_BASE)[3:], k=_OPUS_LENGTH) for _ in range(1024)]
    return Subject("OPUS-MT base shape, random", directory, sources, _OPUS_LENGTH)


def _measure(subject: Subject, device: str, compute_type: str, roofs: Roofs) -> str:
    """Print the rows of one model in one number format; return what loading it took."""
    import ctranslate2  # noqa: PLC0415 - after the library path is right

    need = Need.of(subject.directory / "model.bin")
    arrays = read_weights(subject.directory / "model.bin").values()
    weights = sum(value.size for value in {id(value): value for value in arrays}.values())  # shared ones once
    bytes_a_step = (
        need.ops_per_target_token
        / 2
        * (1 if compute_type.startswith("int8") else np.dtype(_float(compute_type)).itemsize)
    )
    free = torch.cuda.mem_get_info()[0] if device == "cuda" else 0
    started_at = time.perf_counter()
    translator = ctranslate2.Translator(str(subject.directory), device=device, compute_type=compute_type)
    loaded_s = time.perf_counter() - started_at
    taken = free - torch.cuda.mem_get_info()[0] if device == "cuda" else 0

    def row(call: str, *, source: int, target: int, sentences: int, steps: int, seconds: float) -> None:
        products = need.ops(source, target) / seconds / roofs.products[compute_type]
        memory = steps * bytes_a_step / seconds / roofs.bytes_per_s
        print(
            f"| {subject.name} | {compute_type} | {call} | {target / seconds:,.0f} | {sentences / seconds:,.0f}"
            f" | {100 * products:.1f} % | {100 * memory:.1f} % |",
            flush=True,
        )

    for beam in _BEAMS:
        _translate(translator, subject, subject.sources[: _BATCHES[device][0]], beam)  # warms up
        times, source, target = [], 0, 0
        for sentence in subject.sources[: _LONE_CALLS[device]]:
            started_at = time.perf_counter()
            target += sum(_translate(translator, subject, [sentence], beam))
            times.append(time.perf_counter() - started_at)
            source += len(sentence)
        median = (
            f"one sentence, beam {beam}: median {1e3 * statistics.median(times):.1f} ms, worst {1e3 * max(times):.1f}"
        )
        row(median, source=source, target=target, sentences=len(times), steps=target, seconds=sum(times))
        for size in _BATCHES[device]:
            batches = _batches(subject.sources, size)
            _translate(translator, subject, next(batches), beam)
            source = target = sentences = steps = 0
            started_at = time.perf_counter()
            while (elapsed_s := time.perf_counter() - started_at) < _SECONDS:
                batch = next(batches)
                lengths = _translate(translator, subject, batch, beam)
                source += sum(map(len, batch))
                target += sum(lengths)
                sentences += len(batch)
                steps += max(lengths)
            call = f"batch of {size}, beam {beam}"
            row(call, source=source, target=target, sentences=sentences, steps=steps, seconds=elapsed_s)
    del translator
    memory = f", {taken / 2**20:.0f} MiB of the GPU's memory" if taken else ""
    return f"{subject.name}, {compute_type}: {weights / 1e6:.0f} M weights, loaded in {loaded_s:.1f} s{memory}"


def _float(compute_type: str) -> str:
    return compute_type.rpartition("_")[2]


def _batches(sources: list[list[str]], size: int) -> Iterator[list[list[str]]]:
    chance = random.Random(size)
    while True:
        yield chance.sample(sources, size)


def _translate(translator: Any, subject: Subject, batch: list[list[str]], beam: int) -> list[int]:
    """Return the lengths of the translations in tokens."""
    longest = max(map(len, batch))
    forced = subject.forced_tokens
    results = translator.translate_batch(
        batch,
        beam_size=beam,
        min_decoding_length=forced or 1,
        max_decoding_length=forced or 2 * longest + 16,
        return_end_token=not forced,
    )
    return [len(result.hypotheses[0]) for result in results]


if __name__ == "__main__":
    main()
