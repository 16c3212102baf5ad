"""What should not change a choice: the language of a story, the order of its paragraphs, what stands around it."""

import itertools
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.training.summaries.documents import LANGUAGES, Parallel, Story
from talmach.summary.summarizer import Summarizer
from talmach.summary.values import ArticleSummary, ScoredSentence, SummaryOptions
from talmach.text.article import Field

PAIRS = tuple(itertools.combinations(LANGUAGES, 2))
SENTENCES = 3
_DRAWS = 10
_FEWEST_TO_RANK = 3
_CHROME = {
    "be": ("Падпісвайцеся на наш Telegram-канал!", "Чытайце таксама: Новы мост у горадзе", "Фота: Ганна Лясная"),
    "ru": ("Подписывайтесь на наш Telegram-канал!", "Читайте также: Новый мост в городе", "Фото: Анна Лесная"),
    "en": ("Follow us on Telegram!", "Read also: A new bridge in the town", "Photo: Hanna Liasnaya"),
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike the choices in two languages are, means over the stories."""

    jaccard: float
    rank_correlation: float  # Spearman's, over the sentences that are candidates in both


def jaccard(first: Collection[object], second: Collection[object]) -> float:
    """Return the share of what is in either that is in both; 1 for two empty ones."""
    union = {*first, *second}
    return len({*first} & {*second}) / len(union) if union else 1.0


def agreement(summarizer: Summarizer, stories: Sequence[Parallel]) -> dict[str, Agreement]:
    """Return the agreement at three sentences by pair of languages ("be-ru")."""
    summaries = [{language: _summarize(summarizer, story) for language, story in each.items()} for each in stories]
    return {
        f"{first}-{second}": Agreement(
            float(np.mean([jaccard(_positions(each[first]), _positions(each[second])) for each in summaries])),
            float(np.nanmean([_rank_correlation(each[first], each[second]) for each in summaries])),
        )
        for first, second in PAIRS
    }


def stability(summarizer: Summarizer, stories: Sequence[Parallel]) -> dict[str, float]:
    """Return how much of the choice at three sentences stays (Jaccard, by text) when a story is rearranged."""
    everything = [story for each in stories for story in each.values()]
    return {
        "shuffled paragraphs": float(np.mean([_after_shuffles(summarizer, story) for story in everything])),
        "added boilerplate": float(np.mean([_after(summarizer, story, _with_chrome(story)) for story in everything])),
        "duplicated paragraph": float(np.mean([_after_duplicates(summarizer, story) for story in everything])),
    }


def _summarize(summarizer: Summarizer, story: Story) -> ArticleSummary:
    return summarizer.choose(story.article, SummaryOptions(max_sentences=SENTENCES))


def _positions(summary: ArticleSummary) -> set[int]:
    """Return where the chosen sentences stand in the text below the headline, which languages cut differently."""
    return {position for position, each in enumerate(_below_headline(summary)) if each.chosen}


def _below_headline(summary: ArticleSummary) -> list[ScoredSentence]:
    return [each for each in summary.scores if each.sentence.field is not Field.HEADLINE]


def _rank_correlation(first: ArticleSummary, second: ArticleSummary) -> float:
    pairs = zip(_below_headline(first), _below_headline(second), strict=True)
    scores = [(one.score, other.score) for one, other in pairs if one.candidate and other.candidate]
    if len(scores) < _FEWEST_TO_RANK:
        return float("nan")
    table = np.array(scores)
    return float(np.corrcoef(_ranks(table[:, 0]), _ranks(table[:, 1]))[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.argsort(np.argsort(values))  # of real scores, which are never equal


def _after(summarizer: Summarizer, story: Story, changed: Story) -> float:
    texts = [{each.sentence.text for each in _summarize(summarizer, one).chosen} for one in (story, changed)]
    return jaccard(*texts)


def _after_shuffles(summarizer: Summarizer, story: Story) -> float:
    """The lead stays in front; what is shuffled is the body."""
    shuffled = [random.Random(seed).sample(story.body, len(story.body)) for seed in range(_DRAWS)]
    return float(np.mean([_after(summarizer, story, replace(story, body=tuple(body))) for body in shuffled]))


def _with_chrome(story: Story) -> Story:
    chrome = _CHROME[story.language]
    middle = len(story.body) // 2
    return replace(story, body=(*chrome, *story.body[:middle], *chrome, *story.body[middle:], *chrome))


def _after_duplicates(summarizer: Summarizer, story: Story) -> float:
    doubled = [(*story.body[: number + 1], *story.body[number:]) for number in range(len(story.body))]
    return float(np.mean([_after(summarizer, story, replace(story, body=body)) for body in doubled]))


def lead_agreement(stories: Sequence[Parallel]) -> dict[str, float]:
    """Return the same Jaccard for the first three sentences: 1 where the languages cut them alike."""

    def opening(story: Story) -> list[int]:
        sentences = [each for each in story.article.sentences if each.field is not Field.HEADLINE]
        return list(range(min(SENTENCES, len(sentences))))

    return {
        f"{first}-{second}": float(np.mean([jaccard(opening(each[first]), opening(each[second])) for each in stories]))
        for first, second in PAIRS
    }
