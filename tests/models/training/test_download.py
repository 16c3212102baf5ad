"""Public corpora from a server on loopback, through mtdata itself: what is fetched, filtered and written."""

import functools
import gzip
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.training import download
from models.training.download import Corpus, Filter, HeldOut
from models.training.summaries.served import MODELS_DIR, encoder_spec
from talmach.engine.encoder import Ct2Encoder

pytest.importorskip("mtdata", reason="the extra `train` is not installed")

GOOD = [
    (
        "The town council opened a new school on Monday morning.",
        "Городской совет открыл новую школу в понедельник.",
    ),
    ("It rained heavily in the mountains for three days.", "В горах три дня шли сильные дожди."),
]
BAD = {
    "duplicate": GOOD[0],
    "length": ("Yes.", "Да, конечно, мы это сделаем."),
    "language": ("The town opened a new school in the old town centre.", "The town opened a new school there, again."),
    "similarity": ("The farmers sold their apples at the market.", "Космический корабль вернулся на орбиту вчера."),
    "test set": ("This sentence stands in a test set.", "Это предложение стоит в тестовом наборе."),
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a server with one small corpus, Russian first."""
    folder = tmp_path / "www"
    folder.mkdir()
    rows = [*GOOD, *BAD.values()]
    with gzip.open(folder / "news.tsv.gz", "wt", encoding="utf-8") as file:
        file.writelines(f"{russian}\t{english}\n" for english, russian in rows)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/news.tsv.gz"
    server.shutdown()
    server.server_close()
    thread.join()


def corpus(url: str) -> Corpus:
    """Return the entry of the small corpus."""
    return Corpus("Local-news-1-rus-eng", "en-ru", "CC0-1.0", "https://example.org/licence", url)


def test_a_corpus_is_fetched_filtered_and_written(served: str, tmp_path: Path) -> None:
    """English comes first whatever the file's order; each bad pair goes for its own reason; what stays says whence."""
    spec = encoder_spec()
    tests = HeldOut([BAD["test set"][0]])
    wanted = Filter(tests, Ct2Encoder(spec.id, MODELS_DIR / spec.path, device="cpu"), min_similarity=0.5)
    output = tmp_path / "web.tsv.gz"
    report = download.write([corpus(served)], output, tmp_path / "cache", wanted, None)
    with gzip.open(output, "rt", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    assert [tuple(line[2:4]) for line in lines] == GOOD
    assert {(line[0], line[1], line[4]) for line in lines} == {("en", "ru", "Local-news-1-rus-eng")}
    assert report == {"Local-news-1-rus-eng": {"kept": 2, **dict.fromkeys(BAD, 1)}}


def test_a_second_run_asks_no_server(served: str, tmp_path: Path) -> None:
    """What was downloaded lies in the cache."""
    first = list(download.read(corpus(served), tmp_path / "cache"))
    (tmp_path / "www" / "news.tsv.gz").unlink()
    assert list(download.read(corpus(served), tmp_path / "cache")) == first


def test_a_missing_file_is_an_error_and_no_corpus(served: str, tmp_path: Path) -> None:
    """Nothing is written under the final name."""
    spec = encoder_spec()
    wanted = Filter(HeldOut([]), Ct2Encoder(spec.id, MODELS_DIR / spec.path, device="cpu"), 0.5)
    with pytest.raises(AssertionError, match="404"):
        download.write([corpus(served + ".nothing.tsv")], tmp_path / "web.tsv.gz", tmp_path / "cache", wanted, None)
    assert not (tmp_path / "web.tsv.gz").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three four five six seven eight nine ten eleven", True),
        ("zero One, two three four - five six seven eight nine ten!", True),
        ("one two three four five six seven eight nine elephants", False),
        ("short line", True),
        ("a short line", False),
    ],
)
def test_ten_words_in_a_row_betray_a_test_sentence(text: str, expected: bool) -> None:
    """Case and punctuation do not hide it; a shorter test sentence is found whole."""
    tests = HeldOut(["One two three four five six seven eight nine ten.", "Short line."])
    assert tests.have(text) == expected


def test_the_list_names_pairs_licences_and_where_those_stand() -> None:
    """Every entry can be asked for, and none is listed twice."""
    corpora = download.load(download.CORPORA)
    assert len({each.id for each in corpora}) == len(corpora)
    for each in corpora:
        assert each.pair in {"en-ru", "en-be", "ru-be"}
        assert each.licence
        assert each.source.startswith("https://")
