"""Proves that every fault has a test that fails when its protection is removed.

    python tests/prove_protections.py [--only WORD]

Copies the project into a temporary folder, takes out one protection of `tests/protections` after the other and runs its
test. Ends with status 1 when a test still passes. This takes some minutes, and is therefore no test itself;
`test_protections.py` tests that the table fits the code.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.protections import PROTECTIONS, Protection
else:
    # Other projects install a package `tests`, which would be found before ours.
    from protections import PROTECTIONS, Protection

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 120.0  # without its protection a test may hang
_COPIED = ("models", "proto", "service", "tests")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "results")


def check(protection: Protection, root: Path) -> tuple[str, str]:
    """Run the test on the project in `root` without a protection; return what became of it, and what it says."""
    path = root / "service" / "talmach" / protection.without.path
    whole = path.read_text(encoding="utf-8")
    path.write_text(protection.without.apply(whole), encoding="utf-8")
    try:
        return _run(protection.test, root)
    finally:
        path.write_text(whole, encoding="utf-8")


def _run(test: str, root: Path) -> tuple[str, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    variables = os.environ | {"PYTHONPATH": str(root / "service"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=root, env=variables, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "hangs", ""
    problems = [line.partition(" - ")[2] for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    return {0: "passes", 1: "fails"}.get(done.returncode, f"did not run (status {done.returncode})"), "".join(problems)


def _whole(test: str, root: Path) -> bool:
    """Whether a test passes while nothing is taken out; tried twice, since a busy machine fails some by itself."""
    return any(_run(test, root)[0] == "passes" for _ in range(2))


def main() -> int:
    """Check all of them and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="those whose fault has this in it")
    only = parser.parse_args().only
    chosen = [each for each in PROTECTIONS if only in each.fault]
    if not chosen:
        parser.error(f"--only: no fault has {only!r} in it")
    unproven = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(ROOT / "pyproject.toml", root)
        for name in _COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=_LEFT_OUT)
        whole = {test: _whole(test, root) for test in dict.fromkeys(each.test for each in chosen)}
        for each in chosen:
            began = time.monotonic()
            result, problem = check(each, root) if whole[each.test] else ("fails with the protection too", "")
            unproven += result not in ("fails", "hangs")
            name = each.test.rpartition("::")[2]
            print(f"{result:6} {time.monotonic() - began:5.0f} s  {each.fault}: {name}", flush=True)
            if problem:
                print(f"{'':16}{problem}", flush=True)
    print(f"{len(chosen) - unproven} of {len(chosen)} protections are proven")
    return 1 if unproven else 0


if __name__ == "__main__":
    sys.exit(main())
