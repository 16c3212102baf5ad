"""The summary of whole stories: saved web pages, rearranged articles, sentences that need others."""

import time
from pathlib import Path

import pytest

from talmach.metrics import Metrics
from talmach.summary.ranking import Weights
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import ArticleSummary, SummaryOptions
from talmach.text.article import Article, Field
from tests.articles import an_article
from tests.fakes import WordEncoder

DATA = Path(__file__).parents[2] / "data"
HEADLINE = "У Вербне адкрылі новую школу"
STORY = """У горадзе Вербна ў пятніцу адкрылі новую школу.

Школу будавала мінская кампанія. Яна скончыла работы на месяц раней. Гэта дапамагло гораду сэканоміць грошы.

Новы мост цераз раку мае даўжыню 85 метраў. Стары мост быў драўляны і вельмі вузкі."""


def summarize(article: Article, sentences: int = 3, *, diversity: float | None = None) -> ArticleSummary:
    """Summarise with the word encoder."""
    return Summarizer(WordEncoder(), metrics=Metrics()).choose(
        article, SummaryOptions(max_sentences=sentences, diversity=diversity)
    )


def chosen(summary: ArticleSummary) -> list[str]:
    """The chosen sentences."""
    return [each.sentence.text for each in summary.chosen]


@pytest.mark.parametrize("language", ["be", "ru", "en"])
@pytest.mark.parametrize("sentences", [1, 3, 10, 1000])
def test_no_line_of_a_web_pages_chrome_is_chosen(language: str, sentences: int) -> None:
    """However long the summary is: menus, date lines, captions, share lines and teasers around the story stay out."""
    page = (DATA / f"webpage.{language}.txt").read_text(encoding="utf-8")
    chrome = {
        line.strip() for line in (DATA / f"webpage.{language}.chrome.txt").read_text(encoding="utf-8").splitlines()
    }
    texts = chosen(summarize(Article.of({Field.TEXT: page}, language), sentences, diversity=0))
    assert len(texts) == min(sentences, len(texts)) > 0
    assert not [text for text in texts for line in chrome if text in line]


@pytest.mark.parametrize("sentences", [1, 2, 3, 4, 5, 6])
def test_a_sentence_that_points_back_comes_with_the_one_before_it(sentences: int) -> None:
    """At every length: never «Яна скончыла ...» without who she is, nor what comes of it without both."""
    texts = chosen(summarize(an_article(HEADLINE, "", STORY), sentences))
    chain = [
        "Школу будавала мінская кампанія.",
        "Яна скончыла работы на месяц раней.",
        "Гэта дапамагло гораду сэканоміць грошы.",
    ]
    present = [sentence in texts for sentence in chain]
    assert present == sorted(present, reverse=True)
    assert len(texts) == sentences


def test_the_reason_for_leaving_such_a_sentence_out() -> None:
    """It is a candidate, and says what it lacks."""
    summary = summarize(an_article(HEADLINE, "", STORY), 1)
    last = next(each for each in summary.scores if each.sentence.text.startswith("Гэта"))
    assert last.candidate
    assert last.reason == "passed over: points back to a sentence that is not chosen"


def test_a_paragraph_that_stands_twice_changes_nothing() -> None:
    """Neither the choice nor a score: what is repeated has no vote."""
    paragraphs = STORY.split("\n\n")
    plain = summarize(an_article(HEADLINE, "", STORY))
    doubled = summarize(an_article(HEADLINE, "", "\n\n".join([*paragraphs, paragraphs[1]])))
    assert chosen(doubled) == chosen(plain)
    assert [each.score for each in doubled.chosen] == pytest.approx([each.score for each in plain.chosen])


def test_the_words_of_a_sentence_count_beside_its_embedding() -> None:
    """An encoder that finds everything alike leaves the choice to names and numbers."""

    class Blind(WordEncoder):
        def _vector(self, word: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
            return super()._vector("the same")

    body = "Вецер зламаў сорак старых дрэў.\n\nУ кіно паказалі новы фільм.\n\nМост праз Вербну закрылі на рамонт."
    summary = Summarizer(Blind(), weights=Weights(position=0), metrics=Metrics()).choose(
        an_article("Мост праз Вербну закрылі", "", body), SummaryOptions(max_sentences=1)
    )
    assert chosen(summary) == ["Мост праз Вербну закрылі на рамонт."]


def test_three_hundred_real_sentences_take_well_under_a_second() -> None:
    """Judging, words, ranking and choosing, beside the encoder."""
    paths = sorted((DATA / "articles").glob("*.txt"))
    bodies = [path.read_text(encoding="utf-8").partition("\n")[2] for path in paths[:20]]
    article = an_article(HEADLINE, "", "\n\n".join(bodies))
    assert len(article.sentences) > 300
    encoder = WordEncoder()
    summarizer = Summarizer(encoder, metrics=Metrics())
    summarizer.choose(article, SummaryOptions())
    start = time.process_time()
    encoder.encode([sentence.text for sentence in article.sentences])
    encoding = time.process_time() - start
    start = time.process_time()
    summarizer.choose(article, SummaryOptions(ratio=0.3))
    assert time.process_time() - start - encoding < 1
