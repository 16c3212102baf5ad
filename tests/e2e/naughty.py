"""The real program with an engine that misbehaves: `python tests/e2e/naughty.py serve ...`.

Everything except the two models is what users run. Variables: NAUGHTY_BATCH_S, the seconds of a batch;
NAUGHTY_ENCODE_S, those of the encoder for one article; NAUGHTY_LOAD_S, those of loading; NAUGHTY_GATE, a file that
`hang` waits for; NAUGHTY_LOAD_GATE, one that loading waits for; NAUGHTY_STATE, a file that on SIGUSR1 gets what the
process holds, as JSON; NAUGHTY_AFTER, a process whose end is waited for, after a line in the log.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from talmach.app import application
from talmach.app.loading import Engines
from talmach.catalog.manifest import Golden, ModelSpec
from talmach.cli import main
from talmach.config import Settings
from talmach.engine.base import DecodeOptions, Hypothesis
from talmach.metrics import Metrics

if TYPE_CHECKING:
    from tests.fakes import NaughtyEngine, WordEncoder
else:
    # Other projects install a package `tests`, which would be found before ours.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from fakes import NaughtyEngine, WordEncoder

SPEC = ModelSpec(
    id="naughty",
    version="1",
    kind="translation",
    architecture="words, reversed",
    path="embedded/naughty",
    licence="Apache-2.0",
    files={"model.bin": "0" * 64, "a.model": "1" * 64},
    directions=("be-en",),
    golden=(Golden(direction="be-en", source="Дождж."),),
)


class FreezingEngine(NaughtyEngine):
    """In addition, `freeze` never comes back, `doze` comes back after two seconds, and a batch with
    `lose` and other sentences loses the last of its results.
    """

    compute_type, device = "int8", "cpu"

    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        if any("freeze" in tokens for tokens in batch):
            threading.Event().wait()
        if any("doze" in tokens for tokens in batch):
            time.sleep(2)
        if "NAUGHTY_GATE" in os.environ and any("hang" in tokens for tokens in batch):
            wait_for_file(os.environ["NAUGHTY_GATE"])
            self.release.set()
        self.lose_results = int(len(batch) > 1 and any("lose" in tokens for tokens in batch))
        self.batches.clear()  # a list of everything would look like a leak
        self.tokens.clear()
        self.options.clear()
        return super().translate(batch, options)


class SlowEncoder(WordEncoder):
    compute_type, device = "int8", "cpu"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        time.sleep(float(os.environ.get("NAUGHTY_ENCODE_S", "0")))
        self.calls.clear()
        return super().encode(texts)


def load_engines(_settings: Settings, _metrics: Metrics) -> Engines:
    """Take the place of the loading of models."""
    time.sleep(float(os.environ.get("NAUGHTY_LOAD_S", "0")))
    if "NAUGHTY_LOAD_GATE" in os.environ:
        wait_for_file(os.environ["NAUGHTY_LOAD_GATE"])
    engine: Any = FreezingEngine(seconds_per_batch=float(os.environ.get("NAUGHTY_BATCH_S", "0")))
    encoder: Any = SlowEncoder()
    return Engines(((SPEC, engine),), (SPEC.model_copy(update={"id": "words", "kind": "encoder"}), encoder), {})


def wait_for_file(path: str) -> None:
    """Let a test say when to go on, however long it takes itself."""
    while not Path(path).exists():
        time.sleep(0.01)


def write_state(*_: object) -> None:
    """Say what the process holds: asyncio tasks, threads, file descriptors."""
    state = {
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "fds": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - a path object is not shorter
    }
    path = Path(os.environ["NAUGHTY_STATE"])
    path.with_suffix(".new").write_text(json.dumps(state), encoding="utf-8")
    path.with_suffix(".new").replace(path)


def wait_for_the_end(process: str) -> None:
    """Begin when another has ended, at once: Python's own start is behind us."""
    sys.stderr.write("imported\n")
    sys.stderr.flush()
    while Path("/proc", process).exists():
        time.sleep(0.01)


if __name__ == "__main__":
    if "NAUGHTY_AFTER" in os.environ:
        wait_for_the_end(os.environ["NAUGHTY_AFTER"])
    application.load_engines = load_engines  # type: ignore[assignment, attr-defined]
    signal.signal(signal.SIGUSR1, write_state)
    main()
