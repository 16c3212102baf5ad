"""argostranslate with a package made of our model, called through its own API.

It differs from the packages that Argos ships in two ways, and both spare Argos work. The tokenizer puts our
target-language tag in front of the source and folds typography as for our model (Argos itself knows only a target
prefix). And sentences come split, one per line, since Argos would download its splitter.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.articles import Item
from benchmarks.process import Timed, stopwatch
from talmach.catalog.manifest import SENTENCEPIECE_FILE
from talmach.engine.base import Direction
from talmach.engine.ct2 import Ct2Translator
from talmach.engine.normalization import normalize

_HOME_VARIABLES = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")


class ArgosPeer:
    """One Argos translation for each direction of the model."""

    def __init__(self, model: Path, directions: Sequence[str], max_source_tokens: int) -> None:
        """Make the packages in a folder that is deleted with the process, and load them."""
        self._home = tempfile.TemporaryDirectory()
        os.environ.update(dict.fromkeys(_HOME_VARIABLES, self._home.name))
        from argostranslate import package, settings, translate  # noqa: PLC0415 - writes into its home when imported

        self._settings: Any = settings
        self._default_beam_size: int = settings.beam_size
        parsed = [Direction.parse(each) for each in directions]
        tokens = Ct2Translator("argos", model, frozenset(parsed), max_source_tokens=max_source_tokens, device="cpu")
        self._translations: dict[tuple[str, str], Any] = {}
        for direction in parsed:
            made = package.Package(make_package(Path(self._home.name) / str(direction), model, direction))
            made.tokenizer = _tokenizer(made.tokenizer, tokens, direction)
            of = [translate.Language(code, code) for code in (direction.source, direction.target)]
            translation = translate.PackageTranslation(of[0], of[1], made)
            translation.sentencizer = _Lines()
            # What translate.get_installed_languages() hands out is wrapped in the same way.
            self._translations[direction.source, direction.target] = translate.CachedTranslation(translation)

    def translate(self, items: Sequence[Item], *, greedy: bool = False) -> tuple[list[str], Timed]:
        """Translate every sentence by a call of its own; not `greedy` = Argos's default, beam 4."""
        self._settings.beam_size = 1 if greedy else self._default_beam_size
        texts = []
        with stopwatch(items) as timed:
            for item in items:
                translation = self._translations[item.source, item.target]
                texts.append(" ".join(translation.translate(item.text).split()))
        return texts, timed


class _Lines:
    """A splitter for sentences that are split already."""

    def split_sentences(self, text: str) -> list[str]:
        return [text]


def _tokenizer(theirs: Any, tokens: Ct2Translator, direction: Direction) -> Any:
    encode = theirs.encode
    tag = tokens.tokenize("", direction)
    theirs.encode = lambda sentence: [*tag, *encode(normalize(sentence))]
    return theirs


def make_package(directory: Path, model: Path, direction: Direction) -> Path:
    """Write our model as the package of one direction."""
    directory.mkdir()
    metadata = {
        "package_version": "1.0",
        "argos_version": "1.9",
        "from_code": direction.source,
        "from_name": direction.source,
        "to_code": direction.target,
        "to_name": direction.target,
    }
    (directory / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    shutil.copyfile(model / SENTENCEPIECE_FILE, directory / SENTENCEPIECE_FILE)
    (directory / "model").symlink_to(model.resolve(), target_is_directory=True)
    return directory
