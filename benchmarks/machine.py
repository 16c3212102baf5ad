"""What the numbers depend on: hardware, versions, models, conditions."""

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.articles import BEAM_SIZE
from talmach.catalog.manifest import ModelSpec

_PACKAGES = ("talmach", "ctranslate2", "sentencepiece", "grpcio", "protobuf", "torch", "transformers", "argostranslate")
_GIB = 1 << 30


def describe(spec: ModelSpec, models_dir: Path) -> dict[str, Any]:
    """Return the facts by name."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "int8_instructions": _int8_instructions(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES},
        "model": f"{spec.id} {spec.version}" + (" (draft)" if spec.draft else ""),
        "architecture": spec.architecture,
        "model_sha256": hashlib.sha256((models_dir / spec.path / "model.bin").read_bytes()).hexdigest(),
        "beam": BEAM_SIZE,
        "precision": "int8 (talmach and Argos), float32 and dynamic int8 (PyTorch)",
    }


def _processor() -> str:
    return next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), "unknown")


def _int8_instructions() -> str:
    flags = next((line.split() for line in _cpuinfo() if line.startswith("flags")), [])
    return " ".join(flag for flag in ("avx2", "avx512bw", "avx512_vnni", "avx_vnni", "amx_int8") if flag in flags)


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
