"""The summary use case with an encoder that counts shared words: lengths, order, completeness, stability."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from talmach.errors import EngineFailure
from talmach.metrics import Metrics
from talmach.summary.ranking import Weights
from talmach.summary.shortlist import FEWEST_READ, MOST_READ, READ_FOR_EACH
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import ArticleSummary, SummaryOptions
from talmach.text.article import Article, Field
from tests.articles import an_article
from tests.fakes import WordEncoder

DATA = Path(__file__).parents[2] / "data" / "articles"
HEADLINE = "У Вербне адкрылі новую школу і мост"
BODY = """У горадзе Вербна ў пятніцу адкрылі новую школу і мост.

Школа стаіць у цэнтры горада побач з паркам. У ёй будуць вучыцца 420 дзяцей. Дзеці ездзілі ў школу ў суседні горад.

«Мы вельмі доўга чакалі гэтага дня», — сказала дырэктар школы Ганна Лясная. Яна шмат гадоў працавала настаўніцай.

Новы мост цераз раку мае даўжыню 85 метраў. Стары мост быў драўляны і вельмі вузкі. А вы ўжо былі на мосце?

Першыя ўрокі ў школе пачнуцца 1 верасня 2025 года. Увечары на плошчы горада быў вялікі канцэрт."""
CHROME = "Читайте также: Новости\n\nПодписывайтесь на наш Telegram-канал!\n\nФото: Ганна Лясная"


def summarize(article: Article, **options: Any) -> ArticleSummary:
    """Summarise with the word encoder."""
    return Summarizer(WordEncoder(), metrics=Metrics()).choose(article, replace(SummaryOptions(), **options))


def chosen(summary: ArticleSummary) -> list[str]:
    """The chosen sentences."""
    return [each.sentence.text for each in summary.chosen]


@pytest.fixture(name="article")
def _article() -> Article:
    return an_article(HEADLINE, "", BODY)


async def test_three_sentences_in_the_order_of_the_article(article: Article) -> None:
    """The default; encoded in one call, in a thread."""
    encoder = WordEncoder()
    summarizer = Summarizer(encoder, metrics=Metrics())
    summary = await summarizer.summarize(article, SummaryOptions())
    summarizer.close()
    indices = [each.sentence.index for each in summary.chosen]
    assert len(indices) == 3
    assert indices == sorted(indices)
    assert len(encoder.calls) == 1
    assert HEADLINE in encoder.calls[0]
    assert summary.encoder_model_id == "words"


async def test_workers_share_the_sentences_of_an_article() -> None:
    """Each encodes about half, and the summary is the one that a single worker makes."""
    body = "\n\n".join(
        f"У горадзе Вербна адкрылі школу нумар {number} з басейнам {'і садам ' * (number % 3)}." for number in range(30)
    )
    article = an_article(HEADLINE, "", body)
    encoder = WordEncoder()
    summarizer = Summarizer(encoder, workers=2, metrics=Metrics())
    summary = await summarizer.summarize(article, SummaryOptions(max_sentences=10))
    summarizer.close()
    assert sorted(map(len, encoder.calls)) == [15, 16]
    assert summary == Summarizer(WordEncoder(), metrics=Metrics()).choose(article, SummaryOptions(max_sentences=10))


@pytest.mark.parametrize(
    ("options", "read"),
    [
        (SummaryOptions(), FEWEST_READ),
        (SummaryOptions(max_sentences=50), 50 * READ_FOR_EACH),
        (SummaryOptions(ratio=1.0, diversity=0), MOST_READ),
    ],
    ids=["short", "longer", "all"],
)
def test_the_best_by_their_words_are_encoded(options: SummaryOptions, read: int) -> None:
    """A few for each wanted sentence, never more than a thousand; all stay candidates, and the reason says what was."""
    sentences = [f"Рад {number} вельмі доўгага спіса займае месца слова{number}." for number in range(MOST_READ + 500)]
    sentences[-1] = "У Вербне адкрылі новую школу і мост праз раку."
    article = an_article(HEADLINE, "", " ".join(sentences))
    encoder = WordEncoder()
    summary = Summarizer(encoder, metrics=Metrics()).choose(article, options)
    assert len(encoder.calls[0]) == read + 1
    assert {sentences[0], sentences[-1], HEADLINE} <= {*encoder.calls[0]}
    assert sentences[-1] in chosen(summary)
    assert sum(each.candidate for each in summary.scores) == len(sentences)
    unread = {each.sentence.text for each in summary.scores if "judged by its words alone" in each.reason}
    assert len(unread) == len(sentences) - read
    assert not unread & {*encoder.calls[0]}


def test_only_candidates_are_chosen(article: Article) -> None:
    """Asked for more than there is, the summary has all candidates and nothing else."""
    summary = summarize(article, max_sentences=100, diversity=0)
    assert {each.sentence.index for each in summary.scores if each.candidate} == {
        each.sentence.index for each in summary.chosen
    }
    assert not any(text in chosen(summary) for text in (HEADLINE, "А вы ўжо былі на мосце?"))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_number_of_sentences_is_honoured(article: Article, count: int) -> None:
    """Exactly, as long as there are candidates."""
    assert len(summarize(article, max_sentences=count).chosen) == count


@pytest.mark.parametrize(("ratio", "count"), [(0.01, 1), (0.2, 2), (0.25, 3), (0.4, 4), (0.5, 6)])
def test_the_ratio_is_of_all_sentences_and_rounded(article: Article, ratio: float, count: int) -> None:
    """Of eleven sentences, without the headline; a half goes up."""
    assert sum(sentence.field is Field.BODY for sentence in article.sentences) == 11
    assert len(summarize(article, ratio=ratio).chosen) == count


@pytest.mark.parametrize("max_chars", [10, 45, 50, 60, 101, 150, 240, 10_000])
def test_the_characters_are_honoured_with_the_joining_spaces(article: Article, max_chars: int) -> None:
    """The summary fits, and no candidate that was left would have fitted as well."""
    summary = summarize(article, max_chars=max_chars, diversity=0)
    text = " ".join(chosen(summary))
    assert len(text) <= max_chars
    left = [each.sentence.text for each in summary.scores if each.candidate and not each.chosen]
    assert all(len(" ".join([*chosen(summary), each])) > max_chars for each in left)


def test_a_budget_that_is_met_exactly_is_not_too_small(article: Article) -> None:
    """Neither by one character."""
    best = chosen(summarize(article, max_sentences=1))[0]
    assert chosen(summarize(article, max_chars=len(best)))[0] == best
    assert best not in chosen(summarize(article, max_chars=len(best) - 1))


def test_the_lead_is_chosen_when_asked() -> None:
    """Even one that would be no candidate, at any diversity; it counts towards the length."""
    article = an_article("Зіма", "", f"Яна сёння была там вельмі рана і нікога не бачыла.\n\n{BODY}")
    lead = article.sentences[1].text
    assert lead not in chosen(summarize(article, max_sentences=2))
    for diversity in (None, 0.0, 1.0):
        summary = summarize(article, max_sentences=2, include_lead=True, diversity=diversity)
        assert chosen(summary)[0] == lead
        assert len(summary.chosen) == 2
    assert all(0 <= each.score <= 1 for each in summary.scores)


@pytest.mark.parametrize("body", ["", " \n\n", "Фота: Ганна Лясная", "Загаловак"])
@pytest.mark.parametrize("options", [SummaryOptions(), SummaryOptions(max_chars=100)], ids=["sentences", "characters"])
def test_without_candidates_the_summary_is_empty(options: SummaryOptions, body: str) -> None:
    """The encoder is not even asked."""
    encoder = WordEncoder()
    article = an_article("Загаловак", "", body)
    summary = Summarizer(encoder, metrics=Metrics()).choose(article, options)
    assert (summary.chosen, summary.encoder_model_id, encoder.calls) == ((), "", [])
    assert [each.sentence for each in summary.scores] == list(article.sentences)


def test_an_empty_article_has_an_empty_summary() -> None:
    """And no scores."""
    assert summarize(an_article()) == ArticleSummary((), (), "")


def test_a_lone_text_is_summarised_without_a_headline() -> None:
    """Similarity to the headline is 0 then."""
    summary = summarize(Article.of({Field.TEXT: BODY}))
    assert len(summary.chosen) == 3
    assert {each.headline_similarity for each in summary.scores} == {0.0}


@pytest.mark.parametrize("options", [{}, {"ratio": 0.5}, {"max_chars": 150}, {"include_lead": True}])
def test_boilerplate_changes_nothing(options: dict[str, Any]) -> None:
    """Before, between and behind: the same sentences are chosen with the same scores."""
    first, second = BODY.split("\n\n", 1)
    plain = summarize(an_article(HEADLINE, "", BODY), **options)
    article = an_article(HEADLINE, "", f"{CHROME}\n\n{first}\n\n{CHROME}\n\n{second}\n\n{CHROME}")
    with_chrome = summarize(article, **options)
    assert chosen(with_chrome) == chosen(plain)
    assert [each.score for each in with_chrome.chosen] == pytest.approx([each.score for each in plain.chosen])


def test_duplicates_are_chosen_once() -> None:
    """A paragraph that stands twice in the article stands once in the summary, and the reason says so."""
    first = BODY.split("\n\n", 1)[0]
    summary = summarize(an_article(HEADLINE, "", f"{BODY}\n\n{first}\n\n{first}"), max_sentences=100)
    assert chosen(summary).count(first) == 1
    reasons = [each.reason for each in summary.scores if each.sentence.text == first and not each.chosen]
    assert reasons == ["not considered: repeats an earlier sentence"] * 2


def test_scores_are_complete(article: Article) -> None:
    """Every sentence in order, components within [0, 1], zeros for what is no candidate, a reason for all."""
    summary = summarize(article)
    assert [each.sentence for each in summary.scores] == list(article.sentences)
    assert [each for each in summary.scores if each.chosen] == list(summary.chosen)
    for each in summary.scores:
        numbers = (each.score, each.centrality, each.headline_similarity, each.position, each.redundancy)
        assert all(0 <= number <= 1 for number in numbers)
        assert each.candidate or not any(numbers)
        assert each.reason.startswith(("chosen: ", "passed over: ", "not considered: "))
        assert each.reason.startswith("not considered") is not each.candidate
    assert max(each.centrality for each in summary.scores) == 1
    assert min(each.redundancy for each in summary.chosen) == 0


def test_the_headline_steers_the_choice() -> None:
    """Where only the headline counts, the sentence about its bridge comes first, whatever else the article is about."""
    summarizer = Summarizer(WordEncoder(), weights=Weights(centrality=0, headline=1, position=0), metrics=Metrics())
    article = an_article("Новы мост цераз раку", "", BODY)
    (bridge,) = summarizer.choose(article, SummaryOptions(max_sentences=1)).chosen
    assert bridge.sentence.text == "Новы мост цераз раку мае даўжыню 85 метраў."
    assert bridge.score == bridge.headline_similarity > 0.5


def test_length_costs() -> None:
    """Where only the position counts, the second sentence comes next; too long for that, it gives way to the third."""
    second = f"Школа і мост будаваліся {'вельмі ' * 20}доўга."
    third = "Школа і мост каштавалі дорага."
    article = an_article(HEADLINE, "", f"У горадзе Вербна адкрылі новую школу і мост.\n\n{second}\n\n{third}")
    for brevity, expected in ((0.0, second), (1.0, third)):
        summarizer = Summarizer(WordEncoder(), weights=Weights(0, 0, 1), brevity=brevity, metrics=Metrics())
        assert chosen(summarizer.choose(article, SummaryOptions(max_sentences=2, diversity=0)))[1] == expected


def test_three_hundred_sentences_take_well_under_a_second() -> None:
    """Beside the encoder, which is another's business: one call, one matrix product."""

    class Random:
        model_id = "random"

        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            rows = np.random.default_rng(1).normal(size=(len(texts), 256))
            unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
            return unit

    body = "\n".join(f"Сказ нумар {number} гэтага вельмі доўгага артыкула пра школу." for number in range(300))
    article = an_article(HEADLINE, "", body)
    start = time.process_time()
    summary = Summarizer(Random(), metrics=Metrics()).choose(article, SummaryOptions(ratio=0.5))
    assert time.process_time() - start < 1
    assert len(summary.chosen) == 150


@pytest.mark.parametrize("path", sorted(DATA.glob("*.txt")), ids=lambda path: path.stem)
def test_real_articles_have_summaries_that_stand_alone(path: Path) -> None:
    """Every example article gives three sentences, none of them its headline."""
    headline, _, body = path.read_text(encoding="utf-8").partition("\n")
    summary = summarize(an_article(headline, "", body))
    assert len(summary.chosen) == 3
    assert all(each.sentence.field is Field.BODY for each in summary.chosen)


async def test_a_failing_encoder_fails_the_call() -> None:
    """With the error of the engine."""

    class Broken(WordEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise EngineFailure

    summarizer = Summarizer(Broken(), metrics=Metrics())
    with pytest.raises(EngineFailure):
        await summarizer.summarize(Article.of({Field.TEXT: BODY}), SummaryOptions())
    summarizer.close()
