"""A small corpus, an experiment on it and the bundle that is made of both."""

import gzip
import random
from dataclasses import replace
from pathlib import Path

import pytest

from models.training import bundle
from models.training import experiment as experiments
from models.training.data.corpus import SYNTHETIC
from models.training.data.sentences import VOCABULARY, Bundle
from models.training.data.vocabulary import train_vocabulary
from models.training.experiment import Experiment, Source

EXPERIMENTS = Path(experiments.__file__).parent / "experiments"
WORDS = {
    "en": [
        "town",
        "river",
        "bridge",
        "school",
        "house",
        "road",
        "winter",
        "water",
        "people",
        "market",
        "garden",
        "light",
        "morning",
        "car",
        "train",
    ],
    "ru": [
        "город",
        "река",
        "мост",
        "школа",
        "дом",
        "дорога",
        "зима",
        "вода",
        "люди",
        "рынок",
        "сад",
        "свет",
        "утро",
        "машина",
        "поезд",
    ],
    "be": [
        "горад",
        "рака",
        "мост",
        "школа",
        "дом",
        "дарога",
        "зіма",
        "вада",
        "людзі",
        "рынак",
        "сад",
        "святло",
        "раніца",
        "машына",
        "цягнік",
    ],
}


def sentences(seed: int, count: int = 400) -> list[dict[str, str]]:
    """Return sentences of one to twenty words, each in the three languages."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    drawn = [[rng.randrange(15) for _ in range(rng.randint(1, 40))] for _ in range(count)]
    return [
        {language: " ".join(words[index] for index in row) + "." for language, words in WORDS.items()} for row in drawn
    ]


def write_pairs(path: Path, pair: str, rows: list[dict[str, str]]) -> None:
    """Write a corpus file."""
    first, second = pair.split("-")
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{first}\t{second}\t{row[first]}\t{row[second]}\ttest\n" for row in rows)


@pytest.fixture(scope="session")
def experiment() -> Experiment:
    """Return the experiment `tiny` on the small corpus, with nothing left to chance and every option at work."""
    tiny = experiments.load(EXPERIMENTS / "tiny.toml")
    sources = (
        Source("news", "en-be", (2.0, 1.0), (1.0, 1.0)),
        Source("prose", "ru-be", (0.0, 1.0), (1.0, 0.0)),
        Source("made", "en-be", (1.0, 1.0), synthetic=True, tagged=True),
    )
    data = replace(tiny.data, vocabulary_size=340, sources=sources, dev_sentences=8, max_tokens=120)
    training = replace(tiny.training, step_tokens=256, row_tokens=(64, 128))
    return replace(tiny, data=data, training=training)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the corpus; WORK is the folder `work` in it."""
    folder = tmp_path_factory.mktemp("corpus")
    write_pairs(folder / "news.tsv.gz", "en-be", sentences(1))
    write_pairs(folder / "prose.tsv.gz", "ru-be", sentences(2))
    write_pairs(folder / "work" / SYNTHETIC / "made.tsv.gz", "en-be", sentences(3, 100))
    (folder / "dev").mkdir()
    for language in WORDS:
        lines = [row[language] for row in sentences(4, 10)]
        (folder / "dev" / f"flores-dev.{language}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def bundle_folder(corpus: Path, experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an unpacked bundle."""
    work = corpus / "work"
    text = bundle.vocabulary_text(experiment, corpus, work)
    train_vocabulary(text, experiment.data.vocabulary_size, work / VOCABULARY)
    folder = tmp_path_factory.mktemp("bundle")
    bundle.write_folder(experiment, corpus, work, None, folder)
    return folder


@pytest.fixture(scope="session")
def small_bundle(bundle_folder: Path) -> Bundle:
    """Return the bundle in memory."""
    return Bundle(bundle_folder)
