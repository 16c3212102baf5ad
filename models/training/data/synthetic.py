"""Sentences for a model to translate, their translations, and which of those are worth training on.

A folder with `tasks.json` (what is translated into what), `sentences.txt.xz` (every sentence once, a line each), and
beside it, written where the model runs, `TASK.tsv.xz`: number of the sentence, mean log-probability of a token of the
translation, the same of the sentence given its translation, and the translation. Nothing of this imports the service.
"""

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

TASKS, SENTENCES = "tasks.json", "sentences.txt.xz"
_FEWEST_WORDS_OF_A_LOOP = 8
_SHORTEST, _LONGEST = 0.55, 1.8  # characters of the source over those of its translation, ten of grace each
_DIGITS = re.compile(r"\d+")
_LATIN = re.compile("[a-z]", re.IGNORECASE)
_CYRILLIC = re.compile("[а-яёіў]", re.IGNORECASE)
_FOREIGN = {"be": re.compile("[ищъ]", re.IGNORECASE), "ru": re.compile("[іў]", re.IGNORECASE)}


@dataclass(frozen=True, slots=True)
class Task:
    """Sentences `begin` to `end` of the folder, to be translated from `language` into `into`."""

    name: str
    language: str
    into: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Translated:
    """A model's translation of one sentence; scores are NaN where nobody computed them, and then pass every bound."""

    index: int  # of the sentence in its task
    score: float
    reverse: float
    text: str


def write_tasks(folder: Path, tasks: Iterable[tuple[str, str, str, list[str]]]) -> None:
    """Write (name, language, into, sentences); no sentence has a line end in it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    index = []
    for name, language, into, sentences in tasks:
        index.append(asdict(Task(name, language, into, len(lines), len(lines) + len(sentences))))
        lines += sentences
    (folder / TASKS).write_text(json.dumps(index), encoding="utf-8")
    with lzma.open(folder / SENTENCES, "wt", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def read_tasks(folder: Path) -> list[tuple[Task, list[str]]]:
    """Return the tasks with their sentences."""
    with lzma.open(folder / SENTENCES, "rt", encoding="utf-8", newline="\n") as file:
        lines = [line.removesuffix("\n") for line in file]
    tasks = [Task(**task) for task in json.loads((folder / TASKS).read_text(encoding="utf-8"))]
    return [(task, lines[task.begin : task.end]) for task in tasks]


def write_translated(folder: Path, task: Task, translated: Iterable[Translated]) -> None:
    """Write the translations of a task."""
    folder.mkdir(parents=True, exist_ok=True)
    with lzma.open(folder / f"{task.name}.tsv.xz", "wt", encoding="utf-8", newline="\n", preset=1) as file:
        file.writelines(f"{each.index}\t{each.score:.3f}\t{each.reverse:.3f}\t{each.text}\n" for each in translated)


def read_translated(folder: Path, task: Task) -> Iterator[Translated]:
    """Yield the translations of a task; none when time ran out before its turn."""
    path = folder / f"{task.name}.tsv.xz"
    if not path.exists():
        return
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            index, score, reverse, text = line.removesuffix("\n").split("\t", 3)
            yield Translated(int(index), float(score), float(reverse), text)


def fault(source: str, translation: str, language: str, into: str) -> str | None:
    """Return why a pair is not worth training on; None when nothing speaks against it."""
    words = translation.lower().split()
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    faults = {
        "empty": not words or "\t" in translation or "\ufffd" in translation,
        "length": not _SHORTEST < (len(source) + 10) / (len(translation) + 10) < _LONGEST,
        "digits": Counter(_DIGITS.findall(source)) != Counter(_DIGITS.findall(translation)),
        "script": _is_in_another_script(source, translation, language, into),
        "letters": into in _FOREIGN and bool(_FOREIGN[into].search(translation)),
        "loop": len(words) > _FEWEST_WORDS_OF_A_LOOP and max(triples.values()) > 2,
        "copy": source == translation and len(words) > 3,
    }
    return next((name for name, holds in faults.items() if holds), None)


def _is_in_another_script(source: str, translation: str, language: str, into: str) -> bool:
    cyrillic, latin = (len(letters.findall(translation)) for letters in (_CYRILLIC, _LATIN))
    if into == "en":
        return cyrillic > 2
    if language == "en":
        return latin > 0.35 * (cyrillic + latin) and latin > len(_LATIN.findall(source)) / 2
    return cyrillic < 0.6 * len(_CYRILLIC.findall(source))
