"""Summaries by the embedded encoder; the bounds leave room below what models/results/summary.json reports."""

import time
from pathlib import Path

import pytest

from models.training.summaries.documents import Story, read_stories
from models.training.summaries.robustness import agreement, stability
from models.training.summaries.served import RememberingEncoder, encoder_spec
from talmach.metrics import Metrics
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import SummaryOptions
from tests.articles import an_article

STORIES = Path(__file__).parents[1] / "data" / "articles"


@pytest.fixture(name="stories", scope="module")
def _stories() -> list[dict[str, Story]]:
    return list(read_stories(STORIES))


@pytest.fixture(name="summarizer", scope="module")
def _summarizer() -> Summarizer:
    return Summarizer(RememberingEncoder(encoder_spec()), metrics=Metrics())


def test_there_are_a_dozen_parallel_stories(stories: list[dict[str, Story]]) -> None:
    """With the same sentences in each language, or comparing their numbers would mean nothing."""
    assert len(stories) == 12
    for each in stories:
        assert len({len(story.article.sentences) for story in each.values()}) == 1


def test_the_languages_agree_on_the_choice(summarizer: Summarizer, stories: list[dict[str, Story]]) -> None:
    """Three quarters of what is chosen at three sentences, in every pair."""
    agreements = agreement(summarizer, stories)
    assert min(each.jaccard for each in agreements.values()) >= 0.75 - 1e-9
    assert min(each.rank_correlation for each in agreements.values()) >= 0.8


def test_what_stands_around_a_story_changes_nothing(summarizer: Summarizer, stories: list[dict[str, Story]]) -> None:
    """Neither boilerplate nor a paragraph that stands twice; shuffling does, as news is written from the top."""
    stable = stability(summarizer, stories)
    assert stable["added boilerplate"] == 1
    assert stable["duplicated paragraph"] == 1
    assert stable["shuffled paragraphs"] >= 0.4


@pytest.mark.parametrize("language", ["be", "ru", "en"])
def test_the_summary_is_no_headline_and_stands_alone(
    summarizer: Summarizer, stories: list[dict[str, Story]], language: str
) -> None:
    """Three whole sentences, the first of which points to nothing before it."""
    for each in stories:
        summary = summarizer.choose(each[language].article, SummaryOptions())
        assert len(summary.chosen) == 3
        assert all(scored.sentence.field.value != "headline" for scored in summary.chosen)
        assert not summary.chosen[0].sentence.text.startswith(("It ", "She ", "He ", "Он ", "Она ", "Ён ", "Яна "))


def test_a_long_article_takes_a_second_or_two(stories: list[dict[str, Story]]) -> None:
    """Three hundred sentences through the encoder and the ranking, each read for the first time."""
    paragraphs = [paragraph for each in stories for story in each.values() for paragraph in story.body]
    article = an_article("Навіны", "", "\n\n".join(paragraphs[:170]))
    assert len(article.sentences) > 300
    summarizer = Summarizer(RememberingEncoder(encoder_spec()), metrics=Metrics())
    summarizer.choose(stories[0]["en"].article, SummaryOptions())
    start = time.process_time()  # other processes do not count
    summarizer.choose(article, SummaryOptions())
    assert time.process_time() - start < 4
