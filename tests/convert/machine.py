"""A user's machine, which knows no other hub than ours."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.convert.hub import Hub


class Machine:
    """A user's machine: environment, cache and models directory of its own."""

    def __init__(self, directory: Path, site: Hub) -> None:
        self.models = directory / "models"
        self.models.mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALMACH_", "HF_"))}
        self.environment = kept | {
            "HF_ENDPOINT": site.url,
            "HF_HOME": str(directory / "hf"),
            "HF_HUB_DOWNLOAD_TIMEOUT": "300",
            "HF_HUB_ETAG_TIMEOUT": "300",
            "TALMACH_MODELS_DIR": str(self.models),
            "TALMACH_DEVICE": "cpu",
        }

    def start(self, *arguments: str, stdin: Any = None, preexec_fn: Any = None) -> "subprocess.Popen[str]":
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "talmach", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=stdin,
            preexec_fn=preexec_fn,  # noqa: PLW1509 - no threads here
        )

    def run(self, *arguments: str, stdin: Any = None, preexec_fn: Any = None) -> tuple[int, str, str]:
        """Run a command to its end."""
        process = self.start(*arguments, stdin=stdin, preexec_fn=preexec_fn)
        out, err = process.communicate(timeout=900)
        return process.returncode, out, err
