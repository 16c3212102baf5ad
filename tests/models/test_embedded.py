"""The models that come with talmach: intact, loadable, proven, and good for something."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from talmach.app.engines import prove_translator
from talmach.app.loading import Engines, load_engines
from talmach.batching import BatchingQueue
from talmach.calls import Call
from talmach.catalog import default_models_dir
from talmach.catalog.manifest import ModelSpec, load
from talmach.catalog.verify import verify
from talmach.config import load_settings
from talmach.engine.base import DecodeOptions, Direction
from talmach.metrics import Metrics
from talmach.quality import Flag
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import SummaryOptions
from talmach.text.article import Article, Field
from talmach.translation.translator import Translator
from talmach.translation.values import SegmentStatus, TranslationOptions
from talmach.use_cases import Fields, UseCases

EXAMPLES = Path(__file__).parents[2] / "examples"
LANGUAGES = ("ru", "be", "en")
DIRECTIONS = [Direction(source, target) for source in LANGUAGES for target in LANGUAGES if source != target]
# What a draft may get wrong; from a model that is more than a draft, next to nothing is accepted.
USELESS = frozenset({Flag.REPETITION, Flag.WRONG_SCRIPT})
MOST_USELESS = {True: 0.25, False: 0.02}


def fields(language: str) -> Fields:
    """One of the three parallel example articles."""
    headline, _, body = (EXAMPLES / f"article.{language}.txt").read_text(encoding="utf-8").partition("\n")
    return {Field.HEADLINE: headline, Field.LEAD: "", Field.BODY: body}


def article(language: str) -> Article:
    """It, in its sentences."""
    return Article.of(fields(language), language)


@pytest.fixture(scope="module", name="metrics")
def _metrics() -> Metrics:
    return Metrics()


@pytest.fixture(scope="module", name="engines")
def _engines(metrics: Metrics) -> Engines:
    return load_engines(load_settings(device="cpu", workers=2), metrics)


@pytest.mark.parametrize("spec", load(default_models_dir()).models, ids=lambda spec: spec.id)
def test_files_are_those_of_the_manifest(spec: ModelSpec) -> None:
    """Every checksum holds, and no file of a model's folder is unknown to the manifest but its card."""
    directory = verify(spec, default_models_dir())
    assert {path.name for path in directory.iterdir()} - {"README.md"} == set(spec.files)
    assert (default_models_dir() / (spec.card or "")).is_file()


def test_the_embedded_models_are_small() -> None:
    """They are cloned with the history, for ever."""
    files = [path for path in (default_models_dir() / "embedded").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 90_000_000


def test_what_is_loaded_is_exposed(engines: Engines, metrics: Metrics) -> None:
    """Every model as loaded, with the type that it really computes in."""
    for spec, engine in [*engines.translators, engines.encoder]:
        labels = {"model": spec.id, "version": spec.version, "compute_type": engine.compute_type, "device": "cpu"}
        assert metrics.registry.get_sample_value("talmach_model_loaded", {"model": spec.id}) == 1
        assert metrics.registry.get_sample_value("talmach_model_info", labels) == 1


def test_golden_sentences_are_translated(engines: Engines) -> None:
    """As before a server says SERVING, for all six directions."""
    for spec, engine in engines.translators:
        prove_translator(spec, engine)
    assert {direction for _, engine in engines.translators for direction in engine.directions} == set(DIRECTIONS)


def test_the_target_tag_decides_the_script(engines: Engines) -> None:
    """One source, two targets: Latin letters for the one, Cyrillic for the other."""
    _, engine = engines.translators[0]
    text = "Горад адкрыў новую школу."
    pairs = [engine.tokenize(text, Direction("be", target)) for target in ("en", "ru")]
    english, russian = (hypothesis.text for hypothesis in engine.translate(pairs, DecodeOptions()))
    assert english.isascii()
    assert not russian.isascii()


@pytest.mark.parametrize(("target", "letters"), [("en", "eo"), ("ru", "ое"), ("be", "аы")])
def test_forbidden_letters_are_not_produced(engines: Engines, target: str, letters: str) -> None:
    """Not one, in either case, where the same sentence is else full of them."""
    _, engine = engines.translators[0]
    source = "en" if target == "be" else "be"
    texts = {"be": "Урад вырашыў адкрыць новыя школы ў сталіцы.", "en": "The government has opened new schools."}
    tokens = [engine.tokenize(texts[source], Direction(source, target))]
    free, bound = (engine.translate(tokens, DecodeOptions(forbidden_letters=each))[0].text for each in ("", letters))
    assert not set(letters).isdisjoint(free.lower())
    assert bound
    assert set(letters).isdisjoint(bound.lower())


@pytest.mark.parametrize("direction", DIRECTIONS, ids=str)
async def test_an_article_is_translated(engines: Engines, direction: Direction) -> None:
    """Every segment, in the right script, without loops in all but a few."""
    spec, engine = engines.translators[0]
    queue = BatchingQueue(engine, workers=2, metrics=Metrics())
    use_cases = UseCases(Translator({engine.model_id: queue}, low_confidence_score=-100, metrics=Metrics()), None)
    source = fields(direction.source)
    try:
        options, call = TranslationOptions(direction.target), Call("test", "")
        translation = await asyncio.wait_for(use_cases.translate_article(source, options, call), 120)
    finally:
        await queue.close()
    segments = translation.segments
    assert len(segments) == len(translation.source.article.sentences)
    assert {segment.status for segment in segments} == {SegmentStatus.TRANSLATED}
    assert {segment.source_language for segment in segments} == {direction.source}
    assert all(segment.translated_text.strip() for segment in segments)
    useless = [segment for segment in segments if segment.flags & USELESS]
    assert len(useless) <= MOST_USELESS[spec.draft] * len(segments)


@pytest.mark.parametrize("languages", [("ru", "en"), ("be", "en"), ("ru", "be")], ids="-".join)
def test_translations_are_neighbours(engines: Engines, languages: tuple[str, str]) -> None:
    """The nearest sentence of the other language is the translation, for more than four in five, both ways."""
    first, second = (embed(engines, language) for language in languages)
    assert len(first) == len(second)
    similarity = first @ second.T
    diagonal = np.arange(len(first))
    assert (similarity.argmax(axis=1) == diagonal).mean() > 0.8
    assert (similarity.argmax(axis=0) == diagonal).mean() > 0.8


def embed(engines: Engines, language: str) -> NDArray[np.float32]:
    """The embeddings of an example's sentences; the examples are parallel sentence by sentence."""
    return engines.encoder[1].encode([sentence.text for sentence in article(language).sentences])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_article_is_summarised(engines: Engines, language: str) -> None:
    """Three sentences of the body, in its order."""
    summary = Summarizer(engines.encoder[1], metrics=Metrics()).choose(article(language), SummaryOptions())
    assert len(summary.chosen) == 3
    assert [each.sentence.index for each in summary.chosen] == sorted(each.sentence.index for each in summary.chosen)
    assert summary.encoder_model_id == engines.encoder[0].id
