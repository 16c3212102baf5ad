"""A quarter of a minute of everything at once, as `python -m benchmarks.soak` does it for hours."""

import subprocess
import sys
from pathlib import Path

from tests.e2e.program import TIMEOUT_S, environment


def test_a_short_soak_finds_a_steady_server() -> None:
    """Memory, open files, the queue and every status code are as they should be, and the server ends well."""
    done = subprocess.run(
        # All of it is warm-up: only what would fill a machine is growth.
        [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.25", "--allowed-mib", "256"],
        cwd=Path(__file__).parents[2],
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=3 * TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict  steady" in done.stdout
    assert "OK " in done.stdout
    assert "HTTP 200 " in done.stdout
    assert "INVALID_ARGUMENT " in done.stdout
