"""LibreTranslate itself, from a virtual environment of its own, serving our model as packages of Argos.

As in `argos_peer`, both differences to the packages that it would download spare it work: the tokenizer puts our
target-language tag in front of the source, and a text is one sentence, since it would download its splitter.
"""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.argos_peer import make_package
from benchmarks.server import Footprint, cpu_s, footprint, free_address
from talmach.engine.base import Direction
from talmach.engine.ct2 import Ct2Translator

_START_TIMEOUT_S = 180.0
# Runs in the other environment, which knows nothing of ours.
_LAUNCHER = """
import json, sys
from argostranslate import tokenizer, translate

tags, encode = json.loads(sys.argv.pop(1)), tokenizer.SentencePieceTokenizer.encode

class Whole:
    def __init__(self, package):
        pass

    def split_sentences(self, text):
        return [text]

tokenizer.SentencePieceTokenizer.encode = lambda self, text: [*tags[self.model_file.parent.name], *encode(self, text)]
translate.MiniSBDSentencizer = Whole

from libretranslate.main import main

main()
"""


class LibreTranslateProcess:
    """A running LibreTranslate on loopback, with the settings that it comes with."""

    def __init__(self, python: Path, model: Path, directions: Sequence[str], max_source_tokens: int) -> None:
        """Start it by the interpreter of its environment; raises RuntimeError when it does not come up."""
        self.address = free_address()
        self._home = tempfile.TemporaryDirectory()
        home = Path(self._home.name)
        packages = home / "argos-translate" / "packages"
        packages.mkdir(parents=True)
        parsed = [Direction.parse(each) for each in directions]
        for direction in parsed:
            make_package(packages / str(direction), model, direction)
        tokens = Ct2Translator("tags", model, frozenset(parsed), max_source_tokens=max_source_tokens, device="cpu")
        tags = {str(direction): tokens.tokenize("", direction) for direction in parsed}
        host, _, port = self.address.partition(":")
        variables = dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"), self._home.name)
        with (home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(python), "-c", _LAUNCHER, json.dumps(tags), "--host", host, "--port", port],
                cwd=home,
                env=_environment(variables),
                stdout=log,
                stderr=log,
            )
        self._wait(home / "log")

    def footprint(self) -> Footprint:
        """Return memory, threads and open files now."""
        return footprint(self._process.pid)

    def cpu_s(self) -> float:
        """Return the processor time that it has used."""
        return cpu_s(self._process.pid)

    def stop(self) -> None:
        """End it; nothing that it holds is needed."""
        self._process.kill()
        self._process.wait()
        self._home.cleanup()

    def _wait(self, log: Path) -> None:
        end = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://{self.address}/languages", timeout=10):
                return
            time.sleep(0.5)
        text = log.read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"LibreTranslate does not start: {text}")


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TALMACH_", "PYTHON", "VIRTUAL"))}
    return {**kept, **variables}
