"""Pairs of which a model makes one side: what is translated, by which search, and what of it is kept."""

import gzip
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import ctranslate2
import pytest

torch = pytest.importorskip("torch")

# ruff: noqa: E402 - without torch there is nothing to test

from models.training import export, generate, synthesize
from models.training.data.corpus import SYNTHETIC
from models.training.data.sentences import START, VOCABULARY, Bundle
from models.training.data.synthetic import Task, Translated, fault, read_tasks, read_translated, write_translated
from models.training.experiment import Experiment, Network, Synthetic
from models.training.network.greedy import GreedySearch
from models.training.network.transformer import Translator
from models.training.network.warm_start import read_translator
from models.training.run.journal import Journal

NETWORK = Network(width=32, heads=2, encoder_layers=2, decoder_layers=2, hidden=48)
SOURCES = ["the town.", "рака дом дорога.", "winter water people market garden light morning car train.", "мост."]


@pytest.fixture(scope="module")
def exported(small_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a random network as CTranslate2 runs it, in float32."""
    torch.manual_seed(3)
    model = Translator(NETWORK, len(small_bundle.vocabulary))
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.4)
    with torch.no_grad():
        model.embedding[small_bundle.vocabulary.eos] *= 3  # so that a random network comes to an end
    folder = tmp_path_factory.mktemp("exported")
    export.write_translation_model(model, NETWORK, small_bundle.vocabulary, folder, None)
    return folder


def padded(rows: list[list[int]], pad: int) -> Any:
    """Return rows of token ids as one array."""
    longest = max(map(len, rows))
    return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])


def test_the_search_finds_what_ctranslate2_finds(exported: Path, small_bundle: Bundle) -> None:
    """The same tokens and scores as the engine's greedy search, for sentences of unequal length in one batch."""
    vocabulary, limit = small_bundle.vocabulary, 40
    search = GreedySearch(read_translator(exported / "model.bin"), vocabulary.bos, vocabulary.eos, vocabulary.pad)
    sources = [vocabulary.processor.encode(text) for text in SOURCES * 3]
    found = search.translate(
        padded([[vocabulary.tags["be"], *ids, vocabulary.eos] for ids in sources], vocabulary.pad), limit
    )
    engine = ctranslate2.Translator(str(exported), compute_type="float32")
    pieces = vocabulary.pieces()
    expected = engine.translate_batch(
        [["<2be>", *(pieces[index] for index in ids)] for ids in sources],
        beam_size=1,
        max_decoding_length=limit,
        return_scores=True,
        return_end_token=True,
    )
    compared = 0
    for row, result in enumerate(expected):
        tokens = result.hypotheses[0]
        length = int(found.lengths[row])
        assert (length > 0) == (tokens[-1] == "</s>" and len(tokens) > 1)
        if length:
            assert [pieces[index] for index in found.tokens[row, :length]] == tokens[:-1]
            assert float(found.scores[row]) == pytest.approx(result.scores[0], rel=5e-3)
            compared += 1
    assert compared >= len(SOURCES)


def test_a_translation_is_scored_as_the_plain_network_scores_it(exported: Path, small_bundle: Bundle) -> None:
    """Padding and what else is in the batch change nothing."""
    vocabulary = small_bundle.vocabulary
    model = read_translator(exported / "model.bin")
    search = GreedySearch(model, vocabulary.bos, vocabulary.eos, vocabulary.pad)
    rows = [vocabulary.processor.encode(text) for text in SOURCES]
    sources = [[vocabulary.tags["be"], *ids, vocabulary.eos] for ids in rows]
    targets = [[vocabulary.bos, *ids, vocabulary.eos] for ids in reversed(rows)]
    scores = search.score(padded(sources, vocabulary.pad), padded(targets, vocabulary.pad))
    for source, target, score in zip(sources, targets, scores.tolist(), strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([source]), torch.tensor([target]), vocabulary.pad)
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(target[1:]))
        assert score == pytest.approx(-float(loss), abs=1e-4)


def test_the_chain_keeps_what_was_translated_beside_what_is_genuine(
    exported: Path, small_bundle: Bundle, corpus: Path, experiment: Experiment, tmp_path: Path
) -> None:
    """`collect` asks once for each sentence, `generate` runs without the service, `keep` pairs with both sides."""
    (corpus / "mono").mkdir(exist_ok=True)
    with gzip.open(corpus / "mono" / "en.extra.txt.gz", "wt", encoding="utf-8") as file:
        file.write("river bridge school house.\nriver bridge school house.\nroad.\n")
    wanted = (
        Synthetic("paired", ("prose",), "ru", "en", pair="ru-be", limit=5, min_score=-math.inf, min_reverse=-math.inf),
        Synthetic("alone", ("mono/en.extra",), "en", "be", min_score=-math.inf, min_reverse=-math.inf),
    )
    asked = replace(experiment, data=replace(experiment.data, synthetic=wanted))
    start = tmp_path / "start"
    start.mkdir()
    (start / "model.bin").write_bytes((exported / "model.bin").read_bytes())
    (start / VOCABULARY).write_bytes(small_bundle.vocabulary.path.read_bytes())
    folder, out = tmp_path / "folder", tmp_path / "out"
    synthesize.write_folder(asked, corpus, start, folder)
    assert [(task.language, task.into, len(lines)) for task, lines in read_tasks(folder)] == [
        ("ru", "en", 5),
        ("en", "be", 1),
    ]
    blocked = "import sys, runpy; sys.modules['talmach'] = sys.modules['ctranslate2'] = None; sys.argv[0] = 'generate';"
    program = f"{blocked} runpy.run_module('models.training.generate', run_name='__main__')"
    command = [sys.executable, "-c", program, ".", str(out), "--seconds", "3600"]
    subprocess.run(command, cwd=folder, check=True, env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"})
    (first, sentences), (second, _) = read_tasks(folder)
    # What a random network says passes no filter: put good translations in the place of its own.
    assert all(each.index < len(sentences) for each in read_translated(out, first))
    words = {"город": "town", "река": "river"}
    good = [
        Translated(index, -0.1, -0.2, " ".join(words.get(word, "word") for word in text.split()))
        for index, text in enumerate(sentences)
    ]
    write_translated(out, first, good)
    write_translated(out, second, [Translated(0, -0.1, math.nan, "рака мост школа дом.")])
    verdicts = synthesize.keep(asked, folder, out, corpus, tmp_path / SYNTHETIC)
    with gzip.open(tmp_path / SYNTHETIC / "alone.tsv.gz", "rt", encoding="utf-8") as file:
        assert file.read() == "en\tbe\triver bridge school house.\tрака мост школа дом.\talone.synthetic\n"
    with gzip.open(tmp_path / SYNTHETIC / "paired.tsv.gz", "rt", encoding="utf-8") as file:
        rows = [line.split("\t") for line in file]
    assert {tuple(row[:2]) for row in rows} == {("en", "ru"), ("en", "be")}
    assert {row[3] for row in rows if row[1] == "ru"} <= set(sentences)
    assert verdicts["kept"] >= 2


@pytest.mark.parametrize(
    ("source", "translation", "language", "into", "expected"),
    [
        ("В городе 15 школ.", "У горадзе 15 школ.", "ru", "be", None),
        ("В городе 15 школ.", "У горадзе 51 школа.", "ru", "be", "digits"),
        ("В городе есть школы.", "У городе есть школы и щит.", "ru", "be", "letters"),
        ("В городе есть школы.", "There are schools in the town.", "ru", "be", "script"),
        ("В городе есть школы.", "There are школы in the town.", "ru", "en", "script"),
        ("There are schools in the town.", "There are schools in the town.", "en", "ru", "script"),
        ("Он сказал это вчера вечером нам.", "Он сказал это вчера вечером нам.", "ru", "be", "copy"),
        ("Мама мыла раму потом.", "Мама мыла раму потом.", "be", "ru", "copy"),
        (
            "Короткая строка здесь.",
            "Гэта вельмі доўгі радок, які кажа значна больш за той.",
            "ru",
            "be",
            "length",
        ),
        ("да да да да да да да да да да да да", "так так так так так так так так так так так так", "ru", "be", "loop"),
        ("Строка.", "", "ru", "be", "empty"),
        ("Строка с знаком.", "Радок з \ufffd.", "ru", "be", "empty"),
    ],
)
def test_faults_are_named(source: str, translation: str, language: str, into: str, expected: str | None) -> None:
    """Each filter finds its own kind, and a good pair passes all of them."""
    assert fault(source, translation, language, into) == expected


def test_scores_below_the_bounds_are_left_out() -> None:
    """Both ways; what nobody scored passes."""
    wanted = Synthetic("made", ("mono/ru.x",), "ru", "be", min_score=-0.5, min_reverse=-1.0)
    text, made = "Он пришёл домой.", "Ён прыйшоў дадому."
    verdicts = [
        synthesize._fault(wanted, text, Translated(0, score, reverse, made))
        for score, reverse in ((-0.4, -0.9), (-0.6, -0.9), (-0.4, -1.1), (math.nan, math.nan))
    ]
    assert verdicts == [None, "score", "reverse", None]


def test_the_time_limit_ends_a_task_between_batches(exported: Path, small_bundle: Bundle, tmp_path: Path) -> None:
    """Nothing is translated after the end, and nothing is lost of what was."""
    (tmp_path / START).write_bytes((exported / "model.bin").read_bytes())
    (tmp_path / VOCABULARY).write_bytes(small_bundle.vocabulary.path.read_bytes())
    journal = Journal(tmp_path / "log", 0.0)
    generator = generate.Generator(tmp_path, journal)
    assert list(generator.translate(Task("t", "en", "be", 0, 1), ["the town."], ends_s=0.0)) == []
