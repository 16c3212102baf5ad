"""What to expect of production models: `python -m benchmarks.production`, on an idle machine.

Random weights in the shapes of public models, int8, every translation forced to the length of its source: time and
memory are those of the real models, the output is meaningless. Each shape has a process of its own. Measured are
loading, memory, the bare engine against the int8 roof of this machine, and the batching queue over the same engine with
one caller and with 64.
"""

import argparse
import asyncio
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ctranslate2

from benchmarks.articles import LONG_SENTENCES, long_story
from benchmarks.process import Participant
from benchmarks.roof import Need, Roof
from benchmarks.shapes import NLLB_600M, OPUS_BASE, TC_BIG, Shape, save_random, tokens
from talmach.app.engines import open_encoder
from talmach.batching import BatchingQueue
from talmach.calls import Call
from talmach.catalog import default_models_dir
from talmach.catalog.manifest import load
from talmach.engine.base import AlignedSentence, DecodeOptions, Direction, Hypothesis
from talmach.metrics import Metrics
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import SummaryOptions
from talmach.text.article import Field
from talmach.translation.translator import Translator
from talmach.translation.values import TranslationOptions
from talmach.use_cases import UseCases

SHAPES = {"opus-mt-base": OPUS_BASE, "opus-mt-tc-big": TC_BIG, "nllb-600m": NLLB_600M}
_LENGTH = 30  # tokens of source and translation
_BATCH = 16
_CALLERS = 64
_LONE = 12  # sentences of a lone caller
_CHOSEN = 3  # sentences of a summary
_ARTICLES = 3  # times that article and summary are asked for
_LATIN = str.maketrans("абвгдеёжзійклмнопрстуўфхцчшыьэюя", "abvgdeezzijklmnoprstuufxccsyjeua")


class Forced:
    """A `TranslationEngine` whose translations have all the same length.

    Its texts are the sources in Latin letters, so that no check finds fault and nothing is decoded a second time.
    """

    model_id = "forced"
    directions = frozenset({Direction("be", "en")})
    max_source_tokens = 256
    decoding = DecodeOptions()
    low_confidence: dict[Direction, float] = {}  # noqa: RUF012 - the protocol's, and never filled
    known_words = None

    def __init__(self, directory: Path, workers: int) -> None:
        self._model: Any = ctranslate2.Translator(
            str(directory), device="cpu", compute_type="int8", inter_threads=workers, intra_threads=1
        )

    def tokenize(self, text: str, direction: Direction) -> list[str]:  # noqa: ARG002 - the protocol's
        """Return the tokens as they are written."""
        return text.split()

    def tokenize_pair(self, source: str, target: str, direction: Direction) -> AlignedSentence:
        """Nobody asks for it: only texts with tags are aligned, and none is measured here."""
        raise NotImplementedError

    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        """Translate to the length of the source."""
        results = self._model.translate_batch(
            [list(each) for each in batch],
            beam_size=options.beam_size,
            min_decoding_length=_LENGTH,
            max_decoding_length=_LENGTH,
        )
        return [
            Hypothesis(" ".join(source).lower().translate(_LATIN), 0.0, len(each.hypotheses[0]), truncated=False)
            for source, each in zip(batch, results, strict=True)
        ]


class Subject:
    """One shape, in a process of its own."""

    def __init__(self, shape: Shape, workers: int) -> None:
        self._directory = tempfile.TemporaryDirectory()
        path = Path(self._directory.name)
        save_random(path, shape, "int8")
        self.need = Need.of(path / "model.bin")
        before = _rss_mib()
        started_at = time.perf_counter()
        self._engine = Forced(path, workers)
        self.load_s = time.perf_counter() - started_at
        chance = random.Random(1)
        self._sentences = [chance.choices(tokens(shape)[3:2_000], k=_LENGTH) for _ in range(256)]
        self._engine.translate(self._sentences[:_BATCH], DecodeOptions())
        self.rss_mib = _rss_mib() - before
        self._workers = workers

    def facts(self) -> tuple[float, float, Need]:
        """Return seconds of loading, MiB, and what a token needs."""
        return self.load_s, self.rss_mib, self.need

    def bare(self, seconds: float) -> float:
        """Return target tokens per second of batches from as many threads as there are workers."""
        numbers = itertools.count()
        until = time.perf_counter() + seconds

        def work(_: int) -> int:
            done = 0
            while time.perf_counter() < until:
                start = next(numbers) * _BATCH % len(self._sentences)
                self._engine.translate(self._sentences[start : start + _BATCH], DecodeOptions())
                done += _BATCH * _LENGTH
            return done

        started_at = time.perf_counter()
        with ThreadPoolExecutor(self._workers) as executor:
            done = sum(executor.map(work, range(self._workers)))
        return done / (time.perf_counter() - started_at)

    def queue(self, seconds: float) -> float:
        """Return target tokens per second of 64 callers with a sentence at a time."""
        return asyncio.run(self._queue(seconds))

    async def _queue(self, seconds: float) -> float:
        queue = BatchingQueue(
            self._engine, workers=self._workers, max_batch_size=_BATCH, max_batch_tokens=4_096, metrics=Metrics()
        )
        until, done = time.perf_counter() + seconds, 0

        async def call(number: int) -> None:
            nonlocal done
            while time.perf_counter() < until:
                (future,) = queue.submit([self._sentences[number]], DecodeOptions())
                await future
                done += _LENGTH

        started_at = time.perf_counter()
        await asyncio.gather(*map(call, range(_CALLERS)))
        elapsed_s = time.perf_counter() - started_at
        await queue.close()
        return done / elapsed_s

    def lone(self) -> tuple[float, float]:
        """Return the median milliseconds of a sentence, by the engine itself and through the queue."""
        return asyncio.run(self._lone())

    async def _lone(self) -> tuple[float, float]:
        queue = BatchingQueue(self._engine, workers=self._workers, metrics=Metrics())
        direct, queued = [], []
        for sentence in self._sentences[:_LONE]:  # by turns, so that both see the same machine
            started_at = time.perf_counter()
            self._engine.translate([sentence], DecodeOptions())
            direct.append(time.perf_counter() - started_at)
            started_at = time.perf_counter()
            (future,) = queue.submit([sentence], DecodeOptions())
            await future
            queued.append(time.perf_counter() - started_at)
        await queue.close()
        return 1_000 * statistics.median(direct), 1_000 * statistics.median(queued)

    def article(self) -> tuple[float, float]:
        """Return the median milliseconds of an article, and of its summary in the other language."""
        return asyncio.run(self._article())

    async def _article(self) -> tuple[float, float]:
        manifest = load(default_models_dir())
        spec = next(each for each in manifest.models if each.kind == "encoder")
        encoder = open_encoder(
            spec, default_models_dir() / spec.path, device="cpu", compute_type="auto", workers=self._workers
        )
        queue = BatchingQueue(self._engine, workers=self._workers, metrics=Metrics())
        summarizer = Summarizer(encoder, workers=self._workers, metrics=Metrics())
        translator = Translator({self._engine.model_id: queue}, low_confidence_score=-100, metrics=Metrics())
        use_cases, story = UseCases(translator, summarizer), long_story("be")
        fields = {Field.HEADLINE: story.headline, Field.LEAD: story.lead, Field.BODY: story.body}
        options, call = TranslationOptions("en", source_language="be"), Call("benchmark", "")
        whole, summary = [], []
        for _ in range(_ARTICLES):
            started_at = time.perf_counter()
            done = await use_cases.translate_article(fields, options, call)
            whole.append(time.perf_counter() - started_at)
            assert done.totals.usage.target_tokens <= LONG_SENTENCES * _LENGTH, "a sentence was decoded twice"
            started_at = time.perf_counter()
            await use_cases.summarize(fields, SummaryOptions(max_sentences=_CHOSEN), options, call)
            summary.append(time.perf_counter() - started_at)
        summarizer.close()
        await queue.close()
        return 1_000 * statistics.median(whole), 1_000 * statistics.median(summary)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", default=list(SHAPES), help=", ".join(SHAPES))
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    arguments = parser.parse_args()
    workers = len(os.sched_getaffinity(0))
    print(f"{workers} cores, load {os.getloadavg()[0]:.1f} before; {_LENGTH} tokens a sentence, greedy, int8\n")
    print(
        "| shape | load s | MiB | bare engine, tokens/s | of the int8 roof | 64 callers over it | lone caller, ms"
        f" | article of {LONG_SENTENCES}, ms | its summary in English ({_CHOSEN}) |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in arguments.shapes:
        _show(SHAPES[name], workers, arguments.seconds)


def _show(shape: Shape, workers: int, seconds: float) -> None:
    with Participant(Roof, workers) as roof, Participant(Subject, shape, workers) as subject:
        load_s, rss_mib, need = subject.call(Subject.facts)
        gops = roof.call(Roof.measure).gops
        rounds = [(subject.call(Subject.bare, seconds), subject.call(Subject.queue, seconds)) for _ in range(3)]
        direct_ms, queued_ms = subject.call(Subject.lone)
        article_ms, summary_ms = subject.call(Subject.article)
    bare = statistics.median(each for each, _ in rounds)
    over = statistics.median(queue / each for each, queue in rounds)
    share = need.ops(1, 1) * bare / 1e9 / gops
    print(
        f"| {shape.name} | {load_s:.1f} | {rss_mib:,.0f} | {bare:,.0f} | {100 * share:.0f} % | {100 * over:.0f} %"
        f" | {queued_ms:.0f} ({direct_ms:.0f} without the queue)"
        f" | {article_ms:,.0f} | {summary_ms:,.0f} ms, {100 * summary_ms / article_ms:.0f} % |",
        flush=True,
    )


def _rss_mib() -> float:
    if sys.platform != "linux":
        return float("nan")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


if __name__ == "__main__":
    main()
