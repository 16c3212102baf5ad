"""`python -m benchmarks.archive speed|memory`: `talmach bulk` beside the bare engine, and whether it grows.

Both write their part of one JSON file and print the table that docs/archives.md shows. The articles are made of the
sentences of the tests' stories in another order each; the cache is off where speed is measured, so that each of them is
decoded.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.archive_table import table
from benchmarks.articles import ROOT, Item, stories
from benchmarks.engines import BATCH_SIZE, MAX_BATCH_TOKENS, BareEngine
from benchmarks.family import Family
from benchmarks.process import Participant
from benchmarks.soak import Slope
from talmach.app.loading import usable_cores
from talmach.bulk.desk import BATCHES
from talmach.catalog import manifest
from talmach.text import protected
from talmach.text.article import Article, Field

_MODELS = ROOT / "models"
RESULT = _MODELS / "results" / "archive.json"
_TARGET = "en"
_SENTENCES = 18  # of an article: as many as the stories have
_SHORTEST_CHARS = 30
_WARM_UP = 1 / 3  # of the time
_ALLOWED_MIB = 32.0
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Speed:
    """Rates in articles."""

    articles: int
    bare_articles: int  # that the bare engine got; its rate does not depend on their number
    sentences: int  # of all articles
    characters: int
    cores: int
    bare_a_second: dict[str, float]  # by the shape of its batches
    bare_cpu_s: dict[str, float]  # for 1,000 articles
    seconds: float  # of the whole command, Ray's start and the loading of the models included
    cpu_s: float  # for 1,000 articles, of everything that the command started
    load_before: float


@dataclass(frozen=True, slots=True)
class Growth:
    """Memory of everything that the command started."""

    rows: int
    seconds: float
    most_mib: float
    actor_mib: float  # of the largest process, at the end
    growth_mib: float  # after the warm-up
    error_mib: float  # standard error of it
    steady: bool


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.archive",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, default=RESULT, help="JSON file to write")
    what = parser.add_subparsers(dest="what", required=True)
    speed = what.add_parser("speed", help="articles a second, beside the bare engine")
    speed.add_argument("--articles", type=int, default=5_000)
    speed.add_argument("--bare-articles", type=int, default=500, help="that the bare engine gets")
    memory = what.add_parser("memory", help="memory over many short rows, most of them repeated")
    memory.add_argument("--rows", type=int, default=100_000)
    arguments = parser.parse_args()
    if arguments.what == "speed":
        found = asdict(measure_speed(arguments.articles, min(arguments.bare_articles, arguments.articles)))
    else:
        found = asdict(measure_memory(arguments.rows))
    spec = next(each for each in manifest.load(_MODELS).models if each.kind == "translation")
    kept = json.loads(arguments.output.read_text(encoding="utf-8")) if arguments.output.exists() else {}
    result = kept | {"machine": machine.describe(spec, _MODELS), arguments.what: found}
    arguments.output.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(table(result))
    if arguments.what == "memory" and not found["steady"]:
        sys.exit(1)


def measure_speed(count: int, bare_count: int) -> Speed:
    """Measure the bare engine, with the batches of a server and of an archive, and then the command."""
    rows = list(_articles(count))
    load = os.getloadavg()[0]
    shapes = {"server": (MAX_BATCH_TOKENS, BATCH_SIZE), "archive": tuple(BATCHES.values())}
    items = [item for row in rows[:bare_count] for item in _items(row)]
    rates, cpu = {}, {}
    spec = next(each for each in manifest.load(_MODELS).models if each.kind == "translation")
    with Participant(BareEngine, spec, _MODELS, usable_cores()) as bare:
        for name, shape in shapes.items():
            cpu_before = bare.call(_cpu_s)
            _, timed = bare.call_for(bare_count * 10.0, BareEngine.translate, items, *shape)
            rates[name] = bare_count / timed.seconds
            cpu[name] = 1_000 * (bare.call(_cpu_s) - cpu_before) / bare_count
    seconds, family = _bulk(rows, TALMACH_CACHE_MIB="0")
    return Speed(
        count,
        bare_count,
        sum(len(_items(row)) for row in rows),
        sum(len(row[name]) for row in rows for name in ("headline", "lead", "body")),
        usable_cores(),
        rates,
        cpu,
        seconds,
        1_000 * family.cpu_s / count,
        load,
    )


def measure_memory(count: int) -> Growth:
    """Translate many short rows; most are repeated, so that it ends."""
    sentences = [sentence for language in ("ru", "be") for story in stories(language) for sentence in story.sentences]
    rows = [{"id": str(number), "body": sentences[number % len(sentences)]} for number in range(count)]
    seconds, family = _bulk(rows)
    # The command ends what it has started before it ends itself.
    working = [each for each in family.samples if seconds * _WARM_UP <= each.seconds <= seconds * 0.95]
    slope = Slope.of([(each.seconds, each.all_mib) for each in working])
    hours = (working[-1].seconds - working[0].seconds) / 3_600
    return Growth(
        count,
        seconds,
        max(each.all_mib for each in family.samples),
        max(each.largest_mib for each in family.samples[-10:]),
        slope.growth_mib,
        slope.error_mib_per_hour * hours,
        not slope.is_growth(_ALLOWED_MIB),
    )


def _bulk(rows: Sequence[Row], **settings: str) -> tuple[float, Family]:
    """Run the command; return its seconds and what was seen of it."""
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "in.jsonl"
        source.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
        output = Path(directory) / "out.jsonl"
        command = [
            sys.executable,
            "-m",
            "talmach",
            "bulk",
            str(source),
            str(output),
            "--to",
            _TARGET,
            "--beam-size",
            "1",
        ]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TALMACH_")}
        began = time.monotonic()
        process = subprocess.Popen(command, env=environment | settings)
        with Family(process.pid) as family:
            status = process.wait()
        seconds = time.monotonic() - began
        if status:
            raise SystemExit(status)
    return seconds, family


def _articles(count: int) -> Iterator[Row]:
    """Yield Russian and Belarusian articles, no two alike."""
    chance = random.Random(1)
    pools = {
        language: [each for story in stories(language) for each in story.sentences if len(each) >= _SHORTEST_CHARS]
        for language in ("ru", "be")
    }
    for number in range(count):
        language = ("ru", "be")[number % 2]
        headline, lead, *told = chance.sample(pools[language], _SENTENCES)
        paragraphs = [" ".join(told[start : start + 4]) for start in range(0, len(told), 4)]
        yield {
            "id": str(number),
            "language": language,
            "headline": headline,
            "lead": lead,
            "body": "\n\n".join(paragraphs),
        }


def _items(row: Row) -> list[Item]:
    article = Article.of(
        {Field.HEADLINE: row["headline"], Field.LEAD: row["lead"], Field.BODY: row["body"]}, row["language"]
    )
    texts = [each.text for each in article.sentences if protected.has_words(each.text)]
    return [Item(text, row["language"], _TARGET) for text in texts]


def _cpu_s(_: BareEngine) -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
