"""Public corpora -> filtered pairs in the corpus's format, for whoever has a network.

    python -m models.training.download --list         # what there is, under which licence, how large it is now
    python -m models.training.download CORPUS --tests TESTS --licence CC-BY-2.0-FR ODC-By-1.0

TESTS is a folder of test sets, on which nothing may be trained; `sacrebleu -t wmt19 -l ru-en --echo src ref` has one.
`corpora.toml` names the corpora by their ids in the index of mtdata (https://github.com/thammegowda/mtdata), which
fetches and reads them. mtdata and not OpusTools: its index holds what WMT, AllenAI and Meta publish beside OPUS, comes
with the package instead of from a server, and can be extended by your own address (`url` in the file).

Writes CORPUS/web.tsv.gz. A pair stays when it was not there before, its sides have similar lengths and the languages
that they should have, the sentence encoder finds them similar, and neither shares ten words in a row with a test set.
"""

import argparse
import gzip
import hashlib
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from models.training.data.corpus import Pair
from models.training.summaries.served import MODELS_DIR, encoder_spec
from talmach.engine.encoder import Ct2Encoder
from talmach.engine.normalization import normalize, to_official_belarusian
from talmach.text.language import determine

CORPORA = Path(__file__).parent / "corpora.toml"
FILE = "web"
MAX_CHARS = 1_000
MAX_LENGTH_RATIO = 2.5
MIN_WORDS = 3
SHARED_WORDS = 10  # in a row, as the corpus's own removal of test sentences has it
DETECTED_CHARS = 40  # the language of shorter sentences is not checked: names and headings give no evidence
_ENCODED_AT_ONCE = 4_096
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Corpus:
    """One entry of `corpora.toml`."""

    id: str  # in mtdata's index: GROUP-NAME-VERSION-LANGUAGE-LANGUAGE
    pair: str  # "en-ru", "en-be" or "ru-be"
    licence: str
    source: str  # where the licence stands
    url: str = ""  # of a corpus that the index does not have


def load(path: Path) -> list[Corpus]:
    """Read the list; raises TypeError for an unknown or missing key, naming it."""
    return [Corpus(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["corpus"]]


def entry_of(corpus: Corpus) -> Any:
    """Return mtdata's entry of a corpus.

    Raises:
        ValueError: the index does not have it.
    """
    from mtdata.entry import DatasetId, Entry  # noqa: PLC0415 - building its index takes half a minute

    if corpus.url:
        return Entry(corpus.id, corpus.url)
    from mtdata.index import INDEX  # noqa: PLC0415

    name = DatasetId.parse(corpus.id)
    if name not in INDEX:
        raise ValueError(f"{CORPORA.name}: mtdata's index has no {corpus.id}")
    return INDEX[name]


def read(corpus: Corpus, cache: Path) -> Iterator[Pair]:
    """Download a corpus, unless it lies in `cache`, and yield its pairs in the order of `corpus.pair`."""
    from mtdata.cache import Cache  # noqa: PLC0415
    from mtdata.parser import Parser  # noqa: PLC0415

    entry = entry_of(corpus)
    parser = Parser(Cache(cache).get_entry(entry), ext=entry.in_ext, ent=entry)
    first = {"en": "eng", "ru": "rus", "be": "bel"}[corpus.pair.split("-")[0]]
    swap = str(entry.did.langs[0].lang) != first
    for segments in parser.read_segs():
        if len(segments) > 1 and segments[0] and segments[1]:
            yield (segments[1], segments[0]) if swap else (segments[0], segments[1])


class HeldOut:
    """Sentences on which nothing may be trained: whole, and in runs of ten words."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._runs = {run for line in lines for run in _runs(_words(line))}

    def have(self, text: str) -> bool:
        """Whether `text` shares a run of words with a test sentence, or is one."""
        return any(run in self._runs for run in _runs(_words(text)))


def read_test_sets(folders: Sequence[Path]) -> Iterator[str]:
    """Yield the lines of every file below the folders; columns count as lines of their own."""
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from line.split("\t")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(words: list[str]) -> Iterator[bytes]:
    for start in range(max(1, len(words) - SHARED_WORDS + 1)):
        run = " ".join(words[start : start + SHARED_WORDS])
        yield hashlib.blake2b(run.encode(), digest_size=8).digest()


class Filter:
    """Keeps good pairs and counts why the others were dropped; remembers what it has seen, 8 bytes per pair."""

    def __init__(self, test_sets: HeldOut, encoder: Ct2Encoder, min_similarity: float) -> None:
        self._test_sets = test_sets
        self._encoder = encoder
        self._min_similarity = min_similarity
        self._seen: set[bytes] = set()
        self.counts: Counter[str] = Counter()

    def keep(self, pairs: Iterable[Pair], pair: str) -> Iterator[Pair]:
        """Yield the normalised pairs that nothing speaks against."""
        languages = pair.split("-")
        plausible = self._plausible(pairs, languages)
        while chunk := list(islice(plausible, _ENCODED_AT_ONCE)):
            first, second = (self._encoder.encode([each[side] for each in chunk]) for side in (0, 1))
            for each, similarity in zip(chunk, (first * second).sum(-1), strict=True):
                if similarity < self._min_similarity:
                    self.counts["similarity"] += 1
                else:
                    self.counts["kept"] += 1
                    yield each

    def _plausible(self, pairs: Iterable[Pair], languages: list[str]) -> Iterator[Pair]:
        for raw in pairs:
            first, second = map(normalize, raw)
            texts = first, to_official_belarusian(second) if languages[1] == "be" else second
            if (fault := self._fault(texts, languages)) is None:
                yield texts
            else:
                self.counts[fault] += 1

    def _fault(self, texts: Pair, languages: list[str]) -> str | None:
        shorter, longer = sorted(map(len, texts))
        if min(len(text.split()) for text in texts) < MIN_WORDS or longer > min(MAX_CHARS, MAX_LENGTH_RATIO * shorter):
            return "length"
        key = hashlib.blake2b("\t".join(texts).lower().encode(), digest_size=8).digest()
        if key in self._seen:
            return "duplicate"
        self._seen.add(key)
        for text, language in zip(texts, languages, strict=True):
            if len(text) >= DETECTED_CHARS and determine(text) != language:
                return "language"
        return "test set" if any(map(self._test_sets.have, texts)) else None


def write(
    corpora: Sequence[Corpus], output: Path, cache: Path, wanted: Filter, limit: int | None
) -> dict[str, Counter[str]]:
    """Write the kept pairs of all corpora into one file, first under another name; return the counts of each corpus."""
    report = {}
    temporary = output.with_suffix(".partial")
    with gzip.open(temporary, "wt", encoding="utf-8") as file:
        for corpus in corpora:
            before = Counter(wanted.counts)
            first, second = corpus.pair.split("-")
            for texts in wanted.keep(islice(read(corpus, cache), limit), corpus.pair):
                file.write("\t".join((first, second, *texts, corpus.id)) + "\n")
            report[corpus.id] = wanted.counts - before
            print(f"{corpus.id}: {dict(report[corpus.id])}", flush=True)
    temporary.rename(output)
    return report


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?", help="folder of the corpus")
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    parser.add_argument("--list", action="store_true", help="show what there is and download nothing")
    parser.add_argument("--licence", nargs="+", help="only corpora under one of these; default: all that is confirmed")
    parser.add_argument("--tests", type=Path, action="append", default=[], help="folder of test sets to keep out")
    parser.add_argument("--limit", type=int, help="pairs read of each corpus")
    parser.add_argument("--min-similarity", type=float, default=0.5, help="of the encoder's vectors of both sides")
    arguments = parser.parse_args()
    corpora = [
        corpus
        for corpus in load(arguments.corpora)
        if (corpus.licence in arguments.licence if arguments.licence else corpus.licence != "unconfirmed")
    ]
    if arguments.list:
        from mtdata.cache import Cache  # noqa: PLC0415

        for corpus in load(arguments.corpora):
            size = Cache(CORPORA.parent).get_content_length(entry_of(corpus))["total_size"]
            print(f"{corpus.id}  {corpus.pair}  {corpus.licence}  {size}  {corpus.source}")
        return
    if arguments.corpus is None or not corpora:
        sys.exit("CORPUS: a folder to write into" if corpora else f"--licence: none of {arguments.corpora} has it")
    spec = encoder_spec()
    encoder = Ct2Encoder(spec.id, MODELS_DIR / spec.path, device="cpu")
    tests = HeldOut(read_test_sets([*arguments.tests, arguments.corpus / "dev"]))
    wanted = Filter(tests, encoder, arguments.min_similarity)
    write(corpora, arguments.corpus / f"{FILE}.tsv.gz", arguments.corpus / "downloaded", wanted, arguments.limit)


if __name__ == "__main__":
    main()
